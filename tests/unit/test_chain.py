"""The chain that a lookup takes: what is at its end, what pods get, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from hostnet.chain import Chain, Fate, chain, probes
from hostnet.dns.chooser import Decision
from hostnet.dns.facts import DnsFacts, Listener, Sourced
from hostnet.dns.linkservers import link_servers, runtime_domains
from hostnet.dns.message import address_of, query, reply_code
from hostnet.dns.networkmanager import read as read_manager
from hostnet.dns.nsswitch import Source
from hostnet.dns.ours import resolved_drop_in
from hostnet.dns.resolvconf import ResolvConf
from hostnet.dns.resolvedconf import OUR_DROP_IN, read as read_resolved
from hostnet.dns.server import Server, servers_of
from hostnet.kubernetes.resolvers import Reader
from hostnet.model import Position, SourceFile
from hostnet.probes import Answer
from tests.unit.builders import Value, advertised, file, lease, nic
from tests.unit.test_chooser import BARE_KUBELET, IN_STUB, KUBEADM, UBUNTU, foreign, ubuntu, used

LISTENING = (Listener(ip_address("127.0.0.53"), "systemd-resolve"),)
GOOD_HOST = replace(UBUNTU, listeners=LISTENING)
PIN = Decision("resolved", "stub", servers_of(["10.9.9.9"]))
OURS = SourceFile(OUR_DROP_IN, resolved_drop_in(PIN), target=OUR_DROP_IN)
PINNED = replace(GOOD_HOST, settings=read_resolved((OURS,)))
FOUR = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4")
K3S = Reader("k3s", detects=True)


def good(**fields: Value) -> DnsFacts:
    return replace(GOOD_HOST, **fields)


def asked(facts: DnsFacts, *silent: str) -> Chain:
    """The chain where all answer but the silent ones."""
    answers = [
        Answer(probe, ok=str(one.server) not in silent, detail="no reply", milliseconds=3)
        for one, probe in probes(facts)
    ]
    return chain(facts, answers)


Case = tuple[DnsFacts, tuple[str, ...]]
BAD: dict[str, tuple[Case, ...]] = {
    "HN079": ((good(readers=(BARE_KUBELET,)), ()),
              (good(readers=(KUBEADM,), uplink=foreign("127.0.0.53")), ()),
              (good(conf=foreign("::1"), readers=(BARE_KUBELET,)), ())),
    "HN080": ((good(readers=(KUBEADM,), uplink=foreign(*FOUR)), ()),
              (good(readers=(KUBEADM,), uplink=foreign("10.0.0.2", search="a b c d")), ())),
    "HN081": ((good(readers=(KUBEADM,), uplink=ResolvConf("missing", "nobody")), ()),
              (good(readers=(K3S,), uplink=foreign()), ()),
              (good(readers=(Reader("kubelet", "/gone"),)), ())),
    "HN082": ((UBUNTU, ()),),
    "HN083": ((good(conf=ResolvConf("missing", "nobody")), ()),),
    "HN084": ((GOOD_HOST, ("10.0.0.2",)),),
    "HN085": ((PINNED, ()),),
}  # fmt: skip
GOOD: dict[str, tuple[Case, ...]] = {
    "HN079": ((good(readers=(KUBEADM, K3S)), ()),),
    "HN080": ((good(readers=(KUBEADM,), uplink=foreign(*FOUR[:3], search="a b c")), ()),
              (good(readers=(Reader("docker", detects=True),),
                    uplink=foreign("10.0.0.2", search="a b c d")), ())),
    "HN081": ((good(readers=(KUBEADM,)), ()), (good(readers=(Reader("kubelet", ""),)), ()),
              (good(readers=(Reader("docker", servers=("10.0.0.2",)),),
                    uplink=ResolvConf("missing", "nobody")), ())),
    "HN082": ((GOOD_HOST, ()), (good(conf=foreign("10.0.0.2"), listeners=()), ())),
    "HN083": ((GOOD_HOST, ()),),
    "HN084": ((GOOD_HOST, ()),),
    "HN085": ((GOOD_HOST, ()), (replace(PINNED, used=(used("10.9.9.9"),)), ())),
}  # fmt: skip


def ids(case: Case) -> list[str]:
    facts, silent = case
    return [finding.rule.id for finding in asked(facts, *silent).findings]


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in BAD.items() for c in row])
def test_what_is_wrong_is_told(id_: str, case: Case) -> None:
    assert id_ in ids(case)


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in GOOD.items() for c in row])
def test_what_is_not_is_not(id_: str, case: Case) -> None:
    assert id_ not in ids(case)


def test_a_later_drop_in_counts_where_there_is_a_pin() -> None:
    assert "HN078" in ids((replace(PINNED, later=("/x.conf",)), ()))
    assert "HN078" not in ids((good(later=("/x.conf",)), ()))


def test_the_chain_of_an_ubuntu_host() -> None:
    found = asked(good(hosts=(Source("files"), Source("resolve", "[!UNAVAIL=return]"))))
    assert [(step.name, step.installed) for step in found.steps] == [
        ("files", True),
        ("resolve", True),
    ]
    assert found.through_resolved
    (server,) = found.servers
    assert (str(server.used.server), server.used.scope, server.milliseconds) == (
        "10.0.0.2", "ens33", 3,
    )  # fmt: skip
    assert (found.resolved, found.pinned, found.findings) == ("active", None, ())


def test_past_resolved_the_servers_are_those_of_resolv_conf() -> None:
    facts = good(conf=foreign("10.1.1.1"), nss_resolve=False)
    found = asked(facts, "10.1.1.1")
    assert not found.through_resolved
    (server,) = found.servers
    assert (str(server.used.server), server.milliseconds, server.detail) == (
        "10.1.1.1", None, "no reply",
    )  # fmt: skip
    step = asked(replace(facts, hosts=(Source("resolve"), Source("dns")))).steps[0]
    assert not step.installed


def test_how_a_server_is_asked() -> None:
    plain = good(used=(used("10.0.0.2:5353"), used("fe80::1%ens33"), used("10.0.0.2:5353")))
    assert [str(probe) for _, probe in probes(plain)] == [
        "nameserver:10.0.0.2:5353",
        "nameserver:fe80::1",
    ]
    assert probes(plain)[1][1].link == "ens33"
    text = "[Resolve]\nDNSOverTLS=yes\n"
    tls = good(settings=read_resolved((file("/etc/systemd/resolved.conf", text),)))
    assert [str(probe) for _, probe in probes(tls)] == ["tcp:10.0.0.2:853"]


def test_a_pin_is_known_by_the_files_that_carry_it() -> None:
    assert PINNED.pinned == "resolved"
    assert good(conf=foreign("10.9.9.9", owner="hostnet")).pinned == "direct"
    assert GOOD_HOST.pinned is None


FATES: dict[Fate, tuple[Reader, ResolvConf, str]] = {
    "good": (KUBEADM, foreign("10.0.0.2"), ""),
    "loopback": (KUBEADM, foreign("127.0.0.53"), "127.0.0.53 is the pod itself there"),
    "too-much": (KUBEADM, foreign(*FOUR), "4 nameservers, of which 3 are used"),
    "nothing": (K3S, foreign(), "names no server, so it takes 8.8.8.8"),
}


@pytest.mark.parametrize("fate", FATES)
def test_what_becomes_of_what_pods_get(fate: Fate) -> None:
    reader, uplink, why = FATES[fate]
    (handed,) = asked(ubuntu(readers=(reader,), uplink=uplink, conf=IN_STUB)).handed
    assert (handed.fate, handed.why) == (fate, why)
    assert handed.path == "/run/systemd/resolve/resolv.conf"


def test_what_is_listed_twice_is_not_too_much() -> None:
    for servers, fate in (("1 2 1 2", "good"), ("1 2 3 1 2 3", "good"), ("1 1 2 3", "too-much")):
        listed = tuple(Server(ip_address(f"10.0.0.{each}")) for each in servers.split())
        uplink = replace(foreign(), servers=listed)
        (handed,) = asked(ubuntu(readers=(KUBEADM,), uplink=uplink, conf=IN_STUB)).handed
        assert handed.fate == fate


def test_a_file_of_its_own_is_looked_into() -> None:
    facts = good(readers=(Reader("kubelet", "/own"),), handed=(("/own", foreign("10.3.3.3")),))
    (handed,) = asked(facts).handed
    assert (handed.fate, str(handed.conf.servers[0])) == ("good", "10.3.3.3")


# --- a link's servers ------------------------------------------------------------------

PLACE = Position("/etc/netplan/a.yaml", 7, 9)


def sources(link_names: str, *, stated: str = "", leased: str = "", runtime: str = "",
            dhcp6: bool = False, networkd: str = "",
            told: dict[str, Sourced] | None = None) -> list[str]:  # fmt: skip
    addresses = [lease("fd77::5/128")] if dhcp6 else [advertised("fd77::5/64")]
    link = nic("ens33", *addresses, nameservers=link_names.split())
    places = {ip_address(text): PLACE for text in stated.split()}
    text = f"ADDRESS=10.0.0.5\nDNS={leased}\n" if leased else ""
    state = f"DNS={networkd}\n" if networkd else ""
    known = {ip_address(server): source for server, source in (told or {}).items()}
    found = link_servers(link, places, text, runtime, state, known)
    assert all((one.origin == PLACE) == (one.source == "static") for one in found)
    return [f"{one.server} {one.source}" for one in found]


def test_each_server_of_a_link_is_told_with_who_named_it() -> None:
    assert sources("10.0.0.2 10.0.0.3 fd77::1", stated="10.0.0.2", leased="10.0.0.3 10.0.0.4") == [
        "10.0.0.2 static",
        "10.0.0.3 dhcp",
        "fd77::1 ra",
    ]
    assert sources("fd77::1", dhcp6=True) == ["fd77::1 dhcp"]
    assert sources("fe80::1") == ["fe80::1%ens33 ra"]
    assert sources("9.9.9.9") == ["9.9.9.9 runtime"]
    assert sources("9.9.9.9 fd99::1", leased="10.0.0.2") == ["9.9.9.9 runtime", "fd99::1 runtime"]
    assert sources("9.9.9.9 fd99::9", stated="10.0.0.2") == ["9.9.9.9 runtime", "fd99::9 runtime"]


def test_what_networkd_says_of_its_servers_counts() -> None:
    told: dict[str, Sourced] = {"10.0.0.2": "dhcp", "10.0.0.3": "static", "fd77::1": "runtime"}
    assert sources("10.0.0.2 10.0.0.3 fd77::1 fd77::2", stated="10.0.0.3", told=told) == [
        "10.0.0.2 dhcp",
        "10.0.0.3 static",
        "fd77::1 runtime",
        "fd77::2 ra",
    ]
    assert sources("10.0.0.2", stated="10.0.0.2", told={"10.0.0.2": "dhcp"}) == ["10.0.0.2 dhcp"]


def test_a_links_server_keeps_its_port_and_name() -> None:
    told = "10.0.0.2:5353#dns.example [fe80::1]:853"
    assert sources("10.0.0.2 fe80::1", stated="10.0.0.2", networkd=told) == [
        "10.0.0.2:5353#dns.example static",
        "[fe80::1]:853%ens33 ra",
    ]


def test_what_is_set_for_a_strangers_link_comes_from_resolveds_own_state() -> None:
    runtime = (
        "# This is private data. Do not parse.\nSERVERS=100.100.100.100\nDOMAINS=~. x.ts.net\n"
    )
    assert sources("", runtime=runtime) == ["100.100.100.100 runtime"]
    assert runtime_domains(runtime) == ("~.", "x.ts.net")
    assert runtime_domains("") == ()


# --- networkmanager, and the question ---------------------------------------------------


def test_networkmanager_is_read_in_its_order() -> None:
    main = file("/etc/NetworkManager/NetworkManager.conf", "[main]\nplugins=x\ndns=dnsmasq\n")
    vendor = file("/usr/lib/NetworkManager/conf.d/10-x.conf", "[main]\ndns=none\n[device]\ndns=y\n")
    ours = file("/etc/NetworkManager/conf.d/a.conf", "[main]\nrc-manager = unmanaged\n")
    found = read_manager((ours, vendor, main))
    assert (found.dns, found.rc_manager) == ("dnsmasq", "unmanaged")
    hidden = file("/etc/NetworkManager/conf.d/10-x.conf", "# nothing\n")
    assert read_manager((vendor, hidden)).dns == "default"
    assert read_manager(()).rc_manager == "auto"


def test_the_question_and_what_answers_it() -> None:
    question = query(0xABCD)
    assert len(question) == 17

    def reply(number: int = 0xABCD, flags: int = 0x8180, rest: bytes = question[12:]) -> bytes:
        return number.to_bytes(2, "big") + flags.to_bytes(2, "big") + question[4:12] + rest

    assert reply_code(reply(), 0xABCD) == "NOERROR"
    assert reply_code(reply(flags=0x8185), 0xABCD) == "REFUSED"
    assert reply_code(reply(flags=0x818F), 0xABCD) == "code 15"
    assert reply_code(reply(number=1), 0xABCD) is None
    assert reply_code(reply(rest=b"\3com\0\0\1\0\1"), 0xABCD) is None
    assert reply_code(question, 0xABCD) is None
    bare = b"\xab\xcd\x81\x81" + bytes(8)
    assert reply_code(bare, 0xABCD) == "FORMERR"
    with pytest.raises(ValueError, match="shorter"):
        reply_code(b"no DNS", 0xABCD)


def test_a_name_is_asked_for_label_by_label() -> None:
    asked = address_of("a.example.")
    assert asked == b"\1a\7example\0\0\1\0\1"
    reply = b"\xab\xcd\x81\x83\0\1\0\0\0\0\0\0" + asked
    assert reply_code(reply, 0xABCD, asked) == "NXDOMAIN"
    assert reply_code(reply, 0xABCD) is None
