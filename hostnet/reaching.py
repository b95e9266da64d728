"""The walk of `hostnet dns check`: hosts are looked up and asked as programs here would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.chain import probes
from hostnet.dns.names import is_domain
from hostnet.errors import UsageError
from hostnet.host import dns_facts, pull_facts
from hostnet.host.asking import ask
from hostnet.host.files import Files
from hostnet.host.pulling import reach
from hostnet.kubernetes.registries import Image
from hostnet.looking import look
from hostnet.probes import Probe, targets
from hostnet.probes.hosts import Malformed
from hostnet.pulls.judgement import judged
from hostnet.pulls.result import Reached
from hostnet.pulls.steps import Check
from hostnet.pulls.ways import PullFacts, image_targets, name_target
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.dns.facts import DnsFacts
    from hostnet.probes import Answer
    from hostnet.pulls.ways import Target

PATIENCE = 15.0
"""Seconds for all of it, at once. A nameserver that is dead costs the C library 5 s, two of
them 10 (resolv.conf(5), timeout), and a pull that waits for them does succeed in the end."""

_LONGEST = 3600
_SERVERS_PATIENCE = 2.0
"""Seconds for the single nameservers, asked after the steps: they have the name in mind by now."""


def dns_check(
    names: Sequence[str] = (), *, images: bool = False, within: float = PATIENCE
) -> Reached:
    """Look hosts up and connect to them, from this host, each step with its time.

    ``names`` are HOST, HOST:PORT or http and https URLs; with ``images`` they are images, of
    which the registries are asked by every container runtime here, as it is configured: mirrors,
    proxy, authorities, besides all that the runtimes' files name. ``within``: seconds, more
    than 0, and 3600 at most. Reads only; without root, files that only root may read are left
    out, and named. Raises UsageError for a name that is none, and where there is nothing to ask.
    """
    if not names and not images:
        raise UsageError("there is nothing to check", "", "Name a host, or say --images.")
    if not 0 < within <= _LONGEST:
        raise UsageError(f"the time to wait must be more than 0 s and at most {_LONGEST} s")
    named = () if images else tuple(map(_named, names))
    with Files("/") as files:
        observed, tree, _ = look(files, "hostnet dns check")
        facts = dns_facts.read(files, observed, tree)
        pulls = pull_facts.read(files, observed, facts) if images else PullFacts()
    wanted = [Image(name).registry for name in names] if images else []
    asked = (*named, *image_targets(pulls, wanted))
    checks = _checked(asked, facts, within)
    return Reached(checks, pulls.runtimes, pulls.unread, judged(pulls, checks))


def _named(text: str) -> Target:
    try:
        return name_target(text)
    except Malformed as fault:
        raise UsageError(
            f"{quoted(text)} is no host to check", str(fault), "Write HOST, HOST:PORT or a URL."
        ) from None


def _checked(asked: Sequence[Target], facts: DnsFacts, within: float) -> tuple[Check, ...]:
    steps = iter(reach([target.way for target in asked if target.way is not None], within))
    return tuple(
        Check(target, next(steps) if target.way is not None else (), _answers(target, facts))
        for target in asked
    )


def _answers(target: Target, facts: DnsFacts) -> tuple[Answer, ...]:
    """What each nameserver in use says by itself to a name that was named."""
    name = target.name
    if target.role != "name" or not is_domain(name) or "." not in name.rstrip("."):
        return ()
    servers = dict.fromkeys(used.server for used, _ in probes(facts) if used.server.port is None)
    return ask(
        [Probe(targets.Dns(name, server.ip), link=server.link) for server in servers],
        _SERVERS_PATIENCE,
    )
