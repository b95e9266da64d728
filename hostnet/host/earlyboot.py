"""The network while the system boots: nothing runs yet, and there is no D-Bus.

netplan's generator has made networkd's files of what lay in /etc/netplan when the boot
began. If that is not what is there now, it must run once more, and systemd must read the
units it made, before networkd starts. `systemctl` needs no bus as root: it talks to the
manager through its private socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.errors import Unsuitable
from hostnet.host.command import run
from hostnet.host.oracle import OUT_OF_REACH, locate
from hostnet.host.services import bring_without_bus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.ops import Wish

NETWORKD = "systemd-networkd.service"
_SECONDS = 15.0
"""For each step; the slowest, the generator, was measured at 0.3 s. Together they end
within the shorter limit of the two units they run in, hostnet-recover.service's 60 s."""


def start_network(services: Iterable[tuple[str, Wish]] = ()) -> None:
    """Have networkd start, in its turn, with what lies in /etc/netplan now.

    ``services`` become as wished in their turn, too: the boot's jobs are of what was there
    when it began.

    Raises CommandError; Unsuitable without netplan.
    """
    netplan = locate()
    if netplan is None:
        raise Unsuitable("netplan is not installed", "", "Run: sudo apt-get install netplan.io")
    # Rewritten files alone are enough on netplan 1.2 only; before, a daemon-reload does not
    # run the generator a second time. Kept from the manager, it only writes files: before 1.2
    # it would ask whether the system boots, and start networkd by itself.
    run([netplan.core], timeout=_SECONDS, env=OUT_OF_REACH)
    run(["systemctl", "daemon-reload"], timeout=_SECONDS)
    # Where the tree of before defined nothing, the boot has no job that starts it. To wait
    # for it would be to wait for ourselves: it starts after us.
    run(["systemctl", "--no-block", "start", NETWORKD], timeout=_SECONDS)
    for unit, wish in services:
        bring_without_bus(unit, wish, _SECONDS, wait=False)
