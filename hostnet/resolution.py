"""The walk of `hostnet dns status`: the files are read, and the servers asked, all at once."""

from __future__ import annotations

from dataclasses import replace

from hostnet.chain import Chain, chain, probes
from hostnet.findings import PIN_FOUGHT_OVER, Finding
from hostnet.host import dns_facts, observe as observing
from hostnet.host.asking import ask
from hostnet.host.files import Files
from hostnet.netplan.tree import load
from hostnet.tampering import GIVEN_UP, LOG, from_lines

PATIENCE = 0.7
"""Seconds for a server to answer: one round trip around the world and a lost packet (0.5 s
until the second try). Who looks at a status waits no longer for a dead one."""


def dns_status() -> Chain:
    """The chain that a lookup takes on the running host. Reads only, and needs no root."""
    with Files("/") as files:
        observed = observing.observe(files)
        tree, _ = load(observed.netplan_files)
        facts = dns_facts.read(files, observed, tree)
        log = files.read(LOG, limit=1 << 24).data if facts.pinned else b""
        given_up = files.exists(GIVEN_UP)
    asked = probes(facts)
    found = chain(facts, ask([probe for _, probe in asked], PATIENCE))
    if given_up:
        findings = (*found.findings, Finding(PIN_FOUGHT_OVER, "the fight for the pin was ended"))
        found = replace(found, findings=findings)
    return replace(found, tampering=from_lines(log)) if log else found
