"""The way to a registry, step by step, with real nameservers, proxies, TLS and registries."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostnet.pulls.steps import PullStep
from tests.integration.asked import LATE, serving, webserver
from tests.integration.pulls import NODE, certificate, proxy, registry
from tests.integration.world import found_in

CODE = """
import time
from dataclasses import replace
from hostnet.host.pulling import reach
from hostnet.probes.hosts import Url
from hostnet.pulls.proxies import Proxies, parse_proxy
from hostnet.pulls.ways import Way, name_target
def way(text, via=None, **fields):
    url = Url.parse(text)
    fields.setdefault("exact", url.path == "/v2/")
    return Way(url.host, url.effective_port, url, via and parse_proxy(via), **fields)
def name(text):
    return name_target(text).way
ways = [{ways}]
begin = time.monotonic()
steps = reach(ways, {within})
assert time.monotonic() - begin < {within} + {late}
result = steps
"""

MISMATCH = "Hostname mismatch, certificate is not valid for 'mirror.example'."


def gone(world: str, *ways: str, within: float = 10) -> list[tuple[PullStep, ...]]:
    """Return the steps of each way there."""
    found = found_in(NODE + world, CODE.format(ways=", ".join(ways), within=within, late=LATE))
    for steps in found:
        assert all(step.ok for step in steps[:-1])
        assert all(step.detail.isprintable() and step.milliseconds >= 0 for step in steps)
    return list(found)


def told(steps: tuple[PullStep, ...]) -> list[tuple[str, str, bool, str]]:
    return [(step.name, step.target, step.ok, step.detail) for step in steps]


def last(steps: tuple[PullStep, ...]) -> tuple[str, bool, str]:
    return steps[-1].name, steps[-1].ok, steps[-1].detail


def test_each_step_is_told_from_the_others(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    world = registry("192.0.2.7", 443, "https://mirror.example:5000", pem)
    world += registry("10.0.0.3", 5000, "https://mirror.example:5000", pem)
    (steps,) = gone(world, f"way('https://four.example/v2/', ca=({pem!r},))")
    assert told(steps) == [
        ("resolve", "four.example", True, "192.0.2.7"),
        ("connect", "four.example:443", True, "192.0.2.7"),
        ("tls", "four.example", True, "TLSv1.3"),
        ("http", "https://four.example/v2/", True, "HTTP status 401"),
        ("resolve", "mirror.example", True, "10.0.0.3"),
        ("connect", "mirror.example:5000", True, "10.0.0.3"),
        ("tls", "mirror.example", True, "TLSv1.3"),
        ("http", "https://mirror.example:5000/token", True, "HTTP status 403"),
    ]


def test_redirects_lead_on_and_their_ends_count() -> None:
    world = registry("10.0.0.3", 5000, "http://mirror.example:5001")
    world += registry("10.0.0.3", 5002, "http://mirror.example:5003")
    world += registry("10.0.0.3", 5003)
    dead, alive = gone(
        world,
        "way('http://mirror.example:5000/moved/v2/')",
        "way('http://mirror.example:5002/moved/v2/')",
    )
    assert [step.name for step in alive] == ["resolve", "connect", "http"] * 2
    assert last(alive) == ("http", True, "HTTP status 401")
    assert last(dead) == ("connect", False, "10.0.0.3: connection refused")
    assert dead[-1].target == "mirror.example:5001"


def test_what_fails_is_the_step_that_fails(tmp_path: Path) -> None:
    pem, other = certificate(tmp_path), certificate(tmp_path, "other.pem", "other.example")
    world = registry("10.0.0.3", 443, "nowhere", pem) + registry("10.0.0.3", 444, "nowhere", other)
    world += webserver("10.0.0.3", 81, "404") + webserver("10.0.0.3", 82, "503")
    world += webserver("10.0.0.3", 83, "garbage") + webserver("10.0.0.3", 84, "hang")
    world += "ip -n peer route add blackhole 10.0.0.99/32\n"
    found = gone(
        world,
        "way('https://none.example/v2/')",
        "way('https://mirror.example:9/v2/')",
        "way('https://mirror.example/v2/')",
        f"way('https://mirror.example:444/v2/', ca=({other!r},))",
        "way('https://mirror.example:81/v2/')",
        "way('http://mirror.example:81/v2/')",
        "way('http://mirror.example:81/hub/v2/')",
        "way('http://mirror.example:82/hub/v2/')",
        "way('http://mirror.example:83/v2/')",
        "way('http://mirror.example:84/v2/')",
        "way('https://mirror.example/v2/', ca=('/gone.pem',))",
        "way('https://mirror.example/v2/', verify=False)",
        "way('https://192.0.2.200/v2/')",
        within=8,
    )
    assert [last(steps) for steps in found] == [
        ("resolve", False, "none.example cannot be looked up: Name or service not known"),
        ("connect", False, "10.0.0.3: connection refused"),
        ("tls", False, "the certificate is not trusted: self-signed certificate"),
        ("tls", False, f"the certificate is not trusted: {MISMATCH}"),
        ("tls", False, "what answers there does not speak TLS"),
        ("http", False, "HTTP status 404"),
        ("http", True, "HTTP status 404"),
        ("http", False, "HTTP status 503"),
        ("http", False, "the reply is no HTTP (BadStatusLine)"),
        ("http", False, "no reply"),
        ("tls", False, "/gone.pem: No such file or directory"),
        ("http", True, "HTTP status 401"),
        ("connect", False, found[-1][-1].detail),
    ]  # fmt: skip
    assert found[-2][-2].detail == "TLSv1.3, certificate not verified"


def test_through_a_proxy_names_are_its_own_business(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "far.pem", "far.invalid")
    world = proxy(3128) + registry("10.0.0.3", 443, "nowhere", pem) + registry("10.0.0.3", 80)
    tls, plain = gone(
        world,
        f"way('https://far.invalid/v2/', 'http://proxy.example:3128', ca=({pem!r},))",
        "way('http://far.invalid/v2/', 'http://proxy.example:3128')",
    )
    assert told(tls) == [
        ("resolve", "proxy.example", True, "10.0.0.2"),
        ("connect", "proxy.example:3128", True, "10.0.0.2"),
        ("proxy", "http://proxy.example:3128 to far.invalid:443", True, "HTTP status 200"),
        ("tls", "far.invalid", True, "TLSv1.3"),
        ("http", "https://far.invalid/v2/", True, "HTTP status 401"),
    ]
    assert [step.name for step in plain] == ["resolve", "connect", "http"]
    assert last(plain) == ("http", True, "HTTP status 401")


def test_a_proxy_that_does_not_let_through() -> None:
    world = proxy(3128, "closed") + proxy(3129, "password") + proxy(3130, "dead")
    world += registry("10.0.0.3", 80)
    found = gone(
        world,
        "way('https://far.invalid/v2/', 'http://10.0.0.2:3128')",
        "way('https://far.invalid/v2/', '10.0.0.2:3129')",
        "way('https://far.invalid/v2/', '10.0.0.2:3130')",
        "way('http://far.invalid/v2/', '10.0.0.2:3130')",
        "way('http://far.invalid/v2/', 'user:p%40ss@10.0.0.2:3129')",
        "way('http://far.invalid/v2/', 'gone.example:3129')",
        "way('http://far.invalid/v2/', '10.0.0.2:9')",
        "way('http://far.invalid/v2/', 'socks5://10.0.0.2:3128')",
    )
    assert [last(steps) for steps in found] == [
        ("proxy", False, "HTTP status 403"),
        ("proxy", False, "HTTP status 407"),
        ("proxy", False, "HTTP status 502"),
        ("http", False, "HTTP status 502"),
        ("http", True, "HTTP status 401"),
        ("resolve", False, "gone.example cannot be looked up: Name or service not known"),
        ("connect", False, "10.0.0.2: connection refused"),
        ("proxy", True, "takes connections; SOCKS itself is not spoken here"),
    ]
    assert all("p%40ss" not in f"{step}" for steps in found for step in steps)


def test_what_a_registry_leads_to_is_asked_by_the_runtimes_own_proxies() -> None:
    world = proxy(3128) + registry("10.0.0.3", 80, "http://far.invalid")
    (steps,) = gone(
        world, "way('http://mirror.example/v2/', proxies=Proxies(parse_proxy('10.0.0.2:3128')))"
    )
    assert [(step.name, step.target) for step in steps[-2:]] == [
        ("connect", "10.0.0.2:3128"),
        ("http", "http://far.invalid/token"),
    ]
    assert last(steps) == ("http", True, "HTTP status 403")


def test_an_insecure_registry_may_do_without_tls(tmp_path: Path) -> None:
    world = registry("10.0.0.3", 5000) + registry("10.0.0.3", 80)
    world += registry("10.0.0.3", 5001, "nowhere", certificate(tmp_path))
    options = "verify=False, insecure=True"
    plain, default, tls, dead = gone(
        world,
        *(f"way('https://mirror.example{port}/v2/', {options})" for port in (":5000", "", ":5001")),
        f"way('https://mirror.example:9/v2/', {options})",
    )
    assert "does not speak TLS; insecure, so by HTTP" in plain[2].detail
    assert default[1].detail == "10.0.0.3: connection refused; insecure, so by HTTP"
    for steps in (plain, default, tls):
        assert last(steps) == ("http", True, "HTTP status 401")
    assert last(dead) == ("connect", False, "10.0.0.3: connection refused")


@pytest.mark.parametrize("silent", ["10.0.0.99", "fd77::99"])
def test_an_address_that_is_silent_does_not_cost_all_the_time(silent: str) -> None:
    world = registry("10.0.0.3", 80) + f"echo '{silent} two.example' >>/etc/hosts\n"
    world += "echo '10.0.0.3 two.example' >>/etc/hosts\n"
    (steps,) = gone(world, "way('http://two.example/v2/')", within=8)
    assert last(steps) == ("http", True, "HTTP status 401")
    assert steps[1].milliseconds < 7000


def test_names_need_no_more_than_was_said() -> None:
    world = registry("10.0.0.3", 80)
    bare, port, url = gone(
        world, "name('four.example')", "name('mirror.example:80')", "name('http://10.0.0.3/x')"
    )
    assert told(bare) == [("resolve", "four.example", True, "192.0.2.7")]
    assert [step.name for step in port] == ["resolve", "connect"]
    assert told(url) == [
        ("connect", "10.0.0.3:80", True, "10.0.0.3"),
        ("http", "http://10.0.0.3/x", True, "HTTP status 404"),
    ]


def test_a_nameserver_that_is_silent_hangs_in_the_first_step() -> None:
    silent = "echo 'nameserver 10.0.0.99' >/etc/resolv.conf\n" + serving("proxy", "10.0.0.2", "1",
                                                                         "x", "open")  # fmt: skip
    (steps,) = gone(silent, "way('https://four.example/v2/')", within=1)
    assert told(steps) == [("resolve", "four.example", False, "no reply within 1 s")]
