"""What ``validate`` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import YAML_TOO_LARGE
from hostnet.netplan.releases import NEWEST, Release
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.findings import Finding


class Verdict(Value):
    """Whether netplan takes the configuration, and all that was found.

    ``proven``: netplan's own core was asked; else only hostnet's rules were. ``releases`` are
    the releases of netplan whose verdict it is, ``accepted_by`` those of them that take it.
    ``configurations``: how many were judged, each by itself.
    """

    findings: tuple[Finding, ...]
    proven: bool
    releases: tuple[Release, ...] = (NEWEST,)
    accepted_by: tuple[Release, ...] = ()
    configurations: int = 1

    @property
    def valid(self) -> bool:
        """netplan's verdict alone: lint and findings of this host do not count.

        A file too large to be read does: netplan was not asked about it.
        """
        return not any(
            finding.is_error and (finding.rule.kind == "netplan" or finding.rule is YAML_TOO_LARGE)
            for finding in self.findings
        )
