"""What is done to a node with pinned DNS: what operators do, and what strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.lab import fixtures, kubelet
from tests.lab.lookups import World
from tests.lab.machine import Machine, Nic
from tests.matrix_dns import strangers
from tests.matrix_dns.cell import Act, Doing, look
from tests.matrix_dns.fight import fight, heard
from tests.matrix_dns.seen import Seen

NODE = heard(kubelet.node(fixtures.dual_stack()))
_TWO_CARDS = NODE.plugged(Nic("ens33", "br0"), Nic("ens34", "br1"))
_CLOUD = heard(kubelet.node(fixtures.cloud_init()))
_MASKED = "resolved is masked"


@dataclass(frozen=True)
class Row:
    """`without`: modes that it cannot be met in, and why.

    `see` is given how long all must stay as pinned in the end.
    """

    name: str
    see: Callable[[World, str, float], Seen]
    machine: Machine = NODE
    without: Mapping[str, str] = field(default_factory=dict)


def _own(name: str, act: Act, machine: Machine = NODE, *, reboots: bool = False) -> Row:
    return _row(name, Doing(act, harmless=True, reboots=reboots), machine)


def _stranger(name: str, act: Act, machine: Machine = NODE) -> Row:
    return _row(name, Doing(act), machine)


def _row(name: str, doing: Doing, machine: Machine) -> Row:
    return Row(name, lambda world, mode, stay: look(world, mode, doing, stay), machine)


def _not_direct(row: Row, why: str = _MASKED) -> Row:
    return replace(row, without={"direct": why})


ROWS = {
    row.name: row
    for row in (
        _not_direct(_own("resolved restart", strangers.restart_resolved)),
        _own("networkd restart", strangers.restart_networkd),
        _own("networkd reload", strangers.reload_networkd),
        _own("DHCP renew, other servers", strangers.renew),
        _own("netplan apply", strangers.apply),
        _own("reboot", strangers.reboot, reboots=True),
        _own("systemd-resolved reinstalled", strangers.reinstall_resolved),
        _own("cloud-init, new instance", strangers.new_instance, _CLOUD, reboots=True),
        _stranger("resolv.conf: echo >", strangers.echo),
        _stranger("resolv.conf: rename", strangers.rename),
        _stranger("resolv.conf: symlink swap", strangers.swap),
        _stranger("resolv.conf: delete", strangers.delete),
        _stranger("Kubespray", strangers.kubespray),
        _not_direct(_stranger("later drop-in", strangers.later_drop_in)),
        _not_direct(_stranger("resolvectl dns", strangers.set_by_call)),
        _stranger("resolved masked, or unmasked", strangers.mask),
        _own("link flap", strangers.flap),
        _stranger("NetworkManager", strangers.network_manager, _TWO_CARDS),
        replace(
            _stranger("openresolv", strangers.openresolv),
            without={"resolved": "its package and systemd-resolved exclude each other"},
        ),
        _stranger("second card with DHCP", strangers.second_card, _TWO_CARDS),
        Row("a write every second", fight),
    )
}
"""By name, in the order of the table."""
