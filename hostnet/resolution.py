"""The walks of `hostnet dns status`: the files are read, and the servers asked, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.chain import Chain, chain, probes
from hostnet.findings import PIN_FOUGHT_OVER, Finding
from hostnet.host import dns_facts, observe as observing, sandboxes
from hostnet.host.asking import ask
from hostnet.host.files import Files
from hostnet.netplan.tree import load
from hostnet.tampering import GIVEN_UP, LOG, from_lines
from hostnet.value import replace

if TYPE_CHECKING:
    from hostnet.dns.copies import StalePod
    from hostnet.dns.facts import DnsFacts

PATIENCE = 0.7
"""Seconds for a server to answer: one round trip around the world and a lost packet (0.5 s
until the second try). Who looks at a status waits no longer for a dead one."""


def dns_status() -> Chain:
    """The chain that a lookup takes on the running host. Reads only, and needs no root."""
    facts, stale = _read("/")
    asked = probes(facts)
    found = chain(facts, ask([probe for _, probe in asked], PATIENCE), stale)
    return _guarded(found)


def _guarded(found: Chain) -> Chain:
    """With what became of the pin."""
    with Files("/") as files:
        log = from_lines(files.read(LOG, limit=1 << 24).data)
        given_up = files.exists(GIVEN_UP)
    lost = Finding(PIN_FOUGHT_OVER, "the fight for the pin was ended")
    return replace(found, findings=(*found.findings, *((lost,) if given_up else ())), tampering=log)


def stale_pods(root: str = "/") -> tuple[StalePod, ...] | None:
    """The pods and containers here whose nameservers are not those that they would get now.

    Caches, which others ask, come first; ``pod.renewal`` is what has one start anew. None for
    who may not look: root may. Raises Unsuitable where the root is no directory.
    """
    return _read(root)[1]


def _read(root: str) -> tuple[DnsFacts, tuple[StalePod, ...] | None]:
    with Files(root) as files:
        observed = observing.observe(files)
        tree, _ = load(observed.netplan_files)
        facts = dns_facts.read(files, observed, tree)
        return facts, sandboxes.read(files, facts)
