"""What is asked of the network between the plan and its first effect.

Whether the addresses are free, and what answers now: both at once, since an operator waits.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from hostnet.demands import automatic, beforehand, bound, demanded, without as left_out
from hostnet.findings import (
    ADDRESS_CONFLICT,
    NEIGHBOURS_NOT_ASKED,
    PROBE_SILENT,
    Finding,
)
from hostnet.host.asking import ask
from hostnet.host.neighbours import NotAsked, conflicts
from hostnet.kubernetes import apiserver
from hostnet.ops import Announce, Demand
from hostnet.transaction.timing import BASELINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.host.files import Files
    from hostnet.model import IP, Observed
    from hostnet.ops import Op
    from hostnet.plan import Plan
    from hostnet.planning import Prepared
    from hostnet.probes import Probe
    from hostnet.verification import Expectation


def preflight(
    prepared: Prepared, files: Files, asked: Iterable[Probe], no_probe: Iterable[str]
) -> tuple[Plan, tuple[Finding, ...]]:
    """The plan with what must answer in it, and what was found by asking before it begins.

    Raises UsageError for a ``no_probe`` that names none.
    """
    plan, observed = prepared.plan, prepared.observed
    wanted, before = plan.wanted, plan.before
    if wanted is None or before is None:
        return plan, ()
    routes = observed.routes
    api_server = apiserver.url(files.read(path) for path in apiserver.PATHS)
    probes = left_out(automatic(wanted, api_server, routes), no_probe)
    own = [bound(probe, wanted, routes) for probe in asked]
    arriving = _arriving(wanted, observed)
    with ThreadPoolExecutor(1) as beside:
        neighbours = beside.submit(_conflicts, wanted.link, arriving, observed)
        baseline = ask(beforehand(probes, before, routes), BASELINE)
        # D-Bus, by which the change begins, takes 0.1 s to import, and the neighbours longer.
        from hostnet.transaction import service  # noqa: F401

        found = neighbours.result()
    must, warnings = demanded(probes, baseline, own)
    found += [Finding(PROBE_SILENT, warning, subject=wanted.link) for warning in warnings]
    return _demanding(plan, arriving, must), tuple(found)


def _arriving(wanted: Expectation, observed: Observed) -> tuple[IP, ...]:
    """The addresses that this host does not have yet."""
    here = {have.address.ip for link in observed.links for have in link.addresses}
    return tuple(address.ip for address in wanted.addresses if address.ip not in here)


def _conflicts(link: str, addresses: tuple[IP, ...], observed: Observed) -> list[Finding]:
    if not addresses:
        return []
    own = [each.mac for each in observed.links if each.mac]
    try:
        others = conflicts(link, addresses, own)
    except NotAsked as error:
        return [Finding(NEIGHBOURS_NOT_ASKED, f"{error.what}: {error.why}", subject=link)]
    return [
        Finding(ADDRESS_CONFLICT, f"{other.mac} has {other.address} on {link}", subject=link)
        for other in others
    ]


def _demanding(plan: Plan, arriving: tuple[IP, ...], must: tuple[Probe, ...]) -> Plan:
    """Each half of the plan announces the new addresses, and ends with the demand."""

    def half(ops: tuple[Op, ...]) -> tuple[Op, ...]:
        return (*ops, *told, *demand) if ops else ops

    assert plan.wanted is not None
    told = (Announce(plan.wanted.link, arriving),) if arriving else ()
    demand = (Demand(must),) if must else ()
    return replace(plan, trial=half(plan.trial), promotion=half(plan.promotion))
