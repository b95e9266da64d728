"""How this host's DNS is pinned: by which mode, with which /etc/resolv.conf, to which servers.

One pure function, and one line that says why, as tailscale's net/dns/manager_linux.go has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.dns.rivals import Refusal, in_the_way, locked
from hostnet.dns.writers import HOSTNET
from hostnet.kubernetes.resolvers import HOST, KUBELET_CONFIG
from hostnet.model import MAX_NAMESERVERS
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from hostnet.dns.facts import DnsFacts, Listener, Used
    from hostnet.dns.pin import Pin, PinMode
    from hostnet.dns.server import Server
    from hostnet.kubernetes.resolvers import Reader

Target = Literal["stub", "uplink", "regular"]
"""What /etc/resolv.conf becomes: a link to either file of resolved, or a file of its own."""

MAX_SEARCH = 6
"""Domains that older C libraries and kubelets search at most (resolv.conf(5))."""
_CLUSTER = "cluster.local"
_VPN = ("tailscale", "wg", "tun", "tap", "ppp", "zt")
"""How links of VPNs begin, whose servers are there as long as they are."""
_STUB = "127.0.0.53"
RUNTIME = "/run/systemd/resolve/"
"""What goes with resolved: at the latest with the next boot (F09)."""


class Decision(Value):
    """The pin as it shall be; ``refused`` says why this host does not allow it.

    ``stub``: resolved goes on listening on 127.0.0.53. ``repoint``: programs that must be
    told another resolv.conf. ``whys`` are the reasons of mode, target and servers.
    """

    mode: PinMode
    target: Target
    servers: tuple[Server, ...]
    search: tuple[str, ...] = ()
    strict: bool = False
    stub: bool = True
    repoint: tuple[Reader, ...] = ()
    whys: tuple[str, str, str] = ("", "", "")
    refused: Refusal | None = None

    @property
    def on_links(self) -> bool:
        """Whether netplan's definitions name the servers, and not resolved alone."""
        plain = all(server.is_plain and not server.link for server in self.servers)
        return self.mode == "resolved" and plain and not self.strict

    @property
    def trace(self) -> str:
        """How it came to this, in one line."""
        mode, target, servers = self.whys
        names = " ".join(map(str, self.servers)) or "none"
        end = f"; refused: {self.refused.what}" if self.refused else ""
        return (
            f"mode {self.mode}: {mode}; resolv.conf {self.target}: {target}; "
            f"servers {names}: {servers}{end}"
        )


def choose(pin: Pin, facts: DnsFacts) -> Decision:
    """The pin that was asked for, and what was left open chosen by what the host is."""
    mode, why_mode = _mode(pin, facts)
    target, stub, why_target = _target(facts) if mode == "resolved" else _regular()
    servers, why_servers = _servers(pin, facts)
    search = pin.search if pin.search is not None else _search(facts)
    decision = Decision(
        mode,
        target,
        servers,
        search,
        pin.strict,
        stub,
        tuple(filter(can_repoint, bereft(facts, mode))) if pin.repoint_kubelet else (),
        (why_mode, why_target, why_servers),
    )
    refused = _service(facts, mode) or in_the_way(facts, mode)
    if refused is None and not _is_there(decision, facts):
        refused = locked(facts)
    return replace(decision, refused=refused)


def bereft(facts: DnsFacts, mode: PinMode) -> tuple[Reader, ...]:
    """The programs whose resolv.conf would go with resolved."""
    if mode == "resolved":
        return ()
    return tuple(
        reader for reader in facts.readers if (reader.reads(stub=False) or "").startswith(RUNTIME)
    )


def can_repoint(reader: Reader) -> bool:
    """Whether hostnet can tell the program another file: kubelet's configuration alone."""
    return reader.origin is not None and reader.origin.path == KUBELET_CONFIG


# --- the mode --------------------------------------------------------------------------


def _mode(pin: Pin, facts: DnsFacts) -> tuple[PinMode, str]:
    state = "runs" if facts.resolved == "active" else f"is {facts.resolved}"
    if pin.mode is not None:
        return pin.mode, "as asked"
    if facts.resolved in ("active", "enabled"):
        return "resolved", f"systemd-resolved {state}"
    return "direct", f"systemd-resolved {state}"


def _service(facts: DnsFacts, mode: PinMode) -> Refusal | None:
    """Why resolved cannot serve."""
    if mode == "direct" or facts.resolved not in ("absent", "masked"):
        return None
    remedy = {
        "absent": "Run: apt-get install systemd-resolved, or pin in mode direct.",
        "masked": "Run: systemctl unmask systemd-resolved, or pin in mode direct.",
    }[facts.resolved]
    return Refusal(f"systemd-resolved is {facts.resolved}", remedy)


# --- what /etc/resolv.conf becomes -----------------------------------------------------


def _regular() -> tuple[Target, bool, str]:
    return "regular", True, "programs ask the servers themselves"


def _target(facts: DnsFacts) -> tuple[Target, bool, str]:
    """The stub's file, which knows every link's domains, unless somebody cannot use it.

    Whether resolved is to have a listener for it comes second: where another program has
    the port, it must not try.
    """
    rival = next((each for each in facts.listeners if _takes_the_stub(each)), None)
    if rival is not None:
        who = rival.program or "another program"
        return "uplink", False, f"{who} has port 53 on {rival.ip}"
    if facts.settings.stub_listener in ("no", "tcp"):
        return "uplink", True, f"DNSStubListener={facts.settings.stub_listener}"
    for reader in facts.readers:
        # What a container engine finds by itself it finds in either case.
        if reader.reads(stub=True) == HOST:
            return "uplink", True, f"{reader.program} hands /etc/resolv.conf to {reader.audience}"
    if facts.conf.mode == "uplink":
        return "uplink", True, "it is so already"
    return "stub", True, "nobody needs the servers in it"


def _takes_the_stub(listener: Listener) -> bool:
    """Whether resolved cannot listen beside it: on every address, or on the stub's own."""
    if listener.program in ("systemd-resolve", "systemd-resolved"):
        return False
    return listener.ip.is_unspecified or str(listener.ip) == _STUB


def _is_there(decision: Decision, facts: DnsFacts) -> bool:
    """Whether /etc/resolv.conf is as it shall be, so that no lock is in the way."""
    if decision.mode == "resolved":
        return facts.conf.mode == decision.target
    conf = facts.conf
    same = (conf.servers, conf.search) == (decision.servers, decision.search)
    return conf.owner == HOSTNET and same


# --- the servers -----------------------------------------------------------------------


def _servers(pin: Pin, facts: DnsFacts) -> tuple[tuple[Server, ...], str]:
    if pin.servers is not None:
        return pin.servers, "as asked"
    dropped: list[str] = []
    kept: list[Used] = []
    for used in facts.in_use:
        fault = _fault(used, facts)
        if fault:
            dropped.append(f"{used.server} {fault}")
        elif used.server not in [each.server for each in kept]:
            kept.append(used)
    dropped += [f"{used.server} is one too many" for used in kept[MAX_NAMESERVERS:]]
    kept = kept[:MAX_NAMESERVERS]
    whence = "in use" if kept else "nothing is in use"
    sources = dict.fromkeys(f"{used.source} on {used.scope}" for used in kept)
    why = f"{whence} ({', '.join(sources)})" if sources and facts.comes_from_resolved else whence
    return tuple(used.server for used in kept), ", but ".join((why, *dropped))


def _fault(used: Used, facts: DnsFacts) -> str:
    """Why a server that is in use is none to keep."""
    ip = used.server.ip
    if ip.is_loopback:
        return "is loopback"
    if ip in facts.own:
        return "is this host itself"
    if ip.version == 4 and ip.is_link_local:
        return "is link-local"
    if used.scope.startswith(_VPN):
        return f"is {used.scope}'s"
    inside = next((each for each in facts.networks if ip in each.network), None)
    return f"lies in the {inside.kind}" if inside else ""


def _search(facts: DnsFacts) -> tuple[str, ...]:
    """The domains searched now, but a cluster's: on the host they lead nowhere (F07, F29)."""
    domains = facts.search if facts.comes_from_resolved else facts.conf.search
    kept = (
        domain
        for domain in dict.fromkeys(domains)
        if not domain.startswith("~") and not _is_clusters(domain)
    )
    return tuple(kept)[:MAX_SEARCH]


def _is_clusters(domain: str) -> bool:
    """Whether the domain is one that Kubernetes gives pods: SERVICE.NAMESPACE.svc.DOMAIN."""
    name = domain.rstrip(".")
    return "svc" in name.split(".") or name.endswith(_CLUSTER)
