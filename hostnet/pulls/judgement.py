"""What is wrong with how this host gets its images, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import HOST_UNREACHABLE, NO_PROXY_GAP, PROXY_UNREAD, Finding
from hostnet.probes.hosts import Malformed, Url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.pulls.steps import Check, PullStep
    from hostnet.pulls.ways import PullFacts, Runtime

_CLUSTER = ("pod network", "service network")
_SERVICES = "svc"


def judged(facts: PullFacts, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What failed, what of proxies is not read, and what the proxies would be asked in vain."""
    checks = tuple(checks)
    return (
        *(_unreachable(facts, check, checks) for check in checks if not check.is_ok),
        *_unread(facts, checks),
        *(finding for runtime in facts.runtimes for finding in _gaps(facts, runtime)),
    )


# --- what failed -----------------------------------------------------------------------


def _unreachable(facts: PullFacts, check: Check, checks: tuple[Check, ...]) -> Finding:
    target, failed = check.target, check.failed
    if failed is None:
        what, remedy = f"{target.text}: {target.fault}", "Write it as https://HOST[:PORT]."
    else:
        what = f"{failed.name} {failed.target}: {failed.detail}"
        remedy = _remedy(facts, check, failed)
    of = f" by {target.runtime}" if target.runtime else ""
    others = [
        other
        for other in checks
        if target.runtime
        and other is not check
        and (other.target.runtime, other.target.name) == (target.runtime, target.name)
    ]
    rest = ""
    if others:
        answers = any(other.is_ok for other in others)
        rest = "; another of its hosts answers" if answers else "; nor does any other of its hosts"
    return Finding(
        HOST_UNREACHABLE,
        f"{target.name}{of}: {what}{rest}",
        target.origin,
        subject=target.name,
        remedy=remedy,
    )


def _remedy(facts: PullFacts, check: Check, failed: PullStep) -> str:
    """By the step, and by who stands at its other end."""
    way, runtime = check.target.way, _runtime(facts, check)
    via = way.via if way else None
    place = f" ({via.origin})" if via and via.origin else ""
    at_proxy = via is not None and not any(
        step.name in ("proxy", "http") for step in check.steps if step.ok
    )
    if at_proxy and failed.name in ("resolve", "connect"):
        return (
            f"The proxy itself{place} is in the way: correct it, or take it out; {_again(runtime)}."
        )
    match failed.name:
        case "resolve":
            return (
                "The host's own nameservers do not have it: hostnet dns status shows them, and "
                "hostnet dns pin SERVER pins such as do."
            )
        case "connect" if facts.login and runtime and not runtime.proxies.known:
            names = ", ".join(each.name for each in facts.login)
            return (
                f"/etc/environment has {names}, which only logins read: write it into a drop-in "
                f'as [Service] and Environment="..."; {_again(runtime)}.'
            )
        case "connect":
            return (
                "No way leads there, or a firewall closes it: look at the route (ip route get) "
                "and the firewall; behind a proxy, name it in a drop-in of the runtime's unit."
            )
        case "proxy":
            return f"The proxy{place} refuses: have it let this host through, or mend its password."
        case "tls":
            return (
                "Have the runtime trust the authority (ca in hosts.toml, or "
                "update-ca-certificates), and see whether the clock is right; a proxy that opens "
                f"TLS signs with an authority of its own; {_again(runtime)}."
            )
        case "http":
            return (
                "The host answers, but not as a registry: see whether the URL is right, and "
                "whether a proxy or a firewall answers in its place."
            )


def _runtime(facts: PullFacts, check: Check) -> Runtime | None:
    return next((each for each in facts.runtimes if each.name == check.target.runtime), None)


def _again(runtime: Runtime | None) -> str:
    unit = runtime.unit if runtime else "the runtime"
    return f"then systemctl daemon-reload && systemctl restart {unit}"


# --- what is not read ------------------------------------------------------------------


def _unread(facts: PullFacts, checks: tuple[Check, ...]) -> Iterator[Finding]:
    for runtime in facts.runtimes:
        for each in runtime.proxies.unread:
            yield Finding(
                PROXY_UNREAD,
                f"{runtime.unit}: {each.why}",
                each.origin,
                subject=runtime.name,
            )
        fails = any(not check.is_ok and check.target.runtime == runtime.name for check in checks)
        if facts.login and fails and not runtime.proxies.known:
            for variable in facts.login:
                message = f"{variable.name} never reaches {runtime.unit}, which has no proxy"
                yield Finding(PROXY_UNREAD, message, variable.origin, subject=runtime.name)


# --- what the proxy would be asked in vain ---------------------------------------------


def _gaps(facts: PullFacts, runtime: Runtime) -> Iterator[Finding]:
    missing = list(missing_from_no_proxy(facts, runtime))
    if missing:
        without = runtime.proxies.no_proxy
        (first, *_) = runtime.proxies.known
        words = ",".join(word for word, _ in missing)
        yield Finding(
            NO_PROXY_GAP,
            f"{runtime.unit} would ask {first} for {', '.join(what for _, what in missing)}",
            without.origin or first.origin,
            subject=runtime.name,
            remedy=f"Add {words} to NO_PROXY{_where(runtime)}; {_again(runtime)}.",
        )


def _where(runtime: Runtime) -> str:
    origin = runtime.proxies.no_proxy.origin
    return f" in {origin.path}" if origin else ""


def missing_from_no_proxy(facts: PullFacts, runtime: Runtime) -> Iterator[tuple[str, str]]:
    """The words that NO_PROXY should have, each with what it is; none where there is no proxy."""
    proxies = runtime.proxies
    if not proxies.known:
        return
    without = proxies.no_proxy
    for ip in facts.node:
        if not without.covers(ip):
            yield str(ip), f"this node ({ip})"
    if not runtime.adds_cluster and facts.networks:
        for network in facts.networks:
            if network.kind in _CLUSTER and not without.covers_network(network.network):
                yield str(network.network), f"the {network.kind} {network.network}"
        for domain in (_SERVICES, facts.domain):
            if not without.covers_domain(domain):
                yield f".{domain}", f"names below .{domain}"
    hosts: dict[str, None] = {}
    for registry in runtime.sources.registries:
        for endpoint in registry.endpoints:
            try:
                url = Url.parse(endpoint.url)
            except Malformed:
                continue
            private = facts.is_private(url.host) and endpoint.proxy is None
            if private and proxies.towards(url) is not None:
                hosts[str(url.host)] = None
    yield from ((host, f"the private registry {host}") for host in hosts)
