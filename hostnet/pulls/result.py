"""What `hostnet dns check` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.pulls.steps import Check
    from hostnet.pulls.ways import Runtime


class Reached(Value):
    """Every host that was asked, and how far each way went.

    ``runtimes`` are those of this host, where their hosts were asked; ``unread`` the files that
    could not be read, each with why: of what they name nothing is known.
    """

    checks: tuple[Check, ...] = ()
    runtimes: tuple[Runtime, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
