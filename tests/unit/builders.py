"""Readable builders of observed hosts, and of what hostnet decides for one.

A host is written as its netplan files, its links and its routes::

    host(file("/etc/netplan/50-cloud-init.yaml", "..."), nic("ens33", lease("192.0.2.5/24")))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_interface, ip_network
from textwrap import dedent
from typing import Any

from hostnet.checks import host as host_checks
from hostnet.findings import Finding, Rule, without
from hostnet.model import (
    DEFAULT_ROUTE,
    Address,
    Image,
    KernelRoute,
    Kind,
    Link,
    LinkAddress,
    Netplan,
    Network,
    Observed,
    Request,
    SourceFile,
    System,
    family_of,
)
from hostnet.netplan.tree import Tree, load
from hostnet.owner import OUR_FILE
from hostnet.plan import Plan
from hostnet.planning import _at_once, _plan
from hostnet.request import parse

CLOUD = "/etc/netplan/50-cloud-init.yaml"
HUMAN = "/etc/netplan/01-netcfg.yaml"
MAC = "52:54:00:12:34:56"
Value = Any
"""Of a field or an option; what it must be, the builder's callers know."""


# --- a host ----------------------------------------------------------------------------


def file(path: str, text: str, *, mode: int = 0o600, target: str | None = None) -> SourceFile:
    """A file with this text, its common indentation removed."""
    data = dedent(text).lstrip("\n").encode()
    return SourceFile(path, data, target=target or path, image=Image(Kind.FILE, data, mode))


def lease(text: str) -> LinkAddress:
    """An address that a DHCP server gave."""
    return LinkAddress(ip_interface(text), dynamic=True, valid_for=3600, protocol="dhcp")


def advertised(text: str, *, temporary: bool = False) -> LinkAddress:
    """An address made of a router advertisement's prefix."""
    address = ip_interface(text)
    return LinkAddress(address, dynamic=True, temporary=temporary, protocol="kernel_ra")


def held(text: str) -> LinkAddress:
    """An address without lifetime."""
    return LinkAddress(ip_interface(text), protocol="static")


def nic(name: str, *addresses: LinkAddress, by: str | None = None, **fields: Value) -> Link:
    """A link that is up; ``by`` is the ID of the Netdef that netplan rendered it from."""
    known: dict[str, Any] = {
        "index": 2 + sum(map(ord, name)) % 1000,
        "mac": MAC,
        "up": True,
        "carrier": True,
        "network_file": f"/run/systemd/network/10-netplan-{by}.network" if by else None,
    }
    known.setdefault("permanent_mac", fields.get("mac", MAC))
    known |= fields
    if "nameservers" in known:
        known["nameservers"] = tuple(map(ip_address, known["nameservers"]))
    return Link(name=name, addresses=addresses, **known)


def default(
    via: str, link: str = "ens33", *, metric: int = 100, protocol: str = "dhcp"
) -> KernelRoute:
    """A default route of the kernel."""
    gateway = ip_address(via)
    return KernelRoute(DEFAULT_ROUTE[family_of(gateway)], link, gateway, metric, protocol)


def host(*parts: SourceFile | Link | KernelRoute, **fields: Value) -> Observed:
    """A booted host, root at its console; fields are those of System, else of Observed."""
    system_fields = {k: fields.pop(k) for k in list(fields) if k in System.__dataclass_fields__}
    system = System(
        live=True,
        privileged=True,
        netplan=Netplan("/usr/libexec/netplan/configure", "/usr/sbin/netplan"),
        resolved=True,
    )
    return Observed(
        replace(system, **system_fields),
        tuple(part for part in parts if isinstance(part, SourceFile)),
        tuple(part for part in parts if isinstance(part, Link)),
        tuple(part for part in parts if isinstance(part, KernelRoute)),
        **fields,
    )


def image(*files: SourceFile, **fields: Value) -> Observed:
    """The tree of a host that is not booted: files and nothing else."""
    return host(*files, **{"live": False, "privileged": False, "root": "/image", **fields})


# --- a decision ------------------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    """What `hostnet static` would do: a plan, or findings that refuse one."""

    request: Request
    observed: Observed
    plan: Plan | None
    findings: tuple[Finding, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all findings, each once, in order."""
        return tuple(sorted({finding.rule.id for finding in self.findings}))

    @property
    def errors(self) -> tuple[str, ...]:
        """The ids of those that refuse."""
        return tuple(sorted({f.rule.id for f in self.findings if f.is_error}))

    def text(self, path: str = OUR_FILE) -> str:
        """A file's text after the plan; "" where none is written."""
        changes = self.plan.changes if self.plan else ()
        return next((c.after.data.decode() for c in changes if c.path == path), "")

    @property
    def definition(self) -> str:
        """90-hostnet.yaml without its first lines, which sign it."""
        lines = self.text().splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("#"))

    @property
    def reasons(self) -> str:
        """All reasons of the plan, a line each."""
        return "\n".join(self.plan.reasons) if self.plan else ""


def decide(observed: Observed, asked: str, *, ignore: tuple[Rule, ...] = (), **options: Value
           ) -> Decision:  # fmt: skip
    """Walk `hostnet static ASKED` to its plan, without the oracle and without effects."""
    interface, *addresses = asked.split()
    request, findings = parse(interface, addresses, **options)
    tree, faults = load(observed.netplan_files)
    findings += (*faults, *host_checks.check(request, observed))
    plan = None
    if not any(fault.is_error for fault in faults):
        plan, _, planned = _plan(request, observed, tree, ignore)
        findings += planned
    findings = without(_at_once(findings), ignore)
    refused = any(finding.is_error for finding in findings)
    return Decision(request, observed, None if refused else plan, findings)


# --- values ----------------------------------------------------------------------------


def merged(*files: SourceFile) -> Tree:
    """The configuration that the files add up to."""
    tree, _ = load(files)
    return tree


def address(text: str) -> Address:
    """ADDRESS/PREFIX as a value."""
    return ip_interface(text)


def destination(text: str) -> Network:
    """NETWORK/PREFIX as a value."""
    return ip_network(text)
