"""What is asked of the network between the plan and its first effect.

Whether the addresses are free, and what answers now: both at once, since an operator waits.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hostnet.demands import (
    automatic,
    beforehand,
    bound,
    demanded,
    pinned,
    without as left_out,
)
from hostnet.findings import (
    ADDRESS_CONFLICT,
    NAMESERVER_UNREACHABLE,
    NEIGHBOURS_NOT_ASKED,
    PROBE_SILENT,
    Finding,
)
from hostnet.host.asking import REPLIES, ask
from hostnet.host.neighbours import NotAsked, conflicts
from hostnet.kubernetes import apiserver
from hostnet.ops import Announce, Demand
from hostnet.probes import targets
from hostnet.transaction.timing import BASELINE
from hostnet.value import replace
from hostnet.verification import Expectation

_NO_LINK = Expectation("")
"""Of a pin where netplan has no link: nothing is bound to any."""

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.host.files import Files
    from hostnet.model import IP, Observed
    from hostnet.ops import Op
    from hostnet.plan import Plan
    from hostnet.planning import Prepared
    from hostnet.probes import Answer, Probe


def preflight(
    prepared: Prepared, files: Files, asked: Iterable[Probe], no_probe: Iterable[str]
) -> tuple[Plan, tuple[Finding, ...]]:
    """The plan with what must answer in it, and what was found by asking before it begins.

    Raises UsageError for a ``no_probe`` that names none.
    """
    plan, observed, pin = prepared.plan, prepared.observed, prepared.pin
    wanted, before = plan.wanted or _NO_LINK, plan.before or _NO_LINK
    if wanted is _NO_LINK and pin is None:
        return plan, ()
    if pin is not None and pin.search:
        wanted = replace(wanted, search=pin.search)
    routes = observed.routes
    api_server = apiserver.url(files.read(path) for path in apiserver.PATHS)
    servers = pinned(pin.servers if pin else (), wanted, routes)
    several = (*servers, *automatic(wanted, api_server, routes))
    unique = tuple({probe.name: probe for probe in reversed(several)}.values())[::-1]
    probes = left_out(unique, no_probe)
    own = [bound(probe, wanted, routes) for probe in asked]
    arriving = _arriving(wanted, observed)
    # Where the way to a server stays the same, it can be asked before anything is touched.
    now = [] if arriving or wanted.absent else [probe for probe in servers if probe in probes]
    with ThreadPoolExecutor(1) as beside:
        neighbours = beside.submit(_conflicts, wanted.link, arriving, observed)
        asked_now = dict.fromkeys((*now, *beforehand(probes, before, routes)))
        baseline = ask(tuple(asked_now), BASELINE)
        # D-Bus, by which the change begins, takes 0.1 s to import, and the neighbours longer.
        from hostnet.transaction import service  # noqa: F401

        found = neighbours.result()
    unreachable = [answer for answer in baseline if answer.probe in now and not answer.ok]
    found += [
        Finding(
            NAMESERVER_UNREACHABLE, f"{answer.probe}: {answer.detail}", subject=answer.probe.name
        )
        for answer in unreachable
    ]
    baseline = tuple(answer for answer in baseline if answer not in unreachable)
    if servers and _know_own_zones_alone(baseline, servers):
        lookups = tuple(probe for probe in probes if isinstance(probe.target, targets.Lookup))
        probes = tuple(probe for probe in probes if probe not in lookups)
        found += [
            Finding(PROBE_SILENT, f"{probe} is not asked: the servers know own zones alone")
            for probe in lookups
        ]
    must, warnings = demanded(probes, baseline, own)
    found += [Finding(PROBE_SILENT, warning, subject=wanted.link) for warning in warnings]
    return _demanding(plan, wanted.link, arriving, must), tuple(found)


def _know_own_zones_alone(baseline: Iterable[Answer], servers: tuple[Probe, ...]) -> bool:
    """Whether the servers refuse what every resolver knows; then no name is there to look up."""
    asked = [answer for answer in baseline if answer.probe in servers and answer.ok]
    ours = [answer for answer in asked if isinstance(answer.probe.target, targets.Nameserver)]
    return bool(ours) and all(answer.detail != REPLIES for answer in ours)


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


def _demanding(plan: Plan, link: str, arriving: tuple[IP, ...], must: tuple[Probe, ...]) -> Plan:
    """Each half of the plan announces the new addresses, and ends with the demand."""

    def half(ops: tuple[Op, ...]) -> tuple[Op, ...]:
        return (*ops, *told, *demand) if ops else ops

    told = (Announce(link, arriving),) if arriving else ()
    demand = (Demand(must),) if must else ()
    return replace(plan, trial=half(plan.trial), promotion=half(plan.promotion))
