"""The JSON documents that ``--json`` prints; ``schemas/`` describes each of them.

long because each document is one function, and the fixed order of its keys is read at a glance.
Keys come in a fixed order, and ``schema_version`` goes up when one changes its meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.applied import Applied, Site
    from hostnet.chain import Chain
    from hostnet.container_status import ContainerStatus
    from hostnet.dns.copies import StalePod
    from hostnet.errors import HostnetError
    from hostnet.findings import Finding, Rule
    from hostnet.host_status import LinkStatus, Status
    from hostnet.pulls.result import Reached
    from hostnet.pulls.steps import Check
    from hostnet.result import Pending, Recovery, Result
    from hostnet.tampering import Tampering
    from hostnet.verdict import Verdict

SCHEMA_VERSION = 1


def result(value: Result) -> dict[str, Any]:
    """Of every command that changes something."""
    return {
        "schema_version": SCHEMA_VERSION,
        "changed": value.changed,
        "outcome": value.outcome,
        "diff": [
            {"path": diff.path, "before": diff.before, "after": diff.after} for diff in value.diff
        ],
        "reasons": list(value.reasons),
        "findings": findings(value.findings),
        "warnings": list(value.warnings),
        "pending": _pending(value.pending),
        **_fates(value),
    }


def applied(value: Applied) -> dict[str, Any]:
    """Of ``apply``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "node": value.node,
        "changed": value.changed,
        "outcome": value.outcome,
        "results": [result(each) for each in value.results],
    }


def recovery(value: Recovery) -> dict[str, Any]:
    """Of ``recover``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "changed": value.changed,
        "outcome": value.outcome,
        "subject": value.subject,
        "journal": value.journal,
        "files": list(value.files),
        "verified": value.verified,
        "why": value.why,
        **_fates(value),
    }


def error(value: HostnetError) -> dict[str, Any]:
    """Of every command that did not end well; ``exit`` is its exit code."""
    return {
        "schema_version": SCHEMA_VERSION,
        "what": value.what,
        "why": value.why,
        "remedy": value.remedy,
        "exit": value.exit_code,
        "findings": findings(getattr(value, "findings", ())),
    }


def verdict(value: Verdict) -> dict[str, Any]:
    """Of ``validate``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "valid": value.valid,
        "proven": value.proven,
        "releases": list(value.releases),
        "accepted_by": list(value.accepted_by),
        "configurations": value.configurations,
        "findings": findings(value.findings),
    }


def rules(registry: Iterable[Rule]) -> dict[str, Any]:
    """Of ``validate --rules``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rules": [
            {
                "id": rule.id,
                "name": rule.name,
                "kind": rule.kind,
                "severity": rule.severity,
                "failure": rule.failure,
                "summary": rule.summary,
                "remedy": rule.remedy,
                "source": rule.source,
            }
            for rule in registry
        ],
    }


def rendered(text: str) -> dict[str, Any]:
    """Of ``render``."""
    return {"schema_version": SCHEMA_VERSION, "yaml": text}


def site(value: Site) -> dict[str, Any]:
    """Of ``render --nodes``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "nodes": [name for name, _ in value.files],
        "beside": [path for path, _ in value.beside],
        "findings": findings(value.findings),
    }


def seed(value: Site) -> dict[str, Any]:
    """Of ``cloud-init``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "files": [{"name": name, "text": text} for name, text in value.files],
        "findings": findings(value.findings),
    }


def status(value: Status) -> dict[str, Any]:
    """Of ``status``."""
    conf = value.dns.resolv_conf
    return {
        "schema_version": SCHEMA_VERSION,
        "links": [_link(link) for link in value.links],
        "dns": {
            "mode": conf.mode,
            "owner": conf.owner,
            "target": conf.target,
            "nameservers": [str(ip) for ip in conf.nameservers],
            "search": list(conf.search),
            "resolved": value.dns.resolved,
            "servers": [str(ip) for ip in value.dns.servers],
        },
        "drift": value.has_drift,
        "pending": _pending(value.pending),
        "findings": findings(value.findings),
    }


def container_status(value: ContainerStatus) -> dict[str, Any]:
    """Of ``cni status``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "signs": list(value.signs),
        "protected": value.is_protected,
        "files": [
            {
                "path": file.path,
                "state": file.state,
                "loaded": file.loaded,
                "reason": file.reason,
            }
            for file in value.files
        ],
        "links": [
            {"name": link.name, "setup": link.setup, "network_file": link.network_file}
            for link in value.links
        ],
        "findings": findings(value.findings),
    }


def dns_log(entries: Iterable[Tampering]) -> dict[str, Any]:
    """Of ``dns log`` and ``dns keep``."""
    return {"schema_version": SCHEMA_VERSION, "entries": list(map(tampering, entries))}


def tampering(entry: Tampering) -> dict[str, Any]:
    """One thing that others changed."""
    return {
        "when": entry.when,
        "what": entry.what,
        "before": entry.before,
        "after": entry.after,
        "writer": entry.writer,
        "sign": entry.sign,
        "repaired": entry.repaired,
    }


def dns_status(value: Chain) -> dict[str, Any]:
    """Of ``dns status``."""
    conf = value.resolv_conf
    return {
        "schema_version": SCHEMA_VERSION,
        "hosts": [
            {"name": step.name, "action": step.action, "installed": step.installed}
            for step in value.steps
        ],
        "resolv_conf": {
            "mode": conf.mode,
            "owner": conf.owner,
            "target": conf.target,
            "servers": [str(server) for server in conf.servers],
            "search": list(conf.search),
            "options": list(conf.options),
        },
        "resolved": value.resolved,
        "through_resolved": value.through_resolved,
        "pinned": value.pinned,
        "servers": [
            {
                "server": str(asked.used.server),
                "scope": asked.used.scope,
                "source": asked.used.source,
                "origin": str(asked.used.origin) if asked.used.origin else None,
                "milliseconds": asked.milliseconds,
                "detail": asked.detail,
            }
            for asked in value.servers
        ],
        "pods": [
            {
                "program": each.reader.program,
                "audience": each.reader.audience,
                "told_in": str(each.reader.origin) if each.reader.origin else None,
                "path": each.path,
                "servers": [str(server) for server in each.conf.servers],
                "search": list(each.conf.search),
                "fate": each.fate,
                "why": each.why,
                "stale": None if each.stale is None else [_stale(pod) for pod in each.stale],
            }
            for each in value.handed
        ],
        "tampering": [tampering(entry) for entry in value.tampering[-3:]],
        "findings": findings(value.findings),
    }


def _stale(each: StalePod) -> dict[str, Any]:
    return {
        "role": each.pod.role,
        "namespace": each.pod.namespace or None,
        "name": each.pod.name,
        "id": each.pod.id,
        "holds": [str(server) for server in each.holds],
        "renewal": each.pod.renewal,
    }


def dns_check(value: Reached) -> dict[str, Any]:
    """Of ``dns check``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "checks": [_check(each) for each in value.checks],
        "runtimes": [
            {
                "name": runtime.name,
                "unit": runtime.unit,
                "proxies": [
                    {"proxy": str(proxy), "origin": str(proxy.origin) if proxy.origin else None}
                    for proxy in runtime.proxies.known
                ],
                "no_proxy": list(runtime.proxies.no_proxy.words),
            }
            for runtime in value.runtimes
        ],
        "unread": [{"path": path, "problem": problem} for path, problem in value.unread],
        "findings": findings(value.findings),
    }


def _check(each: Check) -> dict[str, Any]:
    target = each.target
    via = target.way.via if target.way else None
    return {
        "role": target.role,
        "name": target.name,
        "url": target.text,
        "runtime": target.runtime or None,
        "origin": str(target.origin) if target.origin else None,
        "proxy": str(via) if via else None,
        "ok": each.is_ok,
        "milliseconds": each.milliseconds,
        "steps": [
            {
                "step": step.name,
                "target": step.target,
                "ok": step.ok,
                "detail": step.detail,
                "milliseconds": step.milliseconds,
            }
            for step in each.steps
        ],
        "servers": [
            {
                "probe": str(answer.probe),
                "ok": answer.ok,
                "detail": answer.detail,
                "milliseconds": answer.milliseconds,
            }
            for answer in each.answers
        ],
    }


def findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings wherever they occur."""
    return [
        {
            "id": finding.rule.id,
            "name": finding.rule.name,
            "kind": finding.rule.kind,
            "severity": finding.severity,
            "failure": finding.rule.failure,
            "message": finding.message,
            "path": finding.position.path if finding.position else None,
            "line": finding.position.line if finding.position else None,
            "column": finding.position.column if finding.position else None,
            "remedy": finding.advice,
            "source": finding.rule.source,
            "excerpt": finding.excerpt or None,
            "related": [
                {
                    "message": related.message,
                    "path": related.position.path,
                    "line": related.position.line,
                    "column": related.position.column,
                }
                for related in finding.related
            ],
        }
        for finding in found
    ]


def _fates(value: Result | Recovery) -> dict[str, Any]:
    return {
        "restored": [
            {"what": each.what, "owner": each.owner, "milliseconds": each.milliseconds}
            for each in value.restored
        ],
        "lost": [
            {
                "what": each.what,
                "owner": each.owner,
                "why": each.why,
                "remedy": each.remedy,
            }
            for each in value.lost
        ],
    }


def _pending(value: Pending | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "token": value.token,
        "subject": value.subject,
        "seconds_left": value.seconds_left,
        "revert_at": value.revert_at,
    }


def _link(link: LinkStatus) -> dict[str, Any]:
    return {
        "name": link.name,
        "kind": link.kind,
        "up": link.up,
        "carrier": link.carrier,
        "mtu": link.mtu,
        "mac": link.mac,
        "netdef": link.netdef,
        "renderer": link.renderer,
        "defined_in": [str(place) for place in link.defined_in],
        "addresses": [
            {
                "address": str(address.address),
                "source": address.source,
                "origin": str(address.origin) if address.origin else None,
            }
            for address in link.addresses
        ],
        "gateways": [str(ip) for ip in link.gateways],
        "nameservers": [str(ip) for ip in link.nameservers],
        "search": list(link.search),
        "drift": list(link.drift),
    }
