"""The language of probes: every text means one thing, and every other is told why not."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given, strategies as st

from hostnet.errors import UsageError
from hostnet.probes import Probe, parse_probe
from hostnet.probes.hosts import Url
from hostnet.probes.targets import (
    ApiServer,
    Cmd,
    Dns,
    Gateway,
    Http,
    Lookup,
    Nameserver,
    Ping,
    Target,
    Tcp,
)
from hostnet.telling import quoted

KINDS = ("gateway", "nameserver", "lookup", "api-server", "ping", "tcp", "dns", "http", "cmd")
FOUR, SIX = ip_address("192.0.2.1"), ip_address("2001:db8::1")

MEANT: dict[str, Target] = {
    "gateway:192.0.2.1": Gateway(FOUR),
    "gateway:fe80::1": Gateway(ip_address("fe80::1")),
    "nameserver:2001:db8::1": Nameserver(SIX),
    "nameserver:[2001:db8::1]:5353": Nameserver(SIX, 5353),
    "lookup:corp.example": Lookup("corp.example"),
    "api-server:https://192.0.2.1:6443": ApiServer(Url("https", FOUR, 6443)),
    "api-server:https://api.corp/k8s/c-1": ApiServer(Url("https", "api.corp", None, "/k8s/c-1")),
    "ping:192.0.2.1": Ping(FOUR),
    "ping:2001:db8::1": Ping(SIX),
    "ping:host-1.example.": Ping("host-1.example."),
    "tcp:192.0.2.1:1": Tcp(FOUR, 1),
    "tcp:[2001:db8::1]:443": Tcp(SIX, 443),
    "tcp:db:65535": Tcp("db", 65535),
    "dns:example.org": Dns("example.org"),
    "dns:_ldap._tcp.corp@192.0.2.1": Dns("_ldap._tcp.corp", FOUR),
    "dns:example.org@2001:db8::1": Dns("example.org", SIX),
    "http:http://host/": Http(Url("http", "host", None, "/")),
    "http:https://[2001:db8::1]:8443/a?b=c,d:e@f": Http(Url("https", SIX, 8443, "/a?b=c,d:e@f")),
    "http:http://host?query": Http(Url("http", "host", None, "?query")),
    "cmd:/bin/true": Cmd(("/bin/true",)),
    "cmd:/opt/a b/check,--deep,,x=y": Cmd(("/opt/a b/check", "--deep", "", "x=y")),
}


@pytest.mark.parametrize("text", MEANT)
def test_a_text_and_its_meaning(text: str) -> None:
    assert parse_probe(text) == Probe(MEANT[text])
    assert str(parse_probe(text)) == text
    assert parse_probe(text).kind == text.partition(":")[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://host/x", "http:https://host/x"),
        ("http://192.0.2.1", "http:http://192.0.2.1"),
        ("ping:2001:DB8:0::1", "ping:2001:db8::1"),
        ("tcp:host:00443", "tcp:host:443"),
    ],
)
def test_other_spellings(text: str, name: str) -> None:
    assert str(parse_probe(text)) == name


BAD = {
    "": "is no probe",
    "ping": "neither",
    "pong:192.0.2.1": "",
    "Ping:192.0.2.1": "",
    "ping:": "neither an IP address nor a host name",
    "ping: 192.0.2.1": "no IP address",
    "ping:192.0.2.256": "no IP address",
    "ping:10.1": "no IP address",  # inet_aton's 10.0.0.1
    "ping:host.12": "no IP address",
    "ping:fe80::1%ens33": "zone",
    "ping:a_-": "neither",
    "ping:-host": "neither",
    "ping:hòst": "neither",
    "ping:192.0.2.1/24": "neither",
    "gateway:router": "no IP address",
    "gateway:": "no IP address",
    "nameserver:192.0.2.1:0": "no IP address",
    "nameserver:192.0.2.1%ens33:53": "leave out the zone",
    "nameserver:192.0.2.1:53%ens33": "only an address and a port",
    "lookup:": "no domain name",
    "lookup:a..b": "no domain name",
    "lookup:" + ".".join(["long"] * 50): "too long",
    "tcp:192.0.2.1": "port is missing",
    "tcp:[2001:db8::1]": "port is missing",
    "tcp:2001:db8::1:443": "brackets",
    "tcp:[192.0.2.1]:443": "brackets",
    "tcp:[2001:db8::1]443": "brackets",
    "tcp:[2001:db8::1:443": "brackets",
    "tcp:[fe80::1%lo]:443": "zone",
    "tcp:[]:443": "no IP address",
    "tcp:host:0": "1 to 65535",
    "tcp:host:65536": "1 to 65535",
    "tcp:host:-1": "1 to 65535",
    "tcp:host:": "1 to 65535",
    "tcp:host:\uff18\uff10": "1 to 65535",
    "tcp:host:1e3": "1 to 65535",
    "tcp::443": "neither",
    "dns:": "no domain name",
    "dns:example.org@": "no IP address",
    "dns:example.org@ns.example.org": "no IP address",
    "dns:a@b@192.0.2.1": "no IP address",
    "http:": "no http or https URL",
    "http:host": "no http or https URL",
    "http:ftp://host/": "no http or https URL",
    "http:HTTP://host/": "no http or https URL",
    "http://": "neither",
    "http://host:99999/": "1 to 65535",
    "http://user:secret@host/": "user or password",
    "http://host/a b": "no http or https URL",
    "http://host/#part": "no http or https URL",
    "http://host/ä": "no http or https URL",
    "http://[2001:db8::1": "no http or https URL",
    "http://[192.0.2.1]/": "brackets",
    "http://host\\evil/": "neither",
    "api-server:6443": "no http or https URL",
    "cmd:": "absolute path",
    "cmd:true": "absolute path",
    "cmd:../true": "absolute path",
    "cmd:,/bin/true": "absolute path",
    "cmd:/bin/": "absolute path",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_probe(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_probe(text)
    assert quoted(text) in caught.value.what
    assert BAD[text] in f"{caught.value.what} {caught.value.why}"
    assert caught.value.remedy.startswith("Write ")


@pytest.mark.parametrize("letter", ["\n", "\r", "\0", "\x1b", "\x7f", "\u202e", "\u2028", "\ud800"])
@pytest.mark.parametrize("text", MEANT)
def test_a_control_character_is_nowhere(text: str, letter: str) -> None:
    for at in (len(text) // 2, len(text)):
        with pytest.raises(UsageError) as caught:
            parse_probe(text[:at] + letter + text[at:])
        assert letter not in f"{caught.value.what} {caught.value.why} {caught.value.remedy}"


ips = st.ip_addresses()
labels = st.from_regex(r"[a-z_]([a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
hosts = ips | names
ports = st.integers(1, 65535)
paths = st.just("") | st.from_regex(r"[/?][a-z0-9/%.&=:@-]{0,20}", fullmatch=True)
words = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=","), max_size=9)
urls = st.builds(Url, st.sampled_from(["http", "https"]), hosts, st.none() | ports, paths)
targets = st.one_of(
    st.builds(Gateway, ips),
    st.builds(Nameserver, ips),
    st.builds(Lookup, names),
    st.builds(ApiServer, urls),
    st.builds(Ping, hosts),
    st.builds(Tcp, hosts, ports),
    st.builds(Dns, names, st.none() | ips),
    st.builds(Http, urls),
    st.builds(Cmd, st.lists(words, max_size=3).map(lambda more: ("/bin/x", *more))),
)


@given(targets)
def test_a_name_parses_back(target: Target) -> None:
    assert parse_probe(str(target)) == Probe(target)


@given(st.text() | st.builds("{}:{}".format, st.sampled_from(KINDS), st.text()))
def test_any_text_is_a_probe_or_a_usage_error(text: str) -> None:
    try:
        probe = parse_probe(text)
    except UsageError:
        return
    assert parse_probe(str(probe)) == probe
    assert str(probe).isprintable()
