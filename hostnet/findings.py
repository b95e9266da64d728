"""The one registry of findings: every HN id, what it means and what cures it.

long because it is one table, and readers look rules up in one place.

A rule's ``kind``: ``netplan`` (netplan itself rejects it), ``lint`` (accepted but
regretted), ``host`` (seen on this machine). An ``error`` refuses a change that would
cause it, unless ``--ignore`` names its id; a ``warning`` is only told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import Position

RuleKind = Literal["netplan", "lint", "host"]
Severity = Literal["error", "warning"]

_NETPLAN = "netplan(5)"
_HOST = "RFC 1122 section 3.2.1.3"


class Rule(Value):
    """One thing that hostnet checks.

    ``unparsable``: a text on the command line does not parse at all (exit 2, not 3).
    ``failure``: the known failure mode of Kubernetes hosts that it leads to.
    """

    id: str
    name: str
    kind: RuleKind
    severity: Severity
    summary: str
    remedy: str
    source: str
    failure: str | None = None
    unparsable: bool = False

    def __reduce__(self) -> tuple[object, tuple[str]]:
        # Another process has the same registry.
        return _registered, (self.id,)

    @property
    def ignorable(self) -> bool:
        """Whether ``--ignore`` may overrule it: nobody overrules netplan's own verdict."""
        return self.kind != "netplan" and not self.unparsable


class Related(Value):
    """Another place that a finding speaks of, such as where a name was defined first."""

    message: str
    position: Position


class Finding(Value):
    """A rule that was broken: where, and by which text.

    ``subject`` is the interface it speaks of. Below, ``line`` and ``column`` count
    from 1; a finding about the command line or the machine has no position.
    """

    rule: Rule
    message: str
    position: Position | None = None
    subject: str | None = None
    remedy: str = ""
    older: bool = False
    """It was there before and is not of this change's doing: told, but no refusal."""
    related: tuple[Related, ...] = ()
    excerpt: str = ""
    """The line of the file, with secrets masked, and a caret below the place."""

    @property
    def advice(self) -> str:
        """What to do: of this very case where it is known, else the rule's."""
        return self.remedy or self.rule.remedy

    @property
    def is_error(self) -> bool:
        """Whether it refuses a change."""
        return self.severity == "error"

    @property
    def severity(self) -> Severity:
        """The rule's, or a warning where the fault is older than the change."""
        return "warning" if self.older else self.rule.severity

    def __str__(self) -> str:
        where = f"{self.position}: " if self.position else ""
        return f"{where}{self.severity}: {self.rule.id} {self.rule.name}: {self.message}"


_REGISTRY: dict[str, Rule] = {}


def _registered(id_: str) -> Rule:
    return _REGISTRY[id_]


def rule_named(token: str) -> Rule | None:
    """The rule of this id (``HN012``, any case) or name (``gateway-off-link``)."""
    found = _REGISTRY.get(token.upper())
    return found or next((rule for rule in _REGISTRY.values() if rule.name == token), None)


def rules() -> tuple[Rule, ...]:
    """All rules, by id."""
    return tuple(_REGISTRY.values())


def without(findings: Iterable[Finding], ignored: Iterable[Rule]) -> tuple[Finding, ...]:
    """The findings that ``--ignore`` leaves over."""
    ids = {rule.id for rule in ignored}
    return tuple(finding for finding in findings if finding.rule.id not in ids)


def _rule(
    id_: str,
    name: str,
    kind: RuleKind,
    severity: Severity,
    summary: str,
    remedy: str,
    source: str,
    failure: str | None = None,
    *,
    unparsable: bool = False,
) -> Rule:
    if id_ in _REGISTRY:
        raise AssertionError(f"{id_} is registered twice")
    rule = Rule(id_, name, kind, severity, summary, remedy, source, failure, unparsable)
    _REGISTRY[id_] = rule
    return rule


# --- files of netplan ------------------------------------------------------------------

FILE_UNREADABLE = _rule(
    "HN001",
    "file-unreadable",
    "netplan",
    "error",
    "A file that netplan reads cannot be read: no permission, a directory, a dangling "
    "symlink, too large, or not text.",
    "Repair or remove the file; netplan refuses the whole configuration because of it.",
    _NETPLAN,
)
YAML_FAULT = _rule(
    "HN002",
    "yaml-fault",
    "netplan",
    "error",
    "A file is not the YAML that netplan reads.",
    "Correct the file at the place named.",
    "YAML 1.1",
)
YAML_TOO_LARGE = _rule(
    "HN003",
    "yaml-too-large",
    "lint",
    "error",
    "A file, or what its aliases expand to, is larger than any network configuration.",
    "Remove the aliases that repeat themselves, or the file.",
    "https://en.wikipedia.org/wiki/Billion_laughs_attack",
)
NETPLAN_REFUSED = _rule(
    "HN004",
    "netplan-refused",
    "netplan",
    "error",
    "netplan itself, run in a scratch root, refuses the configuration.",
    "Correct what netplan names; nothing was applied.",
    _NETPLAN,
)
DUPLICATE_KEY = _rule(
    "HN005",
    "duplicate-key",
    "lint",
    "warning",
    "A key stands twice in one mapping; netplan merges both without a word.",
    "Keep one of the two.",
    "YAML 1.1 section 3.2.1.3",
)
FILE_MODE = _rule(
    "HN006",
    "file-mode",
    "lint",
    "warning",
    "A netplan file can be read by others; netplan warns of it at every run.",
    "chmod 600 the file.",
    _NETPLAN,
)
GATEWAY_KEY = _rule(
    "HN007",
    "gateway-key",
    "lint",
    "warning",
    "gateway4 and gateway6 are deprecated.",
    "Write the gateway as `routes: [{to: default, via: GATEWAY}]`.",
    _NETPLAN,
)
NOT_A_MAPPING = _rule(
    "HN008",
    "not-a-mapping",
    "netplan",
    "error",
    "A value has another shape than netplan expects there.",
    "Check the indentation at the place named.",
    _NETPLAN,
)

# --- addresses -------------------------------------------------------------------------

ADDRESS_MALFORMED = _rule(
    "HN010",
    "address-malformed",
    "netplan",
    "error",
    "An address is not of the form ADDRESS/PREFIX.",
    "Write it as 192.168.141.134/24 or 2001:db8::5/64.",
    _NETPLAN,
    unparsable=True,
)
PREFIX_MISSING = _rule(
    "HN011",
    "prefix-missing",
    "netplan",
    "error",
    "An address has no prefix length.",
    "Append the prefix length of the network, for example /24.",
    _NETPLAN,
    unparsable=True,
)
GATEWAY_OFF_LINK = _rule(
    "HN012",
    "gateway-off-link",
    "lint",
    "error",
    "A gateway lies outside every network of its link.",
    "Name a gateway inside the subnet, or say --on-link if it really is reached directly.",
    "ip-route(8), onlink",
)
HOST_IS_NETWORK = _rule(
    "HN013",
    "host-is-network",
    "lint",
    "error",
    "The host part of an address is all zeros: that is the network's own address.",
    "Give the host an address inside the network.",
    _HOST,
)
HOST_IS_BROADCAST = _rule(
    "HN014",
    "host-is-broadcast",
    "lint",
    "error",
    "The host part of an address is all ones: that is the network's broadcast address.",
    "Give the host an address inside the network.",
    _HOST,
)
ADDRESS_NOT_UNICAST = _rule(
    "HN015",
    "address-not-unicast",
    "lint",
    "error",
    "An address is a loopback, multicast, unspecified or reserved one.",
    "Give the host a unicast address.",
    "RFC 6890",
)
ADDRESS_DUPLICATE = _rule(
    "HN016",
    "address-duplicate",
    "lint",
    "error",
    "The same address stands twice, on one link or on two.",
    "Keep it in one place.",
    _NETPLAN,
    "F31",
)
GATEWAY_IS_OWN = _rule(
    "HN017",
    "gateway-is-own",
    "lint",
    "error",
    "The gateway is the host's own address.",
    "Name the router's address.",
    "ip-route(8)",
)
GATEWAY_MALFORMED = _rule(
    "HN018",
    "gateway-malformed",
    "netplan",
    "error",
    "A gateway is not an IP address.",
    "Write the address alone, without a prefix length, or none.",
    _NETPLAN,
    unparsable=True,
)
GATEWAY_MISSING = _rule(
    "HN019",
    "gateway-missing",
    "host",
    "error",
    "No gateway was given, and there is none to inherit for this address.",
    "Name it with --gateway IP, or say --gateway none.",
    "hostnet(1)",
    "F36",
)
DEFAULT_ROUTE_CONFLICT = _rule(
    "HN020",
    "default-route-conflict",
    "lint",
    "error",
    "Two default routes of one family share table and metric.",
    "Drop one (--gateway none), or give them different metrics (--metric N).",
    _NETPLAN,
    "F31",
)

# --- names, routes, numbers ------------------------------------------------------------

NAMESERVER_MALFORMED = _rule(
    "HN021",
    "nameserver-malformed",
    "netplan",
    "error",
    "A nameserver is not an IP address.",
    "Write the server's address, without port or name.",
    _NETPLAN,
    unparsable=True,
)
NAMESERVER_UNUSABLE = _rule(
    "HN022",
    "nameserver-unusable",
    "lint",
    "error",
    "A nameserver address can never answer: unspecified, multicast or loopback.",
    "Name the address of a real server.",
    "resolv.conf(5)",
    "F01",
)
NAMESERVER_TOO_MANY = _rule(
    "HN023",
    "nameserver-too-many",
    "lint",
    "error",
    "More than three nameservers: the C library, and kubelet, use three and drop the rest.",
    "Keep the best three.",
    "resolv.conf(5)",
    "F17",
)
SEARCH_MALFORMED = _rule(
    "HN024",
    "search-malformed",
    "lint",
    "error",
    "A search domain is not a domain name.",
    "Use letters, digits, hyphens and dots; labels of at most 63, 253 in all.",
    "RFC 1035 section 2.3.4",
    unparsable=True,
)
ROUTE_MALFORMED = _rule(
    "HN025",
    "route-malformed",
    "netplan",
    "error",
    "A route is not of the form DESTINATION/PREFIX,GATEWAY[,METRIC].",
    "Write it as 10.20.0.0/16,192.168.141.1 with an optional ,METRIC.",
    _NETPLAN,
    unparsable=True,
)
ROUTE_HOST_BITS = _rule(
    "HN026",
    "route-host-bits",
    "lint",
    "error",
    "The destination of a route has bits set beyond its prefix length.",
    "Name the network itself.",
    "ip-route(8)",
)
MTU_RANGE = _rule(
    "HN027",
    "mtu-range",
    "lint",
    "error",
    "An MTU that no link can have: 68 to 65535, and at least 1280 where IPv6 is used.",
    "Choose an MTU inside the range, 1500 on most networks.",
    "RFC 791, RFC 8200 section 5",
    "F22",
)
METRIC_RANGE = _rule(
    "HN028",
    "metric-range",
    "lint",
    "error",
    "A route metric outside 0 to 4294967295.",
    "Choose a metric inside the range.",
    "ip-route(8)",
)
GATEWAY_TWICE = _rule(
    "HN029",
    "gateway-twice",
    "lint",
    "error",
    "More than one gateway of a family, or for one destination and metric.",
    "Name one gateway for each.",
    "hostnet(1)",
)

# --- the interface and its owner -------------------------------------------------------

INTERFACE_UNKNOWN = _rule(
    "HN030",
    "interface-unknown",
    "host",
    "error",
    "No link of this name exists on the host.",
    "`ip link` shows the names.",
    "ip-link(8)",
    "F30",
)
INTERFACE_ENSLAVED = _rule(
    "HN031",
    "interface-enslaved",
    "host",
    "error",
    "The link is a member of a bond, bridge or VRF; addresses belong on its master.",
    "Name the master instead.",
    "ip-link(8)",
)
INTERFACE_KIND = _rule(
    "HN032",
    "interface-kind",
    "host",
    "error",
    "Links of this kind get no static address from hostnet.",
    "Name an Ethernet, bond, bridge or VLAN link.",
    "hostnet(1)",
    "F34",
)
INTERFACE_MALFORMED = _rule(
    "HN033",
    "interface-malformed",
    "lint",
    "error",
    "An interface name the kernel cannot have: 1 to 15 bytes, no slash, colon or space.",
    "`ip link` shows the names.",
    "linux/net/core/dev.c dev_valid_name()",
    unparsable=True,
)
OVERRIDDEN = _rule(
    "HN034",
    "overridden",
    "lint",
    "error",
    "A file that sorts after 90-hostnet.yaml sets keys of the same interface.",
    "Remove the interface from that file.",
    _NETPLAN,
    "F31",
)
MATCH_COVERS_OTHERS = _rule(
    "HN035",
    "match-covers-others",
    "lint",
    "error",
    "The interface is defined by a match that may cover other interfaces, and which those "
    "are cannot be seen here.",
    "Run hostnet on the booted host, or give each interface a definition of its own.",
    _NETPLAN,
    "F34",
)
OWNER_NOT_EDITABLE = _rule(
    "HN036",
    "owner-not-editable",
    "lint",
    "error",
    "The file that defines the interface cannot give it up without disturbing the rest.",
    "Move the interface out of that file by hand.",
    "YAML 1.1",
)
NETPLAN_TRY = _rule(
    "HN037",
    "netplan-try",
    "host",
    "error",
    "`netplan try` is waiting for its answer, or was killed and left its marker.",
    "Answer it; if none runs, remove the marker named (it goes at the next boot).",
    "https://github.com/canonical/netplan, netplan-try(8)",
)
NOTHING_TO_PIN = _rule(
    "HN039",
    "nothing-to-pin",
    "host",
    "error",
    "No address was given and the link has none to pin.",
    "Name the address: hostnet static INTERFACE ADDRESS/PREFIX.",
    "hostnet(1)",
)
LEASED_ADDRESS = _rule(
    "HN040",
    "leased-address",
    "host",
    "warning",
    "A pinned address came from a DHCP server, which may give it to another host.",
    "Reserve the address there, or choose one outside its pool.",
    "RFC 2131 section 3.7",
    "F04",
)
RESOLVED_AWAY = _rule(
    "HN041",
    "resolved-away",
    "host",
    "warning",
    "systemd-resolved does not run, so the nameservers of netplan reach nobody.",
    "Write them to /etc/resolv.conf, or start systemd-resolved.",
    "https://github.com/kubernetes/kubeadm/issues/3034",
    "F09",
)
UNPROVEN = _rule(
    "HN042",
    "unproven",
    "host",
    "warning",
    "netplan is not installed here, so its verdict on the configuration is not known.",
    "Install netplan.io where the image is made, or try the image before using it.",
    "hostnet(1)",
)
DEFINED_TWICE = _rule(
    "HN043",
    "defined-twice",
    "lint",
    "error",
    "Two definitions match one interface; which of them wins depends on their names.",
    "Keep one of them.",
    _NETPLAN,
    "F31",
)
NEXT_BOOT = _rule(
    "HN044",
    "next-boot",
    "host",
    "error",
    "At the next boot the definition would not match the link it configures now.",
    "Give its match what the link really has (ip -d link), or its plain name.",
    "netplan(5), match",
    "F30",
)
DROP_IN = _rule(
    "HN045",
    "drop-in",
    "host",
    "error",
    "A drop-in of networkd changes the addressing that netplan renders for the interface.",
    "Remove the drop-in, or write what it adds into netplan.",
    "systemd.network(5), drop-ins",
    "F31",
)
NO_BOOT_RECOVERY = _rule(
    "HN046",
    "boot-recovery-missing",
    "host",
    "warning",
    "hostnet-recover.service is not installed: a change that a power cut leaves open is not "
    "settled at boot, but by the next `hostnet recover` or `hostnet static`.",
    "Install hostnet from its Debian package, which `make deb` builds; pip brings no units.",
    "hostnet(1)",
)
CHANGE_OPEN = _rule(
    "HN047",
    "change-open",
    "host",
    "warning",
    "A change of this host was cut short or ended badly, and is neither undone nor complete.",
    "`sudo hostnet recover` settles it, or says what is in the way.",
    "hostnet(1)",
)
CONFIRM_FROM_OLD_ADDRESS = _rule(
    "HN048",
    "confirm-from-old-address",
    "host",
    "error",
    "The change is confirmed over the very address that goes, which proves nothing of the new.",
    "Open a new connection to the new address, and confirm there.",
    "hostnet(1)",
)
ADDRESS_CONFLICT = _rule(
    "HN049",
    "address-conflict",
    "host",
    "error",
    "Another host on the link has the address, or is about to take it.",
    "Choose a free address, or take it from the host with this MAC.",
    "RFC 5227 section 2.1, RFC 4862 section 5.4",
    "F03",
)
PROBE_SILENT = _rule(
    "HN050",
    "silent-before",
    "host",
    "warning",
    "What is in use did not answer before the change, so it need not after it.",
    "See whether it is alive; --probe demands an answer all the same.",
    "hostnet(1)",
)
NEIGHBOURS_NOT_ASKED = _rule(
    "HN051",
    "neighbours-not-asked",
    "host",
    "warning",
    "Whether another host has the address could not be asked on the link.",
    "Bring the link up first: ip link set dev IFACE up.",
    "RFC 5227 section 2.1",
)

# --- pins of DNS -----------------------------------------------------------------------

DNS_IS_PINNED = _rule(
    "HN052",
    "dns-is-pinned",
    "host",
    "error",
    "DNS is pinned, and the nameservers of a link alone would be taken back.",
    "Add --pin-dns to pin these instead, or run hostnet dns unpin first.",
    "hostnet(1)",
    "F28",
)
CHANGED_SINCE = _rule(
    "HN056",
    "changed-since",
    "host",
    "warning",
    "A file that the pin had changed was changed again by someone else, and is left alone.",
    "Compare it with what /var/lib/hostnet/pinned.json keeps of it, and put it right by hand.",
    "hostnet(1)",
    "F40",
)
NAMESERVER_UNREACHABLE = _rule(
    "HN057",
    "nameserver-unreachable",
    "host",
    "error",
    "A nameserver to pin does not answer.",
    "See whether it is alive and lets this host ask; pin it all the same with --no-probe "
    "nameserver:ADDRESS.",
    "hostnet(1)",
)
NOT_PINNABLE = _rule(
    "HN058",
    "not-pinnable",
    "host",
    "error",
    "This host does not let its DNS be pinned so: another program would undo it.",
    "Stop that program from writing, or pin in the other mode.",
    "hostnet(1)",
    "F40",
)

PIN_FOUGHT_OVER = _rule(
    "HN059",
    "pin-fought-over",
    "host",
    "error",
    "A program undid the pin of DNS again and again, and it is kept no longer.",
    "Stop the program that `hostnet dns log` names, then run `hostnet dns pin`.",
    "hostnet(1)",
    "F40",
)

# --- container networks ----------------------------------------------------------------

MATCH_COVERS_CONTAINERS = _rule(
    "HN060",
    "match-covers-containers",
    "host",
    "error",
    "A match of netplan would take links of containers, give them addresses and reconfigure them.",
    "Match the card by its name or MAC address alone.",
    "https://github.com/systemd/systemd/issues/14399",
    "F34",
)
NOT_OURS = _rule(
    "HN061",
    "not-ours",
    "host",
    "error",
    "A file of the name of one of hostnet's is there, and hostnet did not make it.",
    "Move it away, or leave it as it is with --ignore HN061.",
    "hostnet(1)",
)
UNPROTECTED = _rule(
    "HN062",
    "unprotected",
    "host",
    "warning",
    "A container network is on this host, and networkd may take its routes and rules away.",
    "sudo hostnet cni protect.",
    "https://github.com/cilium/cilium/issues/18706",
    "F02",
)
CONTAINERS_THERE = _rule(
    "HN063",
    "containers-there",
    "host",
    "error",
    "A container network is on this host, and without its protection networkd takes its routes "
    "and rules away when it starts.",
    "Remove the container network first, or accept the loss with --ignore HN063.",
    "https://github.com/cilium/cilium/issues/18706",
    "F02",
)
CONTAINER_LINK_MANAGED = _rule(
    "HN064",
    "container-link-managed",
    "host",
    "warning",
    "networkd configures a link of a container network.",
    "sudo hostnet cni protect, and match the host's own cards by name.",
    "https://github.com/systemd/systemd/issues/14399",
    "F34",
)
REVERSE_PATH = _rule(
    "HN065",
    "reverse-path",
    "host",
    "warning",
    "The reverse path filter drops packets of pods, or is one that the CNI refuses to run with.",
    "Set it in a file of /etc/sysctl.d that sorts after systemd's 50-default.conf, and run "
    "`sysctl --system`.",
    "https://github.com/cilium/cilium/issues/10645",
    "F19",
)
ANSWERS_ARP = _rule(
    "HN066",
    "answers-arp",
    "host",
    "warning",
    "kube-proxy is in IPVS mode, and this host answers ARP for every service's address.",
    "Set ipvs.strictARP: true in kube-proxy's configuration.",
    "https://github.com/metallb/metallb/issues/894",
    "F38",
)
DEFAULT_RULE_MISSING = _rule(
    "HN067",
    "default-rule-missing",
    "host",
    "warning",
    "A rule that every host begins with is missing, so its routes are not looked at.",
    "ip rule add pref 32766 lookup main; ip rule add pref 32767 lookup default.",
    "https://github.com/systemd/systemd/issues/41350",
    "F43",
)
RIVAL_ADDRESS = _rule(
    "HN068",
    "rival-address",
    "host",
    "warning",
    "Another program's address has the network and prefix length of the host's own: whenever "
    "networkd sets that again, the other becomes the source of what the host sends.",
    "Give the virtual address the prefix length 32.",
    "keepalived.conf(5), virtual_ipaddress",
    "F20",
)

# --- who resolves names ----------------------------------------------------------------

NAMESERVER_IS_OWN = _rule(
    "HN070",
    "nameserver-is-own",
    "host",
    "error",
    "A nameserver to pin is an address of this host: its lookups would end at itself.",
    "Name the server that it asks in its turn.",
    "resolv.conf(5)",
    "F01",
)
NAMESERVER_IN_CLUSTER = _rule(
    "HN071",
    "nameserver-in-cluster",
    "host",
    "error",
    "A nameserver to pin lies in a network of pods, services or containers: while the cluster "
    "is down the host has no names, and without names the cluster does not come up.",
    "Name a server outside of the cluster.",
    "https://github.com/kubernetes-sigs/kubespray/issues/9948",
    "F07",
)
NAMESERVER_LINK_LOCAL = _rule(
    "HN072",
    "nameserver-link-local",
    "lint",
    "error",
    "A nameserver is link-local: 169.254.0.0/16 is where node-local-dns and its like answer.",
    "Name a server of the network; --ignore this where a cloud gives such a one.",
    "RFC 3927, https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/",
    "F37",
)
NAMESERVER_TWICE = _rule(
    "HN073",
    "nameserver-twice",
    "lint",
    "error",
    "A nameserver is named twice: it is one of three places, and no second server.",
    "Name it once.",
    "resolv.conf(5)",
    "F17",
)
NAMESERVER_NOT_CARRIED = _rule(
    "HN074",
    "nameserver-not-carried",
    "lint",
    "error",
    "resolv.conf can say neither the port of a nameserver nor the name in its certificate.",
    "Name the address alone, or let systemd-resolved ask: mode resolved, with its stub.",
    "resolv.conf(5)",
)
NAMESERVER_MISSING = _rule(
    "HN075",
    "nameserver-missing",
    "host",
    "error",
    "No nameserver was named, and none is in use that could be pinned.",
    "Name it: hostnet dns pin SERVER.",
    "hostnet(1)",
)
SEARCH_TOO_LONG = _rule(
    "HN076",
    "search-too-long",
    "lint",
    "error",
    "More search domains than everybody reads: six of 256 characters in all; some C libraries "
    "and kubelets drop the rest.",
    "Keep those that are typed.",
    "resolv.conf(5), https://github.com/kubernetes/enhancements KEP-2595",
    "F17",
)
READER_NEEDS_RESOLVED = _rule(
    "HN077",
    "reader-needs-resolved",
    "host",
    "error",
    "A program hands a file of systemd-resolved to its pods, and mode direct takes it away.",
    "Give the program /etc/resolv.conf instead.",
    "https://github.com/kubernetes/kubeadm/issues/3034",
    "F09",
)
LATER_DROP_IN = _rule(
    "HN078",
    "later-drop-in",
    "host",
    "warning",
    "A drop-in of resolved sorts after hostnet's, and can add servers to the pinned ones.",
    "Remove it, or give it a name before 99-hostnet.conf.",
    "resolved.conf(5)",
    "F28",
)
PODS_GET_LOOPBACK = _rule(
    "HN079",
    "pods-get-loopback",
    "host",
    "error",
    "Pods get a nameserver that is loopback: in a pod that is the pod, and CoreDNS asks itself.",
    "Run: hostnet dns pin, which gives pods real servers; then restart CoreDNS.",
    "https://github.com/coredns/coredns/issues/2087",
    "F01",
)
PODS_GET_TOO_MUCH = _rule(
    "HN080",
    "pods-get-too-much",
    "host",
    "warning",
    "Pods get more nameservers or search domains than they can use; kubelet drops the rest.",
    "Run: hostnet dns pin, with three servers at most.",
    "https://github.com/kubernetes/kubernetes/issues/9079",
    "F17",
)
PODS_GET_NOTHING = _rule(
    "HN081",
    "pods-get-nothing",
    "host",
    "error",
    "The resolv.conf that pods are to get is missing, or names no server.",
    "Run: hostnet dns pin; where kubelet is told a file of resolved, with --repoint-kubelet.",
    "https://github.com/kubernetes/kubeadm/issues/3034",
    "F09",
)
STUB_DEAD = _rule(
    "HN082",
    "stub-dead",
    "host",
    "error",
    "/etc/resolv.conf leads to 127.0.0.53, and nobody answers there.",
    "Run: hostnet dns pin, which makes it lead past the stub where that cannot listen.",
    "https://github.com/systemd/systemd/issues/14700",
    "F27",
)
RESOLV_CONF_MISSING = _rule(
    "HN083",
    "resolv-conf-missing",
    "host",
    "error",
    "/etc/resolv.conf is missing, or a symlink that leads nowhere.",
    "Run: hostnet dns pin.",
    "resolv.conf(5)",
    "F09",
)
NAMESERVER_SILENT = _rule(
    "HN084",
    "nameserver-silent",
    "host",
    "warning",
    "A nameserver in use does not answer; each lookup waits for it first, or now and then.",
    "See whether it is alive, or pin others: hostnet dns pin SERVER.",
    "resolv.conf(5)",
)
PIN_MIXED = _rule(
    "HN085",
    "pin-mixed",
    "host",
    "warning",
    "A link brings nameservers beside the pinned ones; resolved asks them, too.",
    "Run hostnet dns pin again; where a VPN or NetworkManager brings them, tell it not to.",
    "resolved.conf(5), DNS=",
    "F28",
)
HOST_UNREACHABLE = _rule(
    "HN086",
    "host-unreachable",
    "host",
    "error",
    "A host that images come from, or the proxy to it, cannot be looked up or connected to, or "
    "answers otherwise than a registry does: pods hang in ImagePullBackOff.",
    "Mend the step that failed: hostnet dns check --images tells which.",
    "https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff",
    "F10",
)
PROXY_UNREAD = _rule(
    "HN087",
    "proxy-unread",
    "host",
    "error",
    "A proxy is written down in a way that never reaches the container runtime: typographic "
    "quotes, a line outside of [Service], a word without a name, /etc/environment.",
    'Write [Service] and Environment="HTTPS_PROXY=http://HOST:PORT" into a drop-in of the '
    "runtime's unit; then systemctl daemon-reload, and restart the runtime.",
    "systemd.exec(5), Environment=",
    "F10",
)
NO_PROXY_GAP = _rule(
    "HN088",
    "no-proxy-gap",
    "host",
    "warning",
    "The runtime's proxy would be asked for what is near: this node, pods, services or a "
    "private registry, which it cannot reach.",
    "Add it to NO_PROXY in the drop-in; then systemctl daemon-reload, and restart the runtime.",
    "https://github.com/kubernetes/website/issues/33770",
    "F10",
)
POD_STALE = _rule(
    "HN089",
    "pod-stale",
    "host",
    "warning",
    "Pods that were started before still have the nameservers of then; no pod reads them anew.",
    "Restart CoreDNS and node-local-dns, and have other pods of dnsPolicy Default start anew.",
    "https://github.com/coredns/coredns/issues/6715",
    "F08",
)

# --- node descriptions -------------------------------------------------------------------

NODE_MALFORMED = _rule(
    "HN090",
    "node-malformed",
    "lint",
    "error",
    "The description of a node has a key or a value that it cannot have.",
    "Compare it with hostnet-node(5), or check it with schemas/node.schema.json.",
    "schemas/node.schema.json",
    unparsable=True,
)
NODE_UNKNOWN = _rule(
    "HN091",
    "node-unknown",
    "host",
    "error",
    "None of the nodes that are described is this machine.",
    "Select it by hostname, mac, machine-id or serial, or name the node: --node NAME.",
    "hostnet-node(5)",
    unparsable=True,
)
NODE_AMBIGUOUS = _rule(
    "HN092",
    "node-ambiguous",
    "host",
    "error",
    "Several of the nodes that are described are this machine.",
    "Let their select differ, or name the node: --node NAME.",
    "hostnet-node(5)",
    unparsable=True,
)
NODE_TWICE = _rule(
    "HN093",
    "node-twice",
    "lint",
    "error",
    "Two nodes have the same name, address, machine-id or MAC address.",
    "Give each its own; two hosts of one address take it from each other.",
    "RFC 5227 section 1",
    "F04",
)
NODE_UNTRUSTED = _rule(
    "HN094",
    "node-untrusted",
    "host",
    "error",
    "The description of a node can be changed by others than root.",
    "Run: chown root:root FILE and chmod go-w FILE, also for the folders above it.",
    "path_resolution(7)",
)
NODE_NOT_TRIED = _rule(
    "HN095",
    "node-not-tried",
    "host",
    "error",
    "Bonds, bridges and vlans of a node are written for the next boot, not tried where they run.",
    "Run it with --root /., then reboot with a console at hand.",
    "hostnet-node(5)",
)

# --- the language of netplan --------------------------------------------------------------

KEY_UNKNOWN = _rule(
    "HN100",
    "key-unknown",
    "netplan",
    "error",
    "A key that netplan does not know there.",
    "Correct the spelling, or the indentation if it belongs elsewhere.",
    _NETPLAN,
)
VALUE_UNKNOWN = _rule(
    "HN101",
    "value-unknown",
    "netplan",
    "error",
    "A value is not one of those that netplan knows there.",
    "Write one of the values named.",
    _NETPLAN,
)
BOOLEAN_MALFORMED = _rule(
    "HN102",
    "boolean-malformed",
    "netplan",
    "error",
    "A value is no boolean.",
    "Write true or false.",
    _NETPLAN,
)
NUMBER_MALFORMED = _rule(
    "HN103",
    "number-malformed",
    "netplan",
    "error",
    "A value is no whole number, or lies outside its range.",
    "Write a number inside the range named.",
    _NETPLAN,
)
NAME_MALFORMED = _rule(
    "HN104",
    "name-malformed",
    "netplan",
    "error",
    "A name of an interface, or an ID, has characters that cannot be in one.",
    "Use letters, digits and punctuation; patterns belong into `match: {name: ...}`.",
    _NETPLAN,
)
MAC_MALFORMED = _rule(
    "HN105",
    "mac-malformed",
    "netplan",
    "error",
    "A MAC address is not of the form XX:XX:XX:XX:XX:XX.",
    "Write six octets with colons, or twenty for InfiniBand.",
    _NETPLAN,
)
NOT_IN_RELEASE = _rule(
    "HN106",
    "not-in-release",
    "netplan",
    "error",
    "A key or a value that only a later release of netplan knows.",
    "Leave it out on hosts with this release, or upgrade netplan.",
    _NETPLAN,
)
VERSION_UNSUPPORTED = _rule(
    "HN107",
    "version-unsupported",
    "netplan",
    "error",
    "The version of the language is not 2.",
    "Write `version: 2`.",
    _NETPLAN,
)
DRIVER_MALFORMED = _rule(
    "HN108",
    "driver-malformed",
    "netplan",
    "error",
    "The driver of a match holds a space, or is an empty list.",
    "Write one driver or pattern, or a list of them.",
    _NETPLAN,
)
REFERENCE_UNDEFINED = _rule(
    "HN110",
    "reference-undefined",
    "netplan",
    "error",
    "A name refers to an interface that neither this file nor an earlier one defines.",
    "Define the interface in this file or in one that is read before it, or correct the name.",
    _NETPLAN,
)
TYPE_CHANGED = _rule(
    "HN111",
    "type-changed",
    "netplan",
    "error",
    "An ID is used again for an interface of another type.",
    "Use another ID, or the section in which the ID stands already.",
    _NETPLAN,
)
MEMBER_TWICE = _rule(
    "HN112",
    "member-twice",
    "netplan",
    "error",
    "An interface is a member of two bonds, bridges or VRFs.",
    "Take it out of one of them.",
    _NETPLAN,
)
PRIMARY_TWICE = _rule(
    "HN113",
    "primary-twice",
    "netplan",
    "error",
    "A bond has two primary members, or one interface is the primary of two bonds.",
    "Keep one.",
    _NETPLAN,
)
PORT_SET_TWICE = _rule(
    "HN114",
    "port-set-twice",
    "netplan",
    "error",
    "The path cost or the priority of a bridge's port is set a second time. netplan also says so "
    "where it reads a file again, because a name stands above its definition there.",
    "Set it once, and define interfaces above the bridges and bonds that name them.",
    _NETPLAN,
)
MATCH_MISSING = _rule(
    "HN115",
    "match-missing",
    "netplan",
    "error",
    "set-name without match.",
    "Say by `match: {macaddress: ...}` which link shall get the name.",
    _NETPLAN,
)
TOKEN_AND_GENERATION = _rule(
    "HN116",
    "token-and-generation",
    "netplan",
    "error",
    "ipv6-address-token and ipv6-address-generation exclude each other.",
    "Keep one of them.",
    _NETPLAN,
)
VLAN_INCOMPLETE = _rule(
    "HN120",
    "vlan-incomplete",
    "netplan",
    "error",
    "A VLAN without link or id, or with an id beyond 4094.",
    "Give it `link: ID` and `id: 0` to 4094.",
    _NETPLAN,
)
VRF_TABLE_MISSING = _rule(
    "HN121",
    "vrf-table-missing",
    "netplan",
    "error",
    "A VRF without a routing table.",
    "Give it `table: NUMBER`.",
    _NETPLAN,
)
VRF_TABLE_MISMATCH = _rule(
    "HN122",
    "vrf-table-mismatch",
    "netplan",
    "error",
    "A route or rule of a VRF names another table than the VRF's own.",
    "Leave the table out, or name the VRF's.",
    _NETPLAN,
)
VETH_PEER = _rule(
    "HN123",
    "veth-peer",
    "netplan",
    "error",
    "A virtual Ethernet link whose peer is missing, is itself, is none, or belongs to another one.",
    "Let two virtual-ethernets name each other.",
    _NETPLAN,
)
TUNNEL_INCOMPLETE = _rule(
    "HN124",
    "tunnel-incomplete",
    "netplan",
    "error",
    "A tunnel without its mode, its remote or (0.106) its local address, or with a ttl beyond 255.",
    "Add what is named.",
    _NETPLAN,
)
TUNNEL_FAMILY = _rule(
    "HN125",
    "tunnel-family",
    "netplan",
    "error",
    "An address of a tunnel is of the wrong family for its mode.",
    "Write addresses of the family that the mode is for.",
    _NETPLAN,
)
TUNNEL_KEY = _rule(
    "HN126",
    "tunnel-key",
    "netplan",
    "error",
    "A key of a tunnel is neither a number nor four octets, or the mode has no keys.",
    "Write a number below 4294967296, or leave the key out.",
    _NETPLAN,
)
VXLAN_MALFORMED = _rule(
    "HN127",
    "vxlan-malformed",
    "netplan",
    "error",
    "A VXLAN without id, with one beyond 16777215, a flow-label beyond 1048575 or a port-range "
    "that is no pair.",
    "Correct the value.",
    _NETPLAN,
)
WIREGUARD_KEY = _rule(
    "HN128",
    "wireguard-key",
    "netplan",
    "error",
    "A key of WireGuard that is missing or is neither 44 characters of base64 nor a path where "
    "one may stand.",
    "Write the key as `wg genkey` or `wg pubkey` prints it.",
    _NETPLAN,
)
WIREGUARD_PEER = _rule(
    "HN129",
    "wireguard-peer",
    "netplan",
    "error",
    "A WireGuard tunnel without a peer, or a peer without what it needs.",
    "Give each peer keys.public and allowed-ips, and a keepalive of at most 65535.",
    _NETPLAN,
)
ENDPOINT_MALFORMED = _rule(
    "HN130",
    "endpoint-malformed",
    "netplan",
    "error",
    "An endpoint is not of the form HOST:PORT.",
    "Write it as 192.0.2.1:51820, [2001:db8::1]:51820 or vpn.example.org:51820.",
    _NETPLAN,
)
ROUTE_INCOMPLETE = _rule(
    "HN131",
    "route-incomplete",
    "netplan",
    "error",
    "A route without destination, or a global one without gateway.",
    "Add `to:` and `via:`; a route without gateway needs `scope: link`.",
    _NETPLAN,
)
ROUTE_FAMILY = _rule(
    "HN132",
    "route-family",
    "netplan",
    "error",
    "One route or rule mixes IPv4 and IPv6.",
    "Write all its addresses in one family.",
    _NETPLAN,
)
POLICY_INCOMPLETE = _rule(
    "HN133",
    "policy-incomplete",
    "netplan",
    "error",
    "A rule of a routing-policy has neither from nor to.",
    "Say whose packets it is for.",
    _NETPLAN,
)
POLICY_PRIORITY = _rule(
    "HN134",
    "policy-priority",
    "netplan",
    "error",
    "A rule of a routing-policy for NetworkManager has no priority.",
    "Give each rule a `priority:` of its own.",
    _NETPLAN,
)
ACCESS_POINTS_MISSING = _rule(
    "HN140",
    "access-points-missing",
    "netplan",
    "error",
    "A wireless link without access points.",
    "Name at least one network under `access-points:`.",
    _NETPLAN,
)
SSID_TWICE = _rule(
    "HN141",
    "ssid-twice",
    "netplan",
    "error",
    "A wireless network stands twice.",
    "Keep one of the two.",
    _NETPLAN,
)
WIFI_CHANNEL = _rule(
    "HN142",
    "wifi-channel",
    "netplan",
    "error",
    "A channel that the band does not have.",
    "Choose a channel of the band, or leave it out.",
    _NETPLAN,
)
PASSPHRASE_LENGTH = _rule(
    "HN143",
    "passphrase-length",
    "netplan",
    "error",
    "A passphrase that has neither 8 to 63 characters nor 64 hexadecimal digits.",
    "Correct the passphrase.",
    _NETPLAN,
)
WAKE_FLAGS = _rule(
    "HN144",
    "wake-flags",
    "netplan",
    "error",
    "wakeonwlan: default stands beside others, or networkd is given tcp.",
    "Keep default alone, or leave it out.",
    _NETPLAN,
)
BACKEND_LACKS = _rule(
    "HN150",
    "backend-lacks",
    "netplan",
    "error",
    "The renderer cannot do what is asked of it.",
    "Leave it out, or choose the other renderer.",
    _NETPLAN,
)
OVERRIDES_DIFFER = _rule(
    "HN151",
    "overrides-differ",
    "netplan",
    "error",
    "dhcp4-overrides and dhcp6-overrides differ, which networkd cannot do.",
    "Say the same in both.",
    _NETPLAN,
)
STRAY_SETTINGS = _rule(
    "HN152",
    "stray-settings",
    "netplan",
    "error",
    "Settings for NetworkManager stand where it is not the renderer.",
    "Write `renderer: NetworkManager` above them, or leave them out.",
    _NETPLAN,
)
CONNECTION_TYPE = _rule(
    "HN153",
    "connection-type",
    "netplan",
    "error",
    "An nm-device without the connection.type that is passed through.",
    "Add `connection.type` to its passthrough.",
    _NETPLAN,
)
NOT_A_PF = _rule(
    "HN154",
    "not-a-pf",
    "netplan",
    "error",
    "SR-IOV settings on what is no physical function.",
    "Give it virtual-function-count, or let a virtual function link to it.",
    _NETPLAN,
)
CONTROLLER_MALFORMED = _rule(
    "HN160",
    "controller-malformed",
    "netplan",
    "error",
    "A controller of Open vSwitch is not of a form it knows.",
    "Write tcp:ADDRESS:PORT, ssl:..., ptcp:PORT:ADDRESS, pssl:..., unix:FILE or punix:FILE.",
    _NETPLAN,
)
OPENVSWITCH_LACKS = _rule(
    "HN161",
    "openvswitch-lacks",
    "netplan",
    "error",
    "Open vSwitch cannot do what is asked of it.",
    "Follow what the message says, or leave Open vSwitch out.",
    _NETPLAN,
)
PATCH_PORT = _rule(
    "HN162",
    "patch-port",
    "netplan",
    "error",
    "Patch ports of Open vSwitch that are no pair of two names, are in two pairs, or in no bridge.",
    "Name each port once, and make it a member of a bridge or bond.",
    _NETPLAN,
)
SSL_MISSING = _rule(
    "HN163",
    "ssl-missing",
    "netplan",
    "error",
    "A controller is reached by SSL, and openvswitch.ssl is not complete.",
    "Add ca-cert, certificate and private-key under `openvswitch: {ssl: ...}`.",
    _NETPLAN,
)
MAP_ENTRY_TWICE = _rule(
    "HN164",
    "map-entry-twice",
    "netplan",
    "error",
    "A name in external-ids or other-config stands twice, with two values.",
    "Keep one of the two.",
    _NETPLAN,
)
NETPLAN_CRASHES = _rule(
    "HN170",
    "netplan-crashes",
    "netplan",
    "error",
    "netplan itself crashes on this, instead of saying what is wrong.",
    "Correct the value; netplan would leave the host without any network file.",
    _NETPLAN,
)
SECOND_DOCUMENT = _rule(
    "HN171",
    "second-document",
    "lint",
    "warning",
    "A file holds a second YAML document, which netplan ignores.",
    "Remove the `---` between them, or move it to a file of its own.",
    _NETPLAN,
)
NAME_TOO_LONG = _rule(
    "HN172",
    "name-too-long",
    "lint",
    "warning",
    "The name that a link shall get has more than 15 characters, so that it gets none.",
    "Choose a shorter name.",
    "ip-link(8), IFNAMSIZ",
)
NAME_BEYOND_FILES = _rule(
    "HN173",
    "name-beyond-files",
    "netplan",
    "error",
    "An ID or the name of a wireless network is too long for the files that netplan names by it.",
    "Choose a shorter name.",
    _NETPLAN,
)
