"""Which pin a host gets: a table of hosts, each with the decision and the line that says why.

long because it is one table, and each host is a machine that people really have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

import pytest

from hostnet.dns.chooser import Decision, bereft, can_repoint, choose
from hostnet.dns.facts import (
    GLOBAL,
    DnsFacts,
    Listener,
    Lock,
    NetworkManager,
    Rival,
    Service,
    Used,
)
from hostnet.dns.networkmanager import read as read_manager
from hostnet.dns.nsswitch import Source
from hostnet.dns.pin import Pin, PinMode
from hostnet.dns.resolvconf import STUB, UPLINK, ResolvConf
from hostnet.dns.resolvedconf import ResolvedConf
from hostnet.dns.server import servers_of
from hostnet.dns.syntax import Setting
from hostnet.kubernetes.networks import ClusterNetwork
from hostnet.kubernetes.resolvers import KUBELET_CONFIG, Reader
from hostnet.model import Position
from tests.unit.builders import Value, file

PLACE = Position(KUBELET_CONFIG, 3, 13)
LEASED = "10.0.0.2"
MANAGER = file("/etc/NetworkManager/conf.d/zz-site.conf", "[main]\ndns=default\n")


def used(text: str, scope: str = "ens33", source: Value = "dhcp") -> Used:
    (server,) = servers_of([text])
    return Used(server, scope, source)


def foreign(
    *servers: str, owner: str = "unknown", search: str = "", target: str = ""
) -> ResolvConf:
    return ResolvConf("foreign", owner, target or None, servers_of(servers), tuple(search.split()))


def listener(ip: str, program: str) -> Listener:
    return Listener(ip_address(ip), program)


def network(text: str, kind: str) -> ClusterNetwork:
    return ClusterNetwork(ip_network(text), kind, PLACE)


IN_STUB = ResolvConf("stub", "systemd-resolved", STUB, servers_of(["127.0.0.53"]))
IN_UPLINK = ResolvConf("uplink", "systemd-resolved", UPLINK, servers_of([LEASED]))
NOTHING_ASKED = Pin()
UBUNTU = DnsFacts(
    IN_STUB, IN_UPLINK, "active", used=(used(LEASED),), search=("lab.example",), nss_resolve=True
)
DEBIAN = DnsFacts(foreign(LEASED, owner="dhclient"), rivals=(Rival("ifupdown", "/etc/network"),))
KUBEADM = Reader("kubelet", UPLINK, PLACE)
BARE_KUBELET = Reader("kubelet")


def ubuntu(**fields: Value) -> DnsFacts:
    return replace(UBUNTU, **fields)


def debian(**fields: Value) -> DnsFacts:
    return replace(DEBIAN, rivals=(), **fields)


def with_rival(program: str, sign: str, facts: DnsFacts = UBUNTU, **fields: Value) -> DnsFacts:
    return replace(facts, rivals=(Rival(program, sign),), **fields)


RESOLVED = "mode resolved: systemd-resolved runs; "
ASKED = "mode resolved: as asked; "
DIRECT = "mode direct: as asked; resolv.conf regular: programs ask the servers themselves; "
IS_STUB = "resolv.conf stub: nobody needs the servers in it; "
BY_DHCP = f"servers {LEASED}: in use (dhcp on ens33)"


def absent(state: str) -> str:
    return f"mode direct: systemd-resolved is {state}; " + DIRECT.partition("; ")[2]


@dataclass(frozen=True)
class Case:
    """A host, what is asked of it, and the line of what is decided."""

    facts: DnsFacts
    trace: str
    pin: Pin = NOTHING_ASKED


def asking(mode: PinMode | None = None, *servers: str, **fields: Value) -> Pin:
    return Pin(servers_of(servers) or None, mode=mode, **fields)


HOSTS: dict[str, Case] = {
    "Ubuntu as it comes": Case(UBUNTU, RESOLVED + IS_STUB + BY_DHCP),
    "Ubuntu, with servers": Case(
        UBUNTU,
        RESOLVED + IS_STUB + "servers 10.9.9.9 fd77::1: as asked",
        asking(None, "10.9.9.9", "fd77::1"),
    ),
    "an image of Ubuntu, not booted": Case(
        ubuntu(resolved="enabled", used=()),
        "mode resolved: systemd-resolved is enabled; " + IS_STUB
        + "servers none: nothing is in use",
    ),
    "with kubeadm": Case(ubuntu(readers=(KUBEADM,)), RESOLVED + IS_STUB + BY_DHCP),
    "with a kubelet that was told nothing": Case(
        ubuntu(readers=(BARE_KUBELET,)),
        RESOLVED + "resolv.conf uplink: kubelet hands /etc/resolv.conf to pods; " + BY_DHCP,
    ),
    "with k3s, which looks for itself": Case(
        ubuntu(readers=(Reader("k3s", detects=True),)), RESOLVED + IS_STUB + BY_DHCP
    ),
    "with microk8s told /etc/resolv.conf": Case(
        ubuntu(readers=(Reader("microk8s", "/etc/resolv.conf", PLACE),)),
        RESOLVED + "resolv.conf uplink: microk8s hands /etc/resolv.conf to pods; " + BY_DHCP,
    ),
    "with docker": Case(
        ubuntu(readers=(Reader("docker", detects=True),)), RESOLVED + IS_STUB + BY_DHCP
    ),
    "with uplink already": Case(
        ubuntu(conf=IN_UPLINK), RESOLVED + "resolv.conf uplink: it is so already; " + BY_DHCP
    ),
    "with named on every address": Case(
        ubuntu(listeners=(listener("127.0.0.54", "systemd-resolve"), listener("::", "named"))),
        RESOLVED + "resolv.conf uplink: named has port 53 on ::; " + BY_DHCP,
    ),
    "with dnsmasq on the stub's own address": Case(
        ubuntu(listeners=(listener("127.0.0.53", ""),)),
        RESOLVED + "resolv.conf uplink: another program has port 53 on 127.0.0.53; " + BY_DHCP,
    ),
    "with libvirt's dnsmasq on its bridge": Case(
        ubuntu(listeners=(listener("192.168.122.1", "dnsmasq"),)), RESOLVED + IS_STUB + BY_DHCP
    ),
    "with the stub turned off": Case(
        ubuntu(settings=ResolvedConf(others=(("DNSStubListener", Setting("no", PLACE)),))),
        RESOLVED + "resolv.conf uplink: DNSStubListener=no; " + BY_DHCP,
    ),
    "with its own named in resolv.conf": Case(
        ubuntu(conf=foreign("127.0.0.1"), nss_resolve=False,
               listeners=(listener("127.0.0.1", "named"),)),
        RESOLVED + IS_STUB + "servers none: nothing is in use, but 127.0.0.1 is loopback",
    ),
    "with node-local-dns": Case(
        ubuntu(listeners=(listener("169.254.20.10", "node-cache"),), readers=(KUBEADM,)),
        RESOLVED + IS_STUB + BY_DHCP,
    ),
    "after Kubespray, in resolved.conf": Case(
        ubuntu(used=(used("169.254.25.10", GLOBAL, "static"), used(LEASED)),
               search=("default.svc.cluster.local", "svc.cluster.local", "lab.example")),
        RESOLVED + IS_STUB + BY_DHCP + ", but 169.254.25.10 is link-local",
    ),
    "after Kubespray, in resolv.conf": Case(
        debian(conf=foreign("169.254.25.10", LEASED, owner="kubespray")),
        absent("absent") + f"servers {LEASED}: in use, but 169.254.25.10 is link-local",
    ),
    "with CoreDNS's own address": Case(
        ubuntu(used=(used("10.96.0.10", GLOBAL, "static"),),
               networks=(network("10.96.0.0/12", "service network"),)),
        RESOLVED + IS_STUB + "servers none: nothing is in use, but 10.96.0.10 lies in the service"
        " network",
    ),
    "being its own nameserver": Case(
        ubuntu(used=(used("10.0.0.5"), used(LEASED)), own=(ip_address("10.0.0.5"),)),
        RESOLVED + IS_STUB + BY_DHCP + ", but 10.0.0.5 is this host itself",
    ),
    "with four servers by DHCP and RA": Case(
        ubuntu(used=(used(LEASED), used("10.0.0.3"), used("fd77::1", source="ra"),
                     used("fd77::2", source="ra"), used(LEASED))),
        RESOLVED + IS_STUB + f"servers {LEASED} 10.0.0.3 fd77::1: in use (dhcp on ens33,"
        " ra on ens33), but fd77::2 is one too many",
    ),
    "with Tailscale through resolved": Case(
        with_rival("tailscaled", "/run/tailscale",
                   used=(used("100.100.100.100", "tailscale0", "runtime"), used(LEASED))),
        RESOLVED + IS_STUB + BY_DHCP + ", but 100.100.100.100 is tailscale0's",
    ),
    "with Tailscale through resolved, direct": Case(
        with_rival("tailscaled", "/run/tailscale"),
        DIRECT + BY_DHCP + "; refused: tailscaled (/run/tailscale) writes /etc/resolv.conf where"
        " resolved is not in use",
        asking("direct"),
    ),
    "with Tailscale's resolv.conf": Case(
        debian(conf=foreign("100.100.100.100", owner="tailscale")),
        absent("absent") + "servers 10.9.9.9: as asked; refused: tailscale keeps /etc/resolv.conf,"
        " and writes it again when it is changed",
        asking(None, "10.9.9.9"),
    ),
    "with wg-quick": Case(
        with_rival("wg-quick", "/etc/wireguard/wg0.conf",
                   used=(used("10.8.0.1", "wg0", "runtime"), used(LEASED))),
        RESOLVED + IS_STUB + BY_DHCP + ", but 10.8.0.1 is wg0's",
    ),
    "with wg-quick, direct": Case(
        with_rival("wg-quick", "/etc/wireguard/wg0.conf"),
        DIRECT + BY_DHCP + "; refused: wg-quick (/etc/wireguard/wg0.conf) sets DNS= by"
        " resolvconf(8), which is resolved's and fails without it",
        asking("direct"),
    ),
    "with NetworkManager": Case(
        ubuntu(networkmanager=NetworkManager(("ens34",))), RESOLVED + IS_STUB + BY_DHCP
    ),
    "with NetworkManager, direct": Case(
        ubuntu(networkmanager=NetworkManager(("ens34",))), DIRECT + BY_DHCP, asking("direct")
    ),
    "with NetworkManager told otherwise": Case(
        ubuntu(networkmanager=read_manager((MANAGER,))),
        RESOLVED + IS_STUB + BY_DHCP + "; refused: NetworkManager is told dns=default at"
        f" {MANAGER.path}:2:1",
    ),
    "with NetworkManager and no resolved": Case(
        debian(conf=foreign(LEASED, owner="NetworkManager",
                            target="/run/NetworkManager/resolv.conf"),
               networkmanager=NetworkManager()),
        absent("absent") + f"servers {LEASED}: in use",
    ),
    "Debian without resolved": Case(
        debian(conf=foreign(LEASED, search="lab.example")),
        absent("absent") + f"servers {LEASED}: in use",
    ),
    "Debian without resolved, asked for it": Case(
        debian(), "mode resolved: as asked; " + IS_STUB + f"servers {LEASED}: in use; refused:"
        " systemd-resolved is absent",
        asking("resolved"),
    ),
    "with resolved masked": Case(
        debian(resolved="masked"), absent("masked") + f"servers {LEASED}: in use"
    ),
    "with resolved disabled": Case(
        debian(resolved="disabled"), absent("disabled") + f"servers {LEASED}: in use"
    ),
    "with resolved disabled, asked for it": Case(
        debian(resolved="disabled"), ASKED + IS_STUB + f"servers {LEASED}: in use",
        asking("resolved"),
    ),
    "with resolved running, but past it": Case(
        ubuntu(conf=foreign("10.1.1.1"), nss_resolve=False),
        RESOLVED + IS_STUB + "servers 10.1.1.1: in use",
    ),
    "with nss-resolve before a resolv.conf of its own": Case(
        ubuntu(conf=foreign("10.1.1.1"),
               hosts=(Source("files"), Source("resolve", "[!UNAVAIL=return]"), Source("dns"))),
        RESOLVED + IS_STUB + BY_DHCP,
    ),
    "with ifupdown and dhclient": Case(
        with_rival("dhclient", "/run/dhclient.eth0.pid", DEBIAN),
        absent("absent") + f"servers {LEASED}: in use; refused: dhclient (/run/dhclient.eth0.pid)"
        " rewrites /etc/resolv.conf at each renewal of its lease",
    ),
    "with ifupdown and static addresses": Case(
        DEBIAN, absent("absent") + f"servers {LEASED}: in use"
    ),
    "with Debian's resolvconf": Case(
        with_rival("resolvconf", "/sbin/resolvconf", DEBIAN,
                   conf=foreign(LEASED, owner="resolvconf", target="/run/resolvconf/resolv.conf")),
        absent("absent") + f"servers {LEASED}: in use",
    ),
    "with openresolv": Case(
        with_rival("openresolv", "/sbin/resolvconf"),
        RESOLVED + IS_STUB + BY_DHCP + "; refused: openresolv (/sbin/resolvconf) rewrites"
        " /etc/resolv.conf whenever a link changes",
    ),
    "with cloud-init": Case(
        with_rival("cloud-init", "/etc/cloud/cloud.cfg", used=(used(LEASED, source="static"),)),
        RESOLVED + IS_STUB + f"servers {LEASED}: in use (static on ens33)",
    ),
    "with chattr +i": Case(
        debian(lock="immutable"),
        absent("absent") + f"servers {LEASED}: in use; refused: /etc/resolv.conf is immutable",
    ),
    "with chattr +i on what we wrote": Case(
        debian(lock="immutable", conf=foreign(LEASED, owner="hostnet")),
        absent("absent") + f"servers {LEASED}: in use",
    ),
    "with a file system that is read-only": Case(
        ubuntu(lock="read-only", conf=foreign(LEASED), nss_resolve=False),
        RESOLVED + IS_STUB + f"servers {LEASED}: in use; refused: /etc/resolv.conf lies on a file"
        " system that is read-only",
    ),
    "with a read-only file system and the right link": Case(
        ubuntu(lock="read-only"), RESOLVED + IS_STUB + BY_DHCP
    ),
    "a container of docker": Case(
        debian(conf=foreign(LEASED, owner="docker"), lock="mounted", container="docker"),
        absent("absent") + f"servers {LEASED}: in use; refused: docker made /etc/resolv.conf for"
        " this container",
    ),
    "a container of podman": Case(
        debian(lock="mounted", container="podman"),
        absent("absent") + f"servers {LEASED}: in use; refused: /etc/resolv.conf has a file mounted"
        " on it",
    ),
    "a container of LXD, which leaves the file alone": Case(
        ubuntu(container="lxc"), RESOLVED + IS_STUB + BY_DHCP
    ),
    "a container of Proxmox": Case(
        debian(conf=foreign(LEASED, owner="Proxmox"), container="lxc"),
        absent("absent") + f"servers {LEASED}: in use; refused: Proxmox writes /etc/resolv.conf "
        "from outside at each start of this container",
    ),
    "WSL": Case(
        debian(conf=foreign("172.20.0.1", owner="WSL", target="/mnt/wsl/resolv.conf"),
               container="wsl"),
        absent("absent") + "servers 172.20.0.1: in use; refused: WSL makes /etc/resolv.conf anew at"
        " each start",
    ),
    "WSL with systemd and its own file": Case(
        ubuntu(container="wsl"), RESOLVED + IS_STUB + BY_DHCP
    ),
    "with no resolv.conf at all": Case(
        ubuntu(conf=ResolvConf("missing", "nobody"), nss_resolve=False),
        RESOLVED + IS_STUB + "servers none: nothing is in use",
    ),
    "with DNS over TLS": Case(
        UBUNTU, RESOLVED + IS_STUB + "servers 1.1.1.1#one.one.one.one: as asked",
        asking(None, "1.1.1.1#one.one.one.one"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_gets_its_pin(name: str) -> None:
    case = HOSTS[name]
    decision = choose(case.pin, case.facts)
    assert decision.trace == case.trace
    assert (decision.refused is not None) == ("refused" in case.trace)
    assert decision.refused is None or decision.refused.remedy.strip()
    assert "\n" not in decision.trace


def test_there_are_hosts_of_every_kind() -> None:
    assert len(HOSTS) >= 25
    traces = " ".join(case.trace for case in HOSTS.values())
    for word in ("stub", "uplink", "regular", "mode direct", "mode resolved"):
        assert word in traces


def test_a_taken_port_keeps_resolved_from_listening_and_nothing_else_does() -> None:
    def stub(name: str) -> bool:
        return choose(Pin(), HOSTS[name].facts).stub

    assert not stub("with named on every address")
    assert stub("with the stub turned off")
    assert stub("Ubuntu as it comes")


def test_domains_of_a_cluster_and_routing_domains_are_not_searched() -> None:
    facts = HOSTS["after Kubespray, in resolved.conf"].facts
    assert choose(Pin(), facts).search == ("lab.example",)
    assert choose(Pin(search=("a.example",)), facts).search == ("a.example",)
    assert choose(Pin(), ubuntu(search=("~.", "~corp.example", "b.example"))).search == (
        "b.example",
    )


def test_what_goes_with_resolved_is_told_and_kubelet_can_be_repointed() -> None:
    flags = Reader("microk8s", UPLINK, Position("/var/snap/microk8s/current/args/kubelet", 1, 1))
    facts = ubuntu(readers=(KUBEADM, flags, Reader("k3s", detects=True)))
    assert bereft(facts, "direct") == (KUBEADM, flags)
    assert bereft(facts, "resolved") == ()
    assert [can_repoint(reader) for reader in (KUBEADM, flags)] == [True, False]
    asked = Pin(mode="direct", repoint_kubelet=True)
    assert choose(asked, facts).repoint == (KUBEADM,)
    assert choose(Pin(mode="direct"), facts).repoint == ()


def test_a_decision_is_a_value() -> None:
    assert choose(Pin(), UBUNTU) == choose(Pin(), UBUNTU)
    assert hash(choose(Pin(), UBUNTU))
    assert isinstance(choose(Pin(strict=True), UBUNTU), Decision)
    lock: Lock = "mounted"
    state: Service = "masked"
    assert choose(Pin(), ubuntu(lock=lock)).refused is None
    assert choose(Pin(), ubuntu(resolved=state)).mode == "direct"
