"""The files that carry a pin, and nsswitch.conf."""

from __future__ import annotations

from hostnet.dns.chooser import Decision
from hostnet.dns.nsswitch import hosts
from hostnet.dns.ours import network_drop_in, resolv_conf, resolved_drop_in
from hostnet.dns.resolvconf import ResolvConf, read
from hostnet.dns.resolvedconf import OUR_DROP_IN, read as read_resolved
from hostnet.dns.server import Server, servers_of
from hostnet.model import SourceFile
from tests.unit.builders import Value, file

KUBESPRAY = "[Resolve]\nDNS=169.254.25.10\nDomains=default.svc.cluster.local\nFallbackDNS=8.8.8.8\n"
PLAIN = servers_of(["10.0.0.2", "fd77::2"])
TLS = servers_of(["1.1.1.1#one.one.one.one", "[2606:4700::1111]:853#one.one.one.one"])


def decided(servers: tuple[Server, ...], search: tuple[str, ...] = (), **more: Value) -> Decision:
    return Decision("resolved", "stub", servers, search, **more)


def pinned(text: str) -> SourceFile:
    return SourceFile(OUR_DROP_IN, text.encode(), target=OUR_DROP_IN)


def test_the_drop_in_is_signed_and_leaves_nothing_of_what_others_said() -> None:
    text = resolved_drop_in(decided(PLAIN, ("a.example",), strict=True)).decode()
    assert text.startswith("# Made by hostnet")
    conf = read_resolved((file("/etc/systemd/resolved.conf", KUBESPRAY), pinned(text)))
    assert [str(server) for server, _ in conf.servers] == ["10.0.0.2", "fd77::2"]
    assert [domain.value for domain in conf.domains] == ["a.example", "~."]
    assert conf.fallback == ()
    assert conf.others == ()


def test_what_the_links_have_stands_here_for_when_they_have_not() -> None:
    conf = read_resolved((pinned(resolved_drop_in(decided(PLAIN, ("a.example",))).decode()),))
    assert (conf.servers, conf.domains) == ((), ())
    assert [server for server, _ in conf.fallback_servers] == list(PLAIN)


def test_strict_takes_every_name_and_a_taken_port_turns_the_stub_off() -> None:
    conf = read_resolved(
        (pinned(resolved_drop_in(decided(PLAIN, strict=True, stub=False)).decode()),)
    )
    assert [domain.value for domain in conf.domains] == ["~."]
    assert conf.stub_listener == "no"


def test_names_of_certificates_are_used() -> None:
    for servers, word in ((TLS, "yes"), ((*TLS, *PLAIN), "opportunistic"), (PLAIN, None)):
        conf = read_resolved((pinned(resolved_drop_in(decided(servers)).decode()),))
        assert conf.other("DNSOverTLS") == word
        told = conf.servers or conf.fallback_servers
        assert tuple(server for server, _ in told) == servers


def test_resolv_conf_keeps_the_options_that_were_there_but_its_own() -> None:
    text = "nameserver 9.9.9.9\noptions ndots:2 timeout:5\noptions rotate\nsortlist 10.0.0.0/8\n"
    before = read(file("/etc/resolv.conf", text))
    after = resolv_conf(PLAIN, ["a.example"], before).decode()
    assert after.startswith("# Made by hostnet")
    assert after.splitlines()[2:] == [
        "nameserver 10.0.0.2",
        "nameserver fd77::2",
        "search a.example",
        "sortlist 10.0.0.0/8",
        "options timeout:1 attempts:2 ndots:2 rotate",
    ]
    again = read(file("/etc/resolv.conf", after))
    assert (again.owner, again.servers) == ("hostnet", PLAIN)
    assert resolv_conf(PLAIN, ["a.example"], again).decode() == after


def test_resolv_conf_has_three_servers_at_most_and_trusts_nobody_elsewhere() -> None:
    stub = ResolvConf("stub", "systemd-resolved", options=("edns0", "trust-ad"))
    four = servers_of(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"])
    lines = resolv_conf(four, [], stub).decode().splitlines()[2:]
    assert len([line for line in lines if line.startswith("nameserver")]) == 3
    assert lines[-1] == "options timeout:1 attempts:2 edns0"
    gone = ResolvConf("stub", "systemd-resolved")
    assert resolv_conf(four, [], gone).decode().splitlines()[2:] == lines


def test_what_routers_advertise_is_left_out_where_netplan_cannot_say_so() -> None:
    assert b"[IPv6AcceptRA]\nUseDNS=no\n" in network_drop_in()


def test_nsswitch_is_read_with_its_actions() -> None:
    text = """
        # hosts: dns
        passwd: files
        hosts:  files mymachines resolve [!UNAVAIL=return] dns # comment
        """
    found = hosts(file("/etc/nsswitch.conf", text))
    assert [str(source) for source in found] == [
        "files", "mymachines", "resolve [!UNAVAIL=return]", "dns",
    ]  # fmt: skip
    assert [source.name for source in hosts(SourceFile("/etc/nsswitch.conf"))] == ["files", "dns"]
