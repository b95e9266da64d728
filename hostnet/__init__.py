"""hostnet gives an Ubuntu host a fixed address, gateway and nameservers, and keeps them.

The library does what the command line does::

    import hostnet

    result = hostnet.static("ens33", ["192.168.141.134/24"], dry_run=True)
    for diff in result.diff:
        print(diff.unified)

Everything is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hostnet.applied import Applied, Site
    from hostnet.chain import Chain
    from hostnet.confirmation import cancel, confirm
    from hostnet.container_status import ContainerStatus
    from hostnet.containers import cni_protect, cni_status, cni_unprotect
    from hostnet.dns.copies import StalePod
    from hostnet.errors import (
        Busy,
        HostnetError,
        Refused,
        RolledBack,
        Stranded,
        Unsuitable,
        UsageError,
    )
    from hostnet.findings import Finding, Rule, rules
    from hostnet.guarding import dns_keep, dns_log
    from hostnet.host_status import Status
    from hostnet.initial import firstboot
    from hostnet.inspection import render
    from hostnet.nodes import apply
    from hostnet.operations import static
    from hostnet.overview import status
    from hostnet.pins import dns_pin, dns_unpin
    from hostnet.pulls.result import Reached
    from hostnet.reaching import dns_check
    from hostnet.recovery import recover
    from hostnet.resolution import dns_status, stale_pods
    from hostnet.result import Pending, Recovery, Result
    from hostnet.schema_files import schema
    from hostnet.seeding import cloud_init
    from hostnet.site import render_nodes
    from hostnet.validation import validate
    from hostnet.verdict import Verdict

_EXPORTS = {
    "Applied": "applied",
    "Busy": "errors",
    "Chain": "chain",
    "ContainerStatus": "container_status",
    "Finding": "findings",
    "HostnetError": "errors",
    "Pending": "result",
    "Reached": "pulls.result",
    "Recovery": "result",
    "Refused": "errors",
    "Result": "result",
    "RolledBack": "errors",
    "Rule": "findings",
    "Site": "applied",
    "StalePod": "dns.copies",
    "Status": "host_status",
    "Stranded": "errors",
    "Unsuitable": "errors",
    "UsageError": "errors",
    "Verdict": "verdict",
    "apply": "nodes",
    "cancel": "confirmation",
    "cloud_init": "seeding",
    "cni_protect": "containers",
    "cni_status": "containers",
    "cni_unprotect": "containers",
    "confirm": "confirmation",
    "dns_check": "reaching",
    "dns_keep": "guarding",
    "dns_log": "guarding",
    "dns_pin": "pins",
    "dns_status": "resolution",
    "dns_unpin": "pins",
    "firstboot": "initial",
    "recover": "recovery",
    "render": "inspection",
    "render_nodes": "site",
    "rules": "findings",
    "schema": "schema_files",
    "stale_pods": "resolution",
    "static": "operations",
    "status": "overview",
    "validate": "validation",
}

__all__ = [
    "Applied",
    "Busy",
    "Chain",
    "ContainerStatus",
    "Finding",
    "HostnetError",
    "Pending",
    "Reached",
    "Recovery",
    "Refused",
    "Result",
    "RolledBack",
    "Rule",
    "Site",
    "StalePod",
    "Status",
    "Stranded",
    "Unsuitable",
    "UsageError",
    "Verdict",
    "apply",
    "cancel",
    "cloud_init",
    "cni_protect",
    "cni_status",
    "cni_unprotect",
    "confirm",
    "dns_check",
    "dns_keep",
    "dns_log",
    "dns_pin",
    "dns_status",
    "dns_unpin",
    "firstboot",
    "recover",
    "render",
    "render_nodes",
    "rules",
    "schema",
    "stale_pods",
    "static",
    "status",
    "validate",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is asked for (PEP 562): no command pays for another."""
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{module}"), name)
