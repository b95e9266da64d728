"""What becomes of nodes: of the one that is applied, of all that are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.result import Outcome, Result


class Applied(Value):
    """The node that this machine is, and a `Result` for each change, in their order.

    On a running host there is one for each interface; of files alone there is one for all.
    """

    node: str
    results: tuple[Result, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether something was changed, or would be."""
        return any(result.changed for result in self.results)

    @property
    def outcome(self) -> Outcome:
        """That of all: of several the last one that changed something."""
        changed = [result.outcome for result in self.results if result.changed]
        return changed[-1] if changed else "already-so"


class Site(Value):
    """The netplan files of nodes, by the nodes' names, and what is to be told of them.

    ``beside`` are the other files that their pins need, each as NODE/PATH.
    """

    files: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
