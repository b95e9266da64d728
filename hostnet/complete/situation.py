"""What completing looks at, and what it notes on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hostnet.findings import Finding, Rule
from hostnet.model import DEFAULT_ROUTE, MAIN_TABLE

if TYPE_CHECKING:
    from hostnet.model import Family, KernelRoute, Link, Observed, Request
    from hostnet.netplan.netdef import Netdef


@dataclass(frozen=True)
class Situation:
    """The request, the host, and the interface's link and definition as they are now.

    ``reasons`` and ``findings`` grow while the request is completed.
    """

    request: Request
    observed: Observed
    link: Link | None
    old: Netdef
    reasons: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def finding(self, rule: Rule, message: str) -> None:
        """Note a finding about the interface."""
        self.findings.append(Finding(rule, message, subject=self.request.interface))

    def live_default(self, family: Family) -> KernelRoute | None:
        """The default route that the kernel uses for the family: the lowest metric."""
        defaults = [
            route
            for route in self.observed.routes
            if route.to == DEFAULT_ROUTE[family] and route.table == MAIN_TABLE
        ]
        return min(defaults, key=lambda route: route.metric, default=None)
