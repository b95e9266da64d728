"""What ``validate`` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostnet.findings import Finding


@dataclass(frozen=True)
class Verdict:
    """Whether netplan takes the configuration, and all that was found.

    ``proven``: netplan's own core was asked; else only hostnet's rules were.
    """

    findings: tuple[Finding, ...]
    proven: bool

    @property
    def valid(self) -> bool:
        """netplan's verdict alone: lint and findings of this host do not count."""
        return not any(f.is_error and f.rule.kind == "netplan" for f in self.findings)
