"""examples/cloud-init on booted hosts: real cloud-init tells a golden image which node it is."""

from __future__ import annotations

from pathlib import Path

import hostnet
from tests.checkout import ROOT
from tests.e2e.steps import CLOUD_SWITCH, WANTED, on_each
from tests.e2e.test_package import bake
from tests.lab import SUITES, fixtures
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.machine import Machine
from tests.lab.waiting import until

EXAMPLES = ROOT / "examples/cloud-init"
MODULES = """\
datasource_list: [NoCloud]
system_info: {network: {renderers: [netplan]}}
cloud_init_modules: [bootcmd, write_files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts_user]
"""
"""As in every image, without those that have nothing to do with it."""
ANEW = "192.168.141.136"
SEED = "/var/lib/cloud/seed/nocloud"


def golden(user_data: str) -> Machine:
    machine = fixtures.cloud_init(mac="52:54:00:c1:00:01")
    machine = machine.having("/etc/cloud/cloud.cfg.d/95-lab.cfg", MODULES)
    return machine.having(f"{SEED}/user-data", user_data)


def test_a_golden_image_becomes_its_node_at_the_first_boot(
    laboratory: type[Laboratory], debs: list[Path]
) -> None:
    """By one hook, and as a new instance by the other, which is told another address."""
    hooks = {hook: (EXAMPLES / f"{hook}.yaml").read_text() for hook in ("runcmd", "bootcmd")}
    orders = dict(zip(SUITES, (tuple(hooks), tuple(hooks)[::-1], tuple(hooks)), strict=True))

    def scenario(host: Host) -> None:
        first, second = orders[host.suite]
        bake(host, debs)
        host.write(f"{SEED}/user-data", hooks[first])
        host.boot(within=300)
        is_node(host, WANTED)
        fixtures.new_instance(host, "second")
        host.write(f"{SEED}/user-data", hooks[second].replace(WANTED, ANEW))
        host.shutdown()
        host.boot(within=300)
        is_node(host, ANEW)

    with laboratory() as lab:
        machine = golden("")
        on_each({suite: lab.host(suite, machine, boot=False) for suite in SUITES}, scenario)


def is_node(host: Host, address: str) -> None:
    log = "/var/log/cloud-init-output.log"
    until(
        lambda: host.addresses() == [f"{address}/24"],
        f"{host.suite}: {host.addresses()}\n{host.read(log) if host.exists(log) else ''}",
        180,
        0.1,
    )
    host.router.wait_reachable(address)
    until(lambda: settled(host), "the change is open", 180, 0.2)
    assert host.exists(CLOUD_SWITCH)


def settled(host: Host) -> bool:
    """Whether the change has been kept, and not only tried."""
    return host.run(["hostnet", "recover"], check=False).stdout == "no change is open\n"


def test_a_nocloud_seed_comes_up_with_the_nodes_address_by_itself(
    laboratory: type[Laboratory], tmp_path: Path
) -> None:
    hostnet.cloud_init(str(EXAMPLES / "site.yaml"), format="nocloud-dir", output=str(tmp_path))
    machine = golden("#cloud-config\n{}\n")
    for name in ("meta-data", "network-config"):
        machine = machine.having(f"{SEED}/{name}", (tmp_path / f"k8s-1/{name}").read_text())
    with laboratory() as lab:
        host = lab.host("trixie", machine)
        assert host.wait_address() == WANTED
