"""hostnet dns status, on whatever machine and for whoever asks."""

from __future__ import annotations

from tests import needs
from tests.integration.cli import as_nobody, run
from tests.integration.namespaces import AS_NOBODY, BOOTED, run_in
from tests.integration.schemas import check

RESOLVED = """
mkdir -p /run/systemd/resolve /run/systemd/netif/links /run/systemd/netif/leases
mount -t tmpfs tmpfs /etc/systemd
printf '[Resolve]\\nDNS=10.0.0.3 10.0.0.4:5353#dns.example\\n' >/etc/systemd/resolved.conf
printf 'nameserver 127.0.0.53\\n' >/run/conf
mount --bind /run/conf /etc/resolv.conf
index=$(cat /sys/class/net/ens33/ifindex)
printf 'ADMIN_STATE=configured\\nDNS=10.0.0.2 10.0.0.1\\n' >/run/systemd/netif/links/$index
printf 'DNS=10.0.0.1\\n' >/run/systemd/netif/leases/$index
chmod -R a+rX /run /etc/systemd
cat >/etc/netplan/a.yaml <<'YAML'
network:
  ethernets:
    ens33:
      dhcp4: true
      nameservers: {addresses: [10.0.0.2]}
YAML
"""


def test_it_answers_on_any_machine_and_to_anyone() -> None:
    needs.tool("ip")
    for done in (run("dns", "status", "--json"), as_nobody("dns", "status", "--json")):
        assert (done.code, done.err) == (0, "")
        check("dns-status", done.json)
    assert run("dns", "status").code == 0


def test_a_dead_stub_and_dead_servers_are_told() -> None:
    done = run_in(BOOTED + RESOLVED, "dns", "status", "--json", "--exit-code")
    check("dns-status", done.json)
    assert done.code == 10
    assert {"HN082", "HN084"} <= set(done.rules)
    (server,) = done.json["servers"]
    assert (server["server"], server["milliseconds"]) == ("127.0.0.53", None)
    text = run_in(BOOTED + RESOLVED, "dns", "status")
    assert "    127.0.0.53  global, static: SILENT\n" in text.out
    assert "error: HN082 stub-dead" in text.err


def test_an_ordinary_user_sees_the_same() -> None:
    done = run_in(BOOTED + RESOLVED, "dns", "status", "--json", behind=AS_NOBODY)
    check("dns-status", done.json)
    assert {"HN082", "HN084"} <= set(done.rules)
