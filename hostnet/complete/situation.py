"""What completing looks at, and what it notes on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import Finding, Rule
from hostnet.model import DEFAULT_ROUTE, MAIN_TABLE

if TYPE_CHECKING:
    from hostnet.model import Family, KernelRoute, Link, Observed, Request
    from hostnet.netplan.netdef import Netdef


class Situation:
    """The request, the host, and the interface's link and definition as they are now.

    ``reasons`` and ``findings`` grow while the request is completed.
    """

    def __init__(
        self, request: Request, observed: Observed, link: Link | None, old: Netdef
    ) -> None:
        self.request = request
        self.observed = observed
        self.link = link
        self.old = old
        self.reasons: list[str] = []
        self.findings: list[Finding] = []

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
