"""Gateways, hosts and web servers asked by real kernels: what answers, and what does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests import needs
from tests.integration.asked import FOUR, SIX, asked_in, details, serving, webserver
from tests.integration.world import PEERS, WIRE

NO_PING = "ip netns exec peer sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all; "
NO_PING += "echo 1 >/proc/sys/net/ipv6/icmp/echo_ignore_all'\n"


def test_a_gateway_answers() -> None:
    wanted = [
        (True, f"{PEERS} by ARP; it answers ping"),
        (True, f"{PEERS} by neighbour discovery; it answers ping"),
    ]
    for _ in range(3):  # for a ping, which nothing depends on, nobody waits long
        answers = asked_in(WIRE, ("gateway:10.0.0.2", *FOUR), ("gateway:fd77::2", *SIX))
        if details(answers) == wanted:
            break
    assert details(answers) == wanted


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


def test_hosts_answer() -> None:
    world = (
        WIRE + "{ echo '10.0.0.9 both'; echo '10.0.0.2 both'; echo 'fd77::2 both'; } >/run/hosts\n"
    )
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
        within=3,
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
