"""The walk of `hostnet firstboot`: a machine becomes its node before its network comes up.

Nothing is up that could be asked or tried, so the files are written and netplan's own core
judges them; what is refused leaves the image's network as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.applied import Applied
from hostnet.change import Change
from hostnet.errors import Refused, Unsuitable, needs_root
from hostnet.host.descriptions import find
from hostnet.host.earlyboot import NETWORKD, start_network
from hostnet.host.files import OFFLINE, Files
from hostnet.host.identity import machine
from hostnet.host.observe import is_active, is_privileged
from hostnet.host.udev import settle
from hostnet.model import ABSENT, Image, Kind
from hostnet.node.parse import parse
from hostnet.node.select import check, choose, claimed
from hostnet.nodeplan import prepare
from hostnet.pinsteps import resolved_at_boot
from hostnet.telling import Tell, silent
from hostnet.walk import Manner, walk

if TYPE_CHECKING:
    from hostnet.host.descriptions import Description
    from hostnet.node.model import Node

DONE = "/var/lib/hostnet/firstboot"
"""Holds a file for each machine-id that this tree was configured for."""
_SETTLE = 20.0
"""Seconds that udev may take to know the cards; it is asked once, at the boot that does it."""


def firstboot(*, progress: Tell = silent) -> Applied:
    """Make the files of this machine those of its node, once for each machine-id.

    hostnet-firstboot.service calls it before systemd-networkd starts; where it runs already,
    this is refused. Its node is found in the first of `hostnet.host.descriptions` that is
    there. Without one, and where it has been done, nothing is touched. Raises Refused,
    Unsuitable, Busy.
    """
    if not is_privileged():
        raise needs_root("the first boot is root's", "hostnet firstboot")
    with Files() as files:
        here = machine()
        mark = f"{DONE}/{here.machine_id}"
        description = None if files.exists(mark) else find(files)
        if description is None:
            return Applied("")
        if is_active(NETWORKD):
            raise Unsuitable(
                "the network is up already",
                "before it comes up files can be written; now a change has to be tried",
                "Run: hostnet apply FILE, FILE being the description.",
            )
        progress(f"reading {description.path}")
        node = _chosen(description)
        manner = Manner(OFFLINE, progress=progress)
        done = walk(
            "hostnet firstboot",
            lambda setting: prepare(node, setting, links_are_ours=True),
            manner,
        )
        if done.changed:
            progress("having networkd start with them")
            start_network(resolved_at_boot(done.plan.changes))
        files.make_folders(DONE, 0o700)
        files.commit([Change(mark, ABSENT, _mark(description), "done")])
    return Applied(node.name, (done,))


def _chosen(description: Description) -> Node:
    """The node of the description that this machine is. Raises Refused."""
    nodes, findings = parse(description.path, description.data)
    findings += check(map(claimed, nodes)) if not findings else ()
    if findings:
        raise Refused(f"{description.path} is not followed", findings)
    settle(_SETTLE)  # which cards there are, and what they are called
    chosen, findings = choose(nodes, machine())
    if chosen is None:
        raise Refused(f"{description.path} is not followed", findings)
    return chosen


def _mark(description: Description) -> Image:
    return Image(Kind.FILE, f"{description.path}\n".encode(), 0o600)
