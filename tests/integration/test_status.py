"""hostnet status, on whatever machine and for whoever asks."""

from __future__ import annotations

from tests import needs
from tests.integration.cli import as_nobody, run
from tests.integration.namespaces import AS_NOBODY, BOOTED, run_in
from tests.integration.schemas import check


def test_status_answers_on_any_machine_and_to_anyone() -> None:
    needs.tool("ip")
    for done in (run("status", "--json"), as_nobody("status", "--json")):
        assert (done.code, done.err) == (0, "")
        check("status", done.json)
    assert run("status").code == 0
    assert as_nobody("status").code == 0


def test_status_shows_the_links_of_a_machine_without_systemd() -> None:
    plain = BOOTED.replace("/run/systemd/system", "/run/other")
    more = "\nip link add bond0 type bridge\nip address add 10.5.0.1/24 dev bond0\n"
    done = run_in(plain + more, "status", "--json")
    check("status", done.json)
    found = {link["name"]: link for link in done.json["links"]}
    assert found["bond0"]["addresses"] == [
        {"address": "10.5.0.1/24", "source": "foreign", "origin": None}
    ]


def test_status_tells_where_files_and_kernel_differ() -> None:
    more = """
ip link add br0 type bridge
ip address add 10.5.0.1/24 dev br0
cat >/etc/netplan/b.yaml <<'YAML'
network:
  bridges:
    br0:
      addresses: [10.5.0.1/24, 10.5.0.2/24]
YAML
chmod 600 /etc/netplan/b.yaml
"""
    done = run_in(BOOTED + more, "status", "--json", "--exit-code")
    assert (done.code, done.json["drift"]) == (10, True)
    (link,) = (link for link in done.json["links"] if link["name"] == "br0")
    assert link["defined_in"] == ["/etc/netplan/b.yaml:3:5"]
    assert link["addresses"][0]["origin"] == "/etc/netplan/b.yaml:4:19"
    assert any("10.5.0.2" in drift for drift in link["drift"])
    text = run_in(BOOTED + more, "status").out
    assert "    10.5.0.1/24  static  /etc/netplan/b.yaml:4:19\n" in text


def test_files_that_are_private_are_not_called_broken() -> None:
    done = run_in(BOOTED, "status", "--json", behind=AS_NOBODY)
    check("status", done.json)
    assert (done.code, done.rules) == (0, ["HN001"])
    (finding,) = done.json["findings"]
    assert (finding["severity"], finding["remedy"]) == ("warning", "Run: sudo hostnet status")
