"""Probes asked of real kernels and servers: what answers, what does not, and how long it takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from hostnet.host.asking import ask
from hostnet.probes import Answer, Probe, parse_probe
from tests import needs
from tests.integration.world import PEERS, PYTHON, WIRE, found_in

FOUR, SIX = ("10.0.0.1", "lan0"), ("fd77::1", "lan0")
ASK = """
import time
from hostnet.host.asking import ask
from hostnet.probes import Probe, parse_probe
probes = [
    Probe(parse_probe(name).target, source and ip(source), link) for name, source, link in {probes}
]
begin = time.monotonic()
answers = ask(probes, {within})
result = answers, time.monotonic() - begin
"""


def serving(program: str, *arguments: str, before: str = "ip netns exec peer ") -> str:
    """Start a server there, and wait until it says that it listens."""
    said = f"/run/{'-'.join(arguments[:2])}"
    started = f"{before}{PYTHON} -m tests.integration.{program} {' '.join(arguments)} >{said} &\n"
    return f"{started}until [ -s {said} ]; do sleep 0.02; done\n"


def nameserver(address: str, mode: str = "answer") -> str:
    return serving("nameserver", address, mode)


def webserver(address: str, port: int, status: str, *certificate: str) -> str:
    return serving("webserver", address, str(port), status, *certificate)


def asked_in(
    world: str, *probes: tuple[str, str | None, str | None], within: float = 5
) -> tuple[Answer, ...]:
    answers, seconds = found_in(world, ASK.format(probes=probes, within=within))
    assert seconds < within + 0.2
    assert [str(answer.probe) for answer in answers] == [name for name, _, _ in probes]
    for answer in answers:
        assert answer.detail.isprintable()
        assert 0 <= answer.milliseconds <= seconds * 1000 + 1
    return tuple(answers)


def details(answers: tuple[Answer, ...]) -> list[tuple[bool, str]]:
    return [(answer.ok, answer.detail) for answer in answers]


# --- gateways ------------------------------------------------------------------------------

NO_PING = "ip netns exec peer sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all; "
NO_PING += "echo 1 >/proc/sys/net/ipv6/icmp/echo_ignore_all'\n"


def test_a_gateway_answers() -> None:
    answers = asked_in(WIRE, ("gateway:10.0.0.2", *FOUR), ("gateway:fd77::2", *SIX))
    assert details(answers) == [
        (True, f"{PEERS} by ARP; it answers ping"),
        (True, f"{PEERS} by neighbour discovery; it answers ping"),
    ]


def test_a_gateway_need_not_answer_ping() -> None:
    answers = asked_in(WIRE + NO_PING, ("gateway:10.0.0.2", *FOUR), ("gateway:fd77::2", *SIX))
    assert details(answers) == [
        (True, f"{PEERS} by ARP; it does not answer ping"),
        (True, f"{PEERS} by neighbour discovery; it does not answer ping"),
    ]


def test_a_gateway_by_its_link_local_address() -> None:
    [answer] = asked_in(WIRE, ("gateway:fe80::ff:fe00:2", *SIX))
    assert answer.ok, answer.detail


def test_nobody_has_the_gateways_address() -> None:
    answers = asked_in(
        WIRE,
        ("gateway:10.0.0.9", *FOUR),
        ("gateway:fd77::9", *SIX),
        ("gateway:10.0.0.2", "10.0.0.1", None),
        within=1,
    )
    assert details(answers) == [
        (False, "no reply to ARP on lan0"),
        (False, "no reply to neighbour discovery on lan0"),
        (False, "no link to ask on"),
    ]


def test_a_gateway_that_comes_late_is_waited_for() -> None:
    world = WIRE + "ip -n peer link set peer0 down\n(sleep 1.5; ip -n peer link set peer0 up) &\n"
    [answer] = asked_in(world, ("gateway:10.0.0.2", *FOUR), within=20)
    assert answer.ok, answer.detail
    assert answer.milliseconds > 500


# --- names ---------------------------------------------------------------------------------

RESOLVER = """
echo 'hosts: files dns' >/run/nsswitch.conf
mount --bind /run/nsswitch.conf /etc/nsswitch.conf
{ echo 'nameserver 10.0.0.2'; echo 'options timeout:1 attempts:2'; } >/run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
"""


def test_nameservers_answer_whatever_they_answer() -> None:
    world = WIRE + "ip -n peer address add 10.0.0.3/24 dev peer0\n"
    world += nameserver("10.0.0.2") + nameserver("10.0.0.3", "REFUSED") + nameserver("fd77::2")
    answers = asked_in(
        world,
        ("nameserver:10.0.0.2", *FOUR),
        ("nameserver:10.0.0.3", *FOUR),
        ("nameserver:fd77::2", *SIX),
        within=20,
    )
    assert details(answers) == [
        (True, "replies"),
        (True, "replies, but with REFUSED"),
        (True, "replies"),
    ]


def test_lost_packets_are_made_up_for() -> None:
    world = WIRE + nameserver("10.0.0.2", "late")
    [answer] = asked_in(world, ("nameserver:10.0.0.2", *FOUR), within=20)
    assert answer.ok, answer.detail


def test_no_nameserver_answers() -> None:
    # In turn: nobody has the port, nobody the address, no DNS, the answer to another question.
    world = WIRE
    for last, mode in ((3, "garbage"), (4, "forged")):
        world += f"ip -n peer address add 10.0.0.{last}/24 dev peer0\n"
        world += nameserver(f"10.0.0.{last}", mode)
    servers = ["10.0.0.2", "10.0.0.9", "10.0.0.3", "10.0.0.4"]
    answers = asked_in(world, *((f"nameserver:{ip}", *FOUR) for ip in servers), within=3)
    assert details(answers) == [
        (False, "connection refused; no reply"),  # kernels say so only so often
        (False, "no reply"),
        (False, "what answers there is no nameserver"),
        (False, "no reply"),
    ]


def test_names_are_looked_up() -> None:
    world = WIRE + RESOLVER + nameserver("10.0.0.2")
    answers = asked_in(
        world,
        ("lookup:example", None, None),
        ("dns:four.example", None, None),
        ("dns:six.example", None, None),
        ("dns:four.example@10.0.0.2", *FOUR),
        ("dns:six.example@10.0.0.2", *FOUR),
        within=20,
    )
    assert details(answers) == [
        (True, "names below example can be looked up"),
        (True, "192.0.2.7"),
        (True, "2001:db8::7"),
        (True, "10.0.0.2 has it, type A"),
        (True, "10.0.0.2 has it, type AAAA"),
    ]


def test_names_that_there_are_not() -> None:
    world = WIRE + RESOLVER + nameserver("10.0.0.2")
    answers = asked_in(
        world,
        ("dns:none.example", None, None),
        ("dns:none.example@10.0.0.2", *FOUR),
        ("dns:corp.example@10.0.0.2", *FOUR),
        ("tcp:none.example:80", None, None),
        within=3,
    )
    unknown = "none.example cannot be looked up: Name or service not known"
    assert details(answers) == [
        (False, unknown),
        (False, "10.0.0.2 replies with NXDOMAIN"),
        (False, "10.0.0.2 has no address for corp.example"),
        (False, unknown),
    ]


def test_nothing_can_be_looked_up() -> None:
    world = WIRE + RESOLVER + nameserver("10.0.0.2", "SERVFAIL")
    [answer] = asked_in(world, ("lookup:example", None, None), within=2)
    assert (answer.ok, answer.detail) == (False, "temporary failure in name resolution")


def test_a_lookup_that_hangs_keeps_nobody_waiting() -> None:
    # Nobody is on the wire, and the C library waits for ten seconds.
    world = WIRE + RESOLVER.replace("timeout:1", "timeout:10").replace("10.0.0.2", "10.0.0.9")
    begin = time.monotonic()
    [answer] = asked_in(world, ("lookup:example", None, None), within=1)
    assert (answer.ok, answer.detail) == (False, "no reply within 1 s")
    assert time.monotonic() - begin < 8  # the process has ended, too


# --- hosts ---------------------------------------------------------------------------------


def test_hosts_answer() -> None:
    world = WIRE + RESOLVER.replace("'hosts: files dns'", "'hosts: files'")
    world += "{ echo '10.0.0.9 both'; echo '10.0.0.2 both'; echo 'fd77::2 both'; } >/run/hosts\n"
    world += "mount --bind /run/hosts /etc/hosts\n"
    world += webserver("10.0.0.2", 6443, "hang") + webserver("fd77::2", 6443, "hang")
    answers = asked_in(
        world,
        ("ping:10.0.0.2", *FOUR),
        ("ping:fd77::2", *SIX),
        ("ping:both", *SIX),
        ("ping:both", *FOUR),
        ("tcp:10.0.0.2:6443", *FOUR),
        ("tcp:[fd77::2]:6443", *SIX),
        ("tcp:both:6443", *FOUR),
        ("api-server:https://10.0.0.2:6443/path", *FOUR),
        within=20,
    )
    assert details(answers) == [
        (True, "10.0.0.2 replies"),
        (True, "fd77::2 replies"),
        (True, "fd77::2 replies"),
        (True, "10.0.0.2 replies"),
        (True, "10.0.0.2 takes connections"),
        (True, "fd77::2 takes connections"),
        (True, "10.0.0.2 takes connections"),
        (True, "10.0.0.2 takes connections"),
    ]


def test_hosts_do_not_answer() -> None:
    world = WIRE + "ip route add blackhole 10.1.0.0/16\nip route add unreachable 10.2.0.0/16\n"
    answers = asked_in(
        world,
        ("ping:10.0.0.9", *FOUR),
        ("tcp:10.0.0.2:81", *FOUR),
        ("tcp:10.0.0.9:81", *FOUR),
        ("tcp:10.1.0.1:81", None, None),
        ("tcp:10.2.0.1:81", None, None),
        ("tcp:10.3.0.1:81", None, None),
        ("tcp:10.0.0.2:81", "10.0.0.7", "lan0"),
        ("ping:10.0.0.2", "10.0.0.1", "lan7"),
        ("nameserver:fe80::9", None, "lan7"),
        within=1,
    )
    assert details(answers) == [
        (False, "10.0.0.9: no reply"),
        (False, "connection refused"),
        (False, "no reply"),
        (False, "invalid argument"),
        (False, "no route to host"),
        (False, "network is unreachable"),
        (False, "10.0.0.7 is not usable on this host"),
        (False, "10.0.0.2: there is no link lan7"),
        (False, "there is no link lan7"),
    ]


def test_an_address_of_this_host_is_asked_over_loopback() -> None:
    # Bound to the link it would hear nothing: what a host sends itself never comes in there.
    world = WIRE + serving("webserver", "10.0.0.1", "6443", "hang", before="")
    answers = asked_in(world, ("tcp:10.0.0.1:6443", *FOUR), ("ping:10.0.0.1", *FOUR), within=20)
    assert all(answer.ok for answer in answers), answers


def self_signed(folder: Path) -> str:
    """A file with a key and a certificate that nobody has reason to trust."""
    path = folder / "certificate.pem"
    argv = [needs.tool("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-subj", "/CN=x"]
    argv += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "-", "-out", "-"]
    path.write_bytes(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout)
    return str(path)


def test_web_servers(tmp_path: Path) -> None:
    world = WIRE
    statuses = ("200", "404", "500", "garbage", "hang")
    for number, status in enumerate(statuses):
        world += webserver("10.0.0.2", 8000 + number, status)
    world += webserver("10.0.0.2", 8443, "204", self_signed(tmp_path))
    world += webserver("fd77::2", 80, "301")
    answers = asked_in(
        world,
        *((f"http:http://10.0.0.2:{8000 + number}/", *FOUR) for number in range(5)),
        ("http:https://10.0.0.2:8443/healthz?verbose", *FOUR),
        ("http:https://10.0.0.2:8000", *FOUR),
        ("http:http://[fd77::2]?query", *SIX),
        within=5,
    )
    assert details(answers[:5]) == [
        (True, "HTTP status 200"),
        (True, "HTTP status 404"),
        (False, "HTTP status 500"),
        (False, "the reply is no HTTP (BadStatusLine)"),
        (False, "no reply"),
    ]
    assert details(answers[5:6] + answers[7:]) == [
        (True, "HTTP status 204"),
        (True, "HTTP status 301"),
    ]
    assert answers[6].detail.startswith("the reply is no TLS")


# --- the way -------------------------------------------------------------------------------

# The same server is behind both links, and the old one still works.
TWO_PATHS = WIRE + (
    """
ip link add lan1 type veth peer name peer1 netns peer
ip link set lan1 up
ip -n peer link set peer1 up
ip address add 10.9.0.1/24 dev lan1
ip -n peer address add 192.0.2.53/32 dev lo
ip route add default via 10.0.0.2 dev lan0 metric 10
ip route add default via 10.9.0.2 dev lan1 metric 20
"""
    + nameserver("192.0.2.53")
    + webserver("192.0.2.53", 6443, "200")
)
NEW = ("10.9.0.1", "lan1")
TARGETS = (
    *("nameserver:192.0.2.53", "ping:192.0.2.53", "tcp:192.0.2.53:6443"),
    *("http:http://192.0.2.53:6443/", "dns:four.example@192.0.2.53"),
)


@pytest.mark.parametrize("way", [NEW, (None, "lan1")], ids=["from the address", "by the link"])
def test_the_old_path_proves_nothing(way: tuple[str | None, str]) -> None:
    old = [(name, None, None) for name in TARGETS]
    new = [(name, *way) for name in TARGETS]
    answers = asked_in(TWO_PATHS, *old, *new, within=4)
    assert [answer.ok for answer in answers] == [True] * len(old) + [False] * len(new)


def test_the_new_path_is_what_is_asked() -> None:
    # The old one is gone at the far end, which nobody here has noticed.
    world = TWO_PATHS + "ip -n peer address add 10.9.0.2/24 dev peer1\n"
    world += "ip -n peer link set peer0 down\n"
    new = [(name, *NEW) for name in TARGETS]
    answers = asked_in(world, *new, ("gateway:10.9.0.2", *NEW), within=20)
    assert all(answer.ok for answer in answers), answers


def test_a_probe_comes_from_its_source() -> None:
    # The peer lets nobody through but the second address of the link.
    world = WIRE + "ip address add 10.0.0.7/24 dev lan0\n" + nameserver("10.0.0.2")
    world += "ip -n peer route add blackhole 10.0.0.1/32\n"
    answers = asked_in(
        world,
        ("nameserver:10.0.0.2", "10.0.0.7", "lan0"),
        ("nameserver:10.0.0.2", "10.0.0.1", "lan0"),
        ("ping:10.0.0.2", "10.0.0.7", "lan0"),
        ("ping:10.0.0.2", "10.0.0.1", "lan0"),
        within=4,
    )
    assert [answer.ok for answer in answers] == [True, False, True, False]


# --- programs ------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that root alone can write to, as /tmp and what is in it never are."""
    needs.root()
    made = Path(tempfile.mkdtemp(dir="/run"))
    yield made
    shutil.rmtree(made)


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def asked(probe: Probe, within: float = 1) -> tuple[bool, str]:
    begin = time.monotonic()
    [answer] = ask([probe], within)
    assert time.monotonic() - begin < within + 0.2
    return answer.ok, answer.detail


def test_a_program_decides_and_knows_the_way(folder: Path) -> None:
    script = 'test "$*" = "a b " && test "$HOSTNET_SOURCE $HOSTNET_LINK" = "192.0.2.1 lan0"'
    path = program(folder / "check", f"{script} && test $PWD = /")
    target = parse_probe(f"cmd:{path},a,b,").target
    way = Probe(target, ip_address("192.0.2.1"), "lan0")
    assert asked(way, 5) == (True, "exited with status 0")
    assert asked(Probe(target)) == (False, "exited with status 1")


def test_a_program_is_tried_again(folder: Path) -> None:
    script = f"test -e {folder}/second || {{ touch {folder}/second; exit 1; }}"
    path = program(folder / "check", script)
    assert asked(parse_probe(f"cmd:{path}"), 5) == (True, "exited with status 0")


def test_what_a_program_says_is_told(folder: Path) -> None:
    path = program(folder / "check", r"printf 'first\n\033[31mbroken\n' >&2; exit 3")
    assert asked(parse_probe(f"cmd:{path}")) == (False, "exited with status 3: broken")


def test_a_program_that_hangs_is_ended(folder: Path) -> None:
    path = program(folder / "check", f"echo $$ >{folder}/pid; sleep 60")
    ok, detail = asked(parse_probe(f"cmd:{path}"))
    assert not ok
    assert "did not end" in detail
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


def test_a_program_that_is_not_there(folder: Path) -> None:
    ok, detail = asked(parse_probe(f"cmd:{folder}/none"), 0.3)
    assert not ok
    assert "not found" in detail


@pytest.mark.parametrize("weak", ["program", "folder", "owner", "link"])
def test_what_others_can_change_is_not_run(folder: Path, weak: str) -> None:
    inner = folder / "inner"
    inner.mkdir()
    path = program(inner / "check", f"touch {folder}/ran")
    match weak:
        case "program":
            path.chmod(0o757)
            part = path
        case "folder":
            inner.chmod(0o777)
            part = inner
        case "owner":
            os.chown(path, 65534, 0)
            part = path
        case _:
            # Itself root's alone, but what leads to it is not.
            (folder / "public").mkdir()
            (folder / "public" / "check").symlink_to(path)
            (folder / "public").chmod(0o1777)
            path, part = folder / "public" / "check", folder / "public"
    expected = f"not run: {part} can be changed by users other than root"
    assert asked(parse_probe(f"cmd:{path}"), 0.3) == (False, expected)
    assert not (folder / "ran").exists()


def test_nothing_to_ask() -> None:
    assert ask([], 5) == ()
