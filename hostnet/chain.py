"""The chain that a lookup takes on this host, link by link, and what pods get of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.findings import (
    LATER_DROP_IN,
    NAMESERVER_SILENT,
    PIN_MIXED,
    POD_STALE,
    PODS_GET_LOOPBACK,
    PODS_GET_NOTHING,
    PODS_GET_TOO_MUCH,
    RESOLV_CONF_MISSING,
    STUB_DEAD,
    Finding,
)
from hostnet.model import MAX_NAMESERVERS
from hostnet.probes import Probe, targets
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.dns.copies import StalePod
    from hostnet.dns.facts import DnsFacts, Service, Used
    from hostnet.dns.pin import PinMode
    from hostnet.dns.resolvconf import ResolvConf
    from hostnet.kubernetes.resolvers import Reader
    from hostnet.probes import Answer
    from hostnet.tampering import Tampering

Fate = Literal["good", "loopback", "too-much", "nothing"]
"""What pods can do with what they get: use it; ask themselves; use some of it; nothing."""

_STUB = "127.0.0.53"
_TLS_PORT = 853
MAX_POD_SEARCH, MAX_POD_SEARCH_LENGTH = 6, 256
"""Of kubelet before 1.28, and of the C library in many images; later ones take 32 and 2048
(https://github.com/kubernetes/enhancements, KEP-2595)."""
_OWN_SEARCH = 3
"""Domains that kubelet puts before the host's: NAMESPACE.svc.DOMAIN, svc.DOMAIN, DOMAIN."""


class Step(Value):
    """A service of nsswitch.conf that is asked for hosts.

    One whose library is not ``installed`` is passed over.
    """

    name: str
    action: str
    installed: bool


class AskedServer(Value):
    """A server at the end of the chain: who named it, and how it answered just now.

    ``milliseconds`` is None if it did not; then ``detail`` says how.
    """

    used: Used
    milliseconds: int | None
    detail: str


class Handed(Value):
    """What a program hands on to its pods or containers.

    ``path`` is None where that is no file of the host. ``stale`` are those that were started
    before it said so, and hold other servers; None where we may not look.
    """

    reader: Reader
    path: str | None
    conf: ResolvConf
    fate: Fate
    why: str
    stale: tuple[StalePod, ...] | None = ()


class Chain(Value):
    """All of it, from the program that looks a name up to the servers, and to the pods.

    ``through_resolved``: lookups reach resolved; else /etc/resolv.conf is followed past it.
    """

    steps: tuple[Step, ...]
    resolv_conf: ResolvConf
    resolved: Service
    through_resolved: bool
    pinned: PinMode | None
    servers: tuple[AskedServer, ...]
    handed: tuple[Handed, ...]
    findings: tuple[Finding, ...] = ()
    tampering: tuple[Tampering, ...] = ()
    """What others changed of the pin, the oldest first."""


def probes(facts: DnsFacts) -> tuple[tuple[Used, Probe], ...]:
    """The servers at the end of the chain, each with what asks it whether it is there."""
    strict = (facts.settings.other("DNSOverTLS") or "").lower() in ("yes", "true", "1", "on")
    return tuple((used, _probe(used, tls=strict)) for used in dict.fromkeys(facts.in_use))


def chain(
    facts: DnsFacts, answers: Iterable[Answer], stale: tuple[StalePod, ...] | None = ()
) -> Chain:
    """Put it together; ``answers`` are those to `probes`, in their order."""
    servers = tuple(
        AskedServer(used, answer.milliseconds if answer.ok else None, answer.detail)
        for (used, _), answer in zip(probes(facts), answers, strict=True)
    )
    handed = tuple(
        replace(_handed(reader, facts), stale=_of(reader, stale)) for reader in facts.readers
    )
    steps = tuple(
        Step(each.name, each.action, each.name != "resolve" or facts.nss_resolve)
        for each in facts.hosts
    )
    return Chain(
        steps,
        facts.conf,
        facts.resolved,
        facts.asks_resolved,
        facts.pinned,
        servers,
        handed,
        tuple(_findings(facts, servers, handed)),
    )


def _probe(used: Used, *, tls: bool) -> Probe:
    server = used.server
    if tls:
        return Probe(targets.Tcp(server.ip, server.port or _TLS_PORT), link=server.link)
    return Probe(targets.Nameserver(server.ip, server.port), link=server.link)


def _of(reader: Reader, stale: tuple[StalePod, ...] | None) -> tuple[StalePod, ...] | None:
    return (
        None
        if stale is None
        else tuple(each for each in stale if each.pod.program == reader.program)
    )


def _handed(reader: Reader, facts: DnsFacts) -> Handed:
    path = reader.reads(stub=facts.conf.is_loopback)
    if path is None:
        told = f"told {', '.join(reader.servers)}" if reader.servers else "told to hand on none"
        return Handed(reader, None, facts.conf_at(""), "good", told)
    conf = facts.conf_at(path)
    return Handed(reader, path, conf, *_fate(reader, conf))


def _fate(reader: Reader, conf: ResolvConf) -> tuple[Fate, str]:
    if not conf.servers:
        what = "is missing" if conf.mode == "missing" else "names no server"
        fallback = ", so it takes 8.8.8.8" if reader.detects else ""
        return "nothing", f"{what}{fallback}"
    loopback = [str(ip) for ip in conf.nameservers if ip.is_loopback]
    if loopback:
        return "loopback", f"{loopback[0]} is the pod itself there"
    faults = []
    # resolved of systemd 252 lists a server that is both its own and a link's twice; what only
    # repeats the first three is no loss.
    if set(conf.servers) - set(conf.servers[:MAX_NAMESERVERS]):
        faults.append(f"{len(conf.servers)} nameservers, of which {MAX_NAMESERVERS} are used")
    if reader.audience == "pods":
        search = len(conf.search) + _OWN_SEARCH
        length = len(" ".join(conf.search))
        if search > MAX_POD_SEARCH or length > MAX_POD_SEARCH_LENGTH:
            faults.append(f"{search} search domains, where kubelet before 1.28 takes 6")
    return ("too-much", "; ".join(faults)) if faults else ("good", "")


def _findings(
    facts: DnsFacts, servers: tuple[AskedServer, ...], handed: tuple[Handed, ...]
) -> Iterator[Finding]:
    conf = facts.conf
    if conf.mode == "missing":
        yield Finding(RESOLV_CONF_MISSING, f"/etc/resolv.conf is {conf.target or 'not there'}")
    listening = {str(listener.ip) for listener in facts.listeners}
    if _STUB in map(str, conf.nameservers) and _STUB not in listening:
        yield Finding(STUB_DEAD, f"/etc/resolv.conf names {_STUB}, where nobody listens")
    for asked in servers:
        if asked.milliseconds is None:
            message = f"{asked.used.server} ({asked.used.scope}): {asked.detail}"
            yield Finding(NAMESERVER_SILENT, message, asked.used.origin)
    if facts.pinned == "resolved":
        yield from (Finding(LATER_DROP_IN, f"{path} sorts after {OUR_DROP_IN}")
                    for path in facts.later)  # fmt: skip
        pinned = {server.ip for server in facts.pinned_servers}
        for used in facts.used:
            if used.source != "static" and used.server.ip not in pinned:
                message = f"{used.scope} brings {used.server} ({used.source}) beside the pinned"
                yield Finding(PIN_MIXED, message, subject=used.scope)
    rules = {
        "loopback": PODS_GET_LOOPBACK,
        "too-much": PODS_GET_TOO_MUCH,
        "nothing": PODS_GET_NOTHING,
    }
    for each in handed:
        rule = rules.get(each.fate)
        if rule is not None:
            message = f"{each.reader.program} hands on {each.path}: {each.why}"
            yield Finding(rule, message, each.reader.origin)
        if each.stale:
            yield _stale(each.reader, each.stale)


def _stale(reader: Reader, stale: tuple[StalePod, ...]) -> Finding:
    caches = [each for each in stale if each.pod.is_cache]
    named = [f"{each.pod.role} ({each.pod})" for each in caches] or [str(stale[0].pod)]
    others = len(stale) - len(named)
    more = f" and {others} other{'s' if others > 1 else ''}" if others else ""
    held = ", ".join(dict.fromkeys(str(server) for each in stale for server in each.holds))
    gets = ", ".join(map(str, stale[0].gets))
    message = f"{', '.join(named)}{more} of {reader.program}: not {gets} but {held}"
    commands = dict.fromkeys(each.pod.renewal for each in caches or stale[:1])
    rest = "; then have the others start anew, which `hostnet dns status` lists" if others else ""
    return Finding(POD_STALE, message, remedy=f"Run: {'; '.join(commands)}{rest}.")
