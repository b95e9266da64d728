"""Which proxy a service is given, as systemd reads it, and whom it spares, as Go does."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from hostnet.probes.hosts import Malformed, Url, parse_host
from hostnet.pulls.environment import Environment, environment, environment_files
from hostnet.pulls.proxies import NoProxy, Proxies, parse_proxy, proxies
from tests.unit.builders import file

DROP_IN = "/etc/systemd/system/containerd.service.d/http-proxy.conf"
ENV = "/etc/systemd/system/k3s.service.env"
HTTPS, HTTP = Url.parse("https://ghcr.io/v2/"), Url.parse("http://mirror.corp:5000/v2/")


def of(*units: str, env: str = "", manager: str = "") -> Environment:
    return environment(
        [file(DROP_IN, unit) for unit in units],
        [file(ENV, env)] if env else [],
        [file("/etc/systemd/system.conf", manager)] if manager else [],
    )


def values(found: Environment) -> dict[str, str]:
    return {each.name: each.value for each in found.variables}


READ = {
    'Environment="HTTP_PROXY=http://p:1" "NO_PROXY=a, b"': {
        "HTTP_PROXY": "http://p:1", "NO_PROXY": "a, b",
    },
    "Environment='HTTP_PROXY=http://p:1'": {"HTTP_PROXY": "http://p:1"},
    "Environment=HTTP_PROXY=http://p:1": {"HTTP_PROXY": "http://p:1"},
    'Environment=HTTP_PROXY="http://p:1"': {"HTTP_PROXY": "http://p:1"},
    "Environment=HTTP_PROXY=http://u:a%%40b@p:1": {"HTTP_PROXY": "http://u:a%40b@p:1"},
    "Environment=A=1\nEnvironment=\nEnvironment=B=2": {"B": "2"},
    "Environment=A=1 \\\n  B=2": {"A": "1", "B": "2"},
    r'Environment="A=x\"y\sz"': {"A": 'x"y z'},
    "Environment=A=1\nEnvironment=A=2": {"A": "2"},
    "Environment=foo bar": {},
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_environment_is_read_as_systemd_does(text: str) -> None:
    found = of(f"[Service]\n{text}\n")
    assert values(found) == READ[text]
    assert found.unread == ()


UNREAD = {
    "[Service]\nEnvironment=\u201cHTTP_PROXY=http://p:1\u201d": ("2:1", "typographic quotes"),
    "[Service]\nEnvironment=HTTP_PROXY=http://p:1 NO_PROXY=a, b": ("2:1", "a space ends the value"),
    "[Service]\nEnvironment=HTTP-PROXY=x HTTP_PROXY=y": ("2:1", "'HTTP-PROXY' is no name"),
    "[Service]\nEnvironment=HTTPS_PROXY=http://u:p%40x@p:1": (
        "2:1",
        "a % in it must be written %%",
    ),
    "Environment=HTTP_PROXY=http://p:1": ("1:1", "stands before any section, not in [Service]"),
    "[Unit]\nEnvironment=HTTP_PROXY=http://p:1": ("2:1", "stands in [Unit], not in [Service]"),
    "[service]\nEnvironmentFile=/x": ("2:1", "stands in [service], not in [Service]"),
}


@pytest.mark.parametrize("text", UNREAD)
def test_what_systemd_passes_over_is_told(text: str) -> None:
    place, why = UNREAD[text]
    (unread,) = of(f"{text}\n").unread
    assert why in unread.why
    assert str(unread.origin) == f"{DROP_IN}:{place}"
    assert "u:p" not in unread.why


def test_a_reset_takes_its_faults_along() -> None:
    assert of("[Service]\nEnvironment=HTTP_PROXY=a b\nEnvironment=\n").unread == ()


def test_files_of_variables_overrule_and_the_manager_comes_first() -> None:
    found = of(
        "[Service]\nEnvironment=A=unit B=unit\n",
        env='# x\nA="file"\n export C=1\nE=\\\nx\n',
        manager="[Manager]\nDefaultEnvironment=B=manager D=manager\n",
    )
    assert values(found) == {"A": "file", "B": "unit", "D": "manager", "E": "x"}
    (unread,) = of("", env="export HTTPS_PROXY=http://p:1\n").unread
    assert "'export HTTPS_PROXY' is no name of a variable" in unread.why


def test_the_files_of_variables_are_named_with_the_units_name() -> None:
    unit = file("/etc/systemd/system/k3s.service", """
        [Service]
        EnvironmentFile=/gone
        EnvironmentFile=
        EnvironmentFile=-/etc/default/%N
        EnvironmentFile=-/etc/systemd/system/k3s.service.env
        EnvironmentFile=/etc/%n.d/%p
    """)  # fmt: skip
    assert environment_files([unit], "k3s.service") == (
        "/etc/default/k3s",
        "/etc/systemd/system/k3s.service.env",
        "/etc/k3s.service.d/k3s",
    )


def given(text: str, prefixes: tuple[str, ...] = ("",)) -> Proxies:
    return proxies(of("", env=text), prefixes)


def test_each_scheme_has_its_proxy() -> None:
    found = given("HTTP_PROXY=http://a:1\nhttps_proxy=b.corp\nHTTPS_PROXY=\nNO_PROXY=x\n")
    assert str(found.towards(HTTPS)) == "http://b.corp:80"
    assert str(found.towards(HTTP)) == "http://a:1"
    assert [str(each) for each in found.known] == ["http://b.corp:80", "http://a:1"]
    both = given("HTTP_PROXY=http://a:1\nhttp_proxy=http://b:1\n")
    assert (str(both.towards(HTTP)), both.towards(HTTPS)) == ("http://a:1", None)


def test_k3s_has_names_of_its_own() -> None:
    text = "HTTPS_PROXY=http://a:1\nCONTAINERD_HTTPS_PROXY=http://b:1\nNO_PROXY=ghcr.io\n"
    assert given(text).towards(HTTPS) is None
    ours = given(text + "CONTAINERD_NO_PROXY=x\n", ("CONTAINERD_", ""))
    assert str(ours.towards(HTTPS)) == "http://b:1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("proxy.corp:3128", "http://proxy.corp:3128"),
        ("http://user:p%40ss@proxy.corp:3128/", "http://***@proxy.corp:3128"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
        ("SOCKS5h://10.0.0.7", "socks5://10.0.0.7:1080"),
    ],
)
def test_a_proxy_is_shown_without_its_password(text: str, shown: str) -> None:
    proxy = parse_proxy(text)
    assert str(proxy) == shown
    assert "p%40ss" not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    [
        "\u201chttp://p:1\u201d",
        "ftp://p:1",
        "http://p:port",
        "http://u:geheim@p:x",
        "http://p:1/path",
        "'http://p'",
    ],
)
def test_what_is_no_proxy_is_told_without_its_password(text: str) -> None:
    with pytest.raises(Malformed) as error:
        parse_proxy(text)
    assert "geheim" not in str(error.value)
    found = given(f"HTTPS_PROXY={text}x\n")
    assert (found.https, len(found.unread)) == (None, 1)
    assert "geheim" not in found.unread[0].why


def test_no_proxy_with_typographic_quotes_is_told() -> None:
    (unread,) = given("HTTPS_PROXY=http://p:1\nNO_PROXY=\u201cghcr.io\u201d\n").unread
    assert unread.why == "NO_PROXY: it holds more than ASCII letters"


COVERED = {
    "ghcr.io": ("ghcr.io", "pkg.ghcr.io", "GHCR.io."),
    ".ghcr.io": ("pkg.ghcr.io",),
    "*.ghcr.io": ("pkg.ghcr.io",),
    "10.0.0.0/8": ("10.1.2.3",),
    "10.0.0.5": ("10.0.0.5",),
    "fd00::/8": ("fd00::5",),
    "[fd00::5]": ("fd00::5",),
    "*": ("anything.example", "192.0.2.1"),
    "": ("localhost", "127.0.0.1", "::1"),
}
NOT_COVERED = {
    "ghcr.io": ("notghcr.io", "ghcr.io.example"),
    ".ghcr.io": ("ghcr.io",),
    "10.0.0.0/8": ("ten.example", "192.0.2.1"),
    "10.": ("10.0.0.1",),
    "10.0.0.*": ("10.0.0.1",),
    "ghcr.io:5000": ("ghcr.io",),
}


def without(words: str) -> NoProxy:
    return given(f"NO_PROXY={words}\n").no_proxy


@pytest.mark.parametrize("words", COVERED)
def test_whom_no_proxy_covers(words: str) -> None:
    assert all(without(f"x, {words} ").covers(parse_host(host)) for host in COVERED[words])


@pytest.mark.parametrize("words", NOT_COVERED)
def test_whom_it_does_not(words: str) -> None:
    assert not any(without(words).covers(parse_host(host)) for host in NOT_COVERED[words])


def test_a_port_counts_where_it_is_named() -> None:
    assert without("ghcr.io:5000").covers("ghcr.io", 5000)
    assert not without("10.0.0.5:5000").covers(ip_address("10.0.0.5"), 443)
    assert without("10.0.0.5:5000").covers(ip_address("10.0.0.5"), 5000)


def test_a_network_is_covered_as_a_whole() -> None:
    pods = ip_network("10.244.0.0/16")
    assert without("10.0.0.0/8").covers_network(pods)
    assert without("a,10.244.0.0/16").covers_network(pods)
    assert without("*").covers_network(pods)
    assert not without("10.244.0.0/24").covers_network(pods)
    assert not without("fd00::/8").covers_network(pods)
    assert without("svc").covers_domain("svc")
    assert without(".svc").covers_domain("svc")
    assert not without("cluster.local").covers_domain("svc")
