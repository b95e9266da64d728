"""What is done to the node, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.steps import INSTALLER, Running, hostnet
from tests.lab.host import Host
from tests.lab.machine import Machine
from tests.matrix.dump import settled

OLD, NEW = "192.168.141.134", "192.168.141.135"
ROUTER, OTHER_ROUTER, NOBODY = "192.168.141.1", "192.168.141.2", "192.168.141.254"
STATIC = f"""\
network:
  version: 2
  ethernets:
    ens33:
      addresses: [{OLD}/24]
      routes: [{{to: default, via: {ROUTER}}}]
      nameservers: {{addresses: [{ROUTER}]}}
"""
"""What the node's installer has left."""


def machine() -> Machine:
    """A node before anything is done to it."""
    return Machine().having(INSTALLER, STATIC, 0o600)


@dataclass(frozen=True)
class Column:
    """`ready` comes when the objects are there, and only `act` is measured."""

    name: str
    act: Callable[[Host], None]
    ready: Callable[[Host], object] = settled
    who: str = "hostnet"
    """Or `by hand`, or `netplan` alone."""
    address: str = OLD
    """The node's own in the end."""
    beyond: bool = True
    """The default route leads somewhere all the time."""

    @property
    def has_hostnet(self) -> bool:
        return self.who != "netplan"

    @property
    def is_held(self) -> bool:
        """Whether nothing may be lost."""
        return self.who == "hostnet"


def _static(address: str, gateway: str = ROUTER) -> tuple[str, ...]:
    return ("static", "ens33", f"{address}/24", "--gateway", gateway)


def _hostnet(*argv: str, exits: int = 0) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        hostnet(host, *argv, exits=exits)

    return act


def _already_so(host: Host) -> None:
    done = hostnet(host, *_static(OLD))
    assert "already so" in done.output, done.output


def _killed(host: Host) -> None:
    with Running(host, *_static(NEW)) as change:
        change.wait_for("netplan apply")
        runs = lambda: change.process("netplan apply")  # noqa: E731
        with change.paused_once(runs, "no netplan runs"):
            host.run(["systemctl", "kill", "--signal=KILL", change.unit])
        change.wait(exits=6)


def _protect(host: Host) -> None:
    hostnet(host, "cni", "protect")
    settled(host)


def _restart(host: Host) -> None:
    host.run(["systemctl", "restart", "systemd-networkd"])


def _apply(host: Host) -> None:
    host.run(["netplan", "apply"])


def _edit_and_apply(host: Host) -> None:
    host.write(INSTALLER, STATIC.replace(OLD, NEW), 0o600)
    _apply(host)


COLUMNS = {
    column.name: column
    for column in (
        Column("already so", _already_so, ready=_hostnet(*_static(OLD))),
        Column("taken over", _hostnet(*_static(OLD))),
        Column("address", _hostnet(*_static(NEW)), address=NEW),
        Column("gateway", _hostnet(*_static(OLD, OTHER_ROUTER))),
        Column("dead gateway", _hostnet(*_static(OLD, NOBODY), exits=6), beyond=False),
        Column("killed", _killed),
        Column("protect", _hostnet("cni", "protect")),
        Column("restart after protect", _restart, ready=_protect, who="by hand"),
        Column("apply after protect", _apply, ready=_protect, who="by hand"),
        Column("netplan: apply", _apply, who="netplan"),
        Column("netplan: address", _edit_and_apply, who="netplan", address=NEW),
    )
}
"""By name, in the order of the table."""
