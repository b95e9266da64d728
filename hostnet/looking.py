"""A host as whoever only looks at it may see it: without root, without systemd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import FILE_UNREADABLE
from hostnet.host import links, observe as observing
from hostnet.netplan.tree import load
from hostnet.value import replace

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.host.files import Files
    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree


def look(files: Files, command_line: str) -> tuple[Observed, Tree, tuple[Finding, ...]]:
    """The host, netplan's files, and what is wrong with these.

    What an ordinary user may not read is no fault of the file, and root's ``command_line``
    shows it.
    """
    observed = observing.observe(files)
    if files.is_host and not observed.system.live:
        # Without systemd nothing can be changed here, but the kernel has links all the same.
        found, routes = links.read()
        observed = replace(observed, links=found, routes=routes)
    tree, faults = load(observed.netplan_files)
    if not observed.system.privileged:
        advice = f"Run: sudo {command_line}"
        faults = tuple(
            replace(fault, remedy=advice, older=True) if fault.rule is FILE_UNREADABLE else fault
            for fault in faults
        )
    return observed, tree, faults
