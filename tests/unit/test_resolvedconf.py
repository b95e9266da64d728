"""resolved.conf and its drop-ins: which files count, and what they add up to."""

from __future__ import annotations

from dataclasses import replace

from hostnet.dns.resolvedconf import OUR_DROP_IN, ResolvedConf, effective, later, read
from hostnet.model import SourceFile
from tests.unit.builders import file

ETC, RUN, USR = "/etc/systemd", "/run/systemd", "/usr/lib/systemd"


def said(conf: ResolvedConf) -> list[str]:
    return [f"{server} {origin.path}:{origin.line}" for server, origin in conf.servers]


def test_drop_ins_add_to_the_main_file_by_name_whatever_their_folder() -> None:
    files = (
        file(f"{RUN}/resolved.conf.d/50-b.conf", "[Resolve]\nDNS=2.2.2.2\n"),
        file(f"{ETC}/resolved.conf", "[Resolve]\n#DNS=9.9.9.9\nDNS=1.1.1.1 1.1.1.2\n"),
        file(f"{ETC}/resolved.conf.d/60-c.conf", "[Resolve]\nDNS=3.3.3.3\nDomains=a.example ~.\n"),
        file(f"{USR}/resolved.conf.d/40-a.conf", "[Resolve]\nDNS = 4.4.4.4:5353#dns.example\n"),
    )
    conf = read(files)
    assert said(conf) == [
        f"1.1.1.1 {ETC}/resolved.conf:3",
        f"1.1.1.2 {ETC}/resolved.conf:3",
        f"4.4.4.4:5353#dns.example {USR}/resolved.conf.d/40-a.conf:2",
        f"2.2.2.2 {RUN}/resolved.conf.d/50-b.conf:2",
        f"3.3.3.3 {ETC}/resolved.conf.d/60-c.conf:2",
    ]
    assert [domain.value for domain in conf.domains] == ["a.example", "~."]


def test_the_first_main_file_counts_alone() -> None:
    files = (
        file(f"{USR}/resolved.conf", "[Resolve]\nDNS=1.1.1.1\n"),
        file(f"{ETC}/resolved.conf", "[Resolve]\nCache=no\n"),
    )
    assert read(files).dns is None
    assert read(files[:1]).servers


def test_a_drop_in_of_one_name_is_hidden_by_that_in_etc_even_an_empty_one() -> None:
    run = file(f"{RUN}/resolved.conf.d/x.conf", "[Resolve]\nDNS=1.1.1.1\n")
    etc = SourceFile(f"{ETC}/resolved.conf.d/x.conf", problem="is a device, not a file")
    assert [each.path for each in effective((etc, run))] == [etc.path]
    assert read((etc, run)) == ResolvedConf()


def test_an_empty_assignment_empties_the_list_and_a_later_file_adds_again() -> None:
    main = file(f"{ETC}/resolved.conf", "[Resolve]\nDNS=169.254.25.10\nFallbackDNS=8.8.8.8\n")
    ours = file(OUR_DROP_IN, "[Resolve]\nDNS=\nFallbackDNS=\nDNS=10.0.0.2\n")
    conf = read((main, ours))
    assert said(conf) == [f"10.0.0.2 {OUR_DROP_IN}:4"]
    assert (conf.fallback, conf.fallback_servers) == ((), ())
    strange = file(f"{ETC}/resolved.conf.d/zz-vpn.conf", "[Resolve]\nDNS=6.6.6.6\n")
    assert len(read((main, ours, strange)).servers) == 2
    assert later((main, ours, strange)) == (strange,)
    assert later((main, ours, replace(strange, path=f"{RUN}/resolved.conf.d/10-x.conf"))) == ()


def test_the_syntax_is_systemds() -> None:
    text = """
        DNS=1.1.1.1
        [Resolve]
        ; DNS=2.2.2.2
        DNS=3.3.3.3 \\
        # a comment amid it
            4.4.4.4
        DNS=nonsense
        DNSStubListener=no
        DNSStubListener=udp
        [Other]
        DNS=5.5.5.5
        """
    conf = read((file(f"{ETC}/resolved.conf", text),))
    assert said(conf) == [f"3.3.3.3 {ETC}/resolved.conf:4", f"4.4.4.4 {ETC}/resolved.conf:4"]
    assert (conf.stub_listener, conf.other("DNSStubListener")) == ("udp", "udp")


def test_the_stub_listens_unless_told_otherwise() -> None:
    def listener(text: str) -> str:
        return read((file(f"{ETC}/resolved.conf", f"[Resolve]\n{text}\n"),)).stub_listener

    words = {"": "yes", "DNSStubListener=True": "yes", "DNSStubListener=0": "no"}
    assert {text: listener(text) for text in words} == words
    assert listener("DNSStubListener=tcp") == "tcp"
