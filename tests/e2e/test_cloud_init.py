"""A cloud image: what cloud-init rendered gives the interface up, and is never rendered again."""

from __future__ import annotations

from tests.e2e.conftest import Boot
from tests.e2e.steps import CLOUD_SWITCH, OURS, WANTED, hostnet, on_each
from tests.lab import fixtures
from tests.lab.host import Host

RENDERED = "/etc/netplan/50-cloud-init.yaml"


def test_a_cloud_host_stays_static_through_a_reboot_as_a_new_instance(boot: Boot) -> None:
    on_each(boot(fixtures.cloud_init()), _through_a_new_instance)


def _through_a_new_instance(host: Host) -> None:
    leased = host.wait_address()
    rendered = host.read(RENDERED)
    assert "macaddress" in rendered
    assert "set-name" in rendered

    hostnet(host, "static", "ens33", f"{WANTED}/24")
    assert host.addresses() == [f"{WANTED}/24"]
    ours = host.read(OURS)
    assert f"macaddress: {host.mac('ens33')}" in ours.replace('"', "")
    assert "set-name: ens33" in ours.replace('"', "")
    given_up = host.snapshot([RENDERED, OURS, CLOUD_SWITCH])
    assert "ens33" not in host.read(RENDERED)
    _comments_stay(rendered, host.read(RENDERED))

    # A new instance is a reboot that gives cloud-init every reason to render anew.
    fixtures.new_instance(host, "second")
    host.reboot()
    assert host.read("/var/lib/cloud/data/instance-id").strip() == "second"
    assert host.snapshot([RENDERED, OURS, CLOUD_SWITCH]) == given_up
    host.router.wait_reachable(WANTED)
    assert host.addresses() == [f"{WANTED}/24"]
    assert not host.router.ping(leased)
    assert hostnet(host, "static", "ens33", f"{WANTED}/24").stdout == "ens33: already so\n"


def _comments_stay(before: str, after: str) -> None:
    comments = [line for line in before.splitlines() if line.startswith("#")]
    assert [line for line in after.splitlines() if line.startswith("#")] == comments
