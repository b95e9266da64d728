"""Whom each runtime would ask, by which way, and what is wrong with that."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from hostnet.findings import Finding
from hostnet.kubernetes.networks import ClusterNetwork
from hostnet.kubernetes.registries import ANY, Endpoint, Image, Registry, Sources, own_endpoint
from hostnet.model import Position
from hostnet.probes.hosts import Malformed
from hostnet.pulls.environment import Unread, Variable
from hostnet.pulls.judgement import judged, missing_from_no_proxy
from hostnet.pulls.proxies import NoProxy, Proxies, parse_proxy
from hostnet.pulls.steps import Check, PullStep, StepName
from hostnet.pulls.ways import PullFacts, Runtime, Target, image_targets, name_target
from tests.unit.builders import Value

PLACE = Position("/etc/containerd/certs.d/docker.io/hosts.toml", 2, 1)
DROP_IN = Position("/etc/systemd/system/containerd.service.d/p.conf", 2, 1)
UNIT = "containerd.service"
MIRROR = Endpoint("https://mirror.corp:5000", PLACE, is_mirror=True)
HUB = Registry("docker.io", (MIRROR, own_endpoint("docker.io")))
PODS = ClusterNetwork(ip_network("10.244.0.0/16"), "pod network", PLACE)
SERVICES = ClusterNetwork(ip_network("10.96.0.0/12"), "service network", PLACE)
BRIDGE = ClusterNetwork(ip_network("172.17.0.0/16"), "container network", PLACE)
PROXY = parse_proxy("http://u:geheim@proxy.corp:3128", DROP_IN)
WHOLE = "10.0.0.0/8,.svc,.cluster.local,.corp"


def through(words: str = WHOLE) -> Proxies:
    without = NoProxy(tuple(filter(None, words.split(","))), DROP_IN if words else None)
    return Proxies(PROXY, PROXY, without)


def runtime(*registries: Registry, **fields: Value) -> Runtime:
    sources = Sources(registries, fields.pop("images", ()))
    return Runtime(fields.pop("name", "containerd"), UNIT, sources, **fields)


def facts(*runtimes: Runtime, **fields: Value) -> PullFacts:
    return PullFacts(runtimes, (ip_address("10.0.0.9"),), (PODS, SERVICES, BRIDGE), **fields)


def asked(*runtimes: Runtime, wanted: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    return [
        (each.runtime, each.name, str(each.way and each.way.url))
        for each in image_targets(facts(*runtimes), wanted)
    ]


# --- whom to ask -----------------------------------------------------------------------


def test_registries_images_and_wishes_are_asked_each_once() -> None:
    image = Image("registry.k8s.io/pause:3.9")
    assert asked(runtime(HUB, images=(image, image)), wanted=("ghcr.io", "docker.io")) == [
        ("containerd", "docker.io", "https://mirror.corp:5000/v2/"),
        ("containerd", "docker.io", "https://registry-1.docker.io/v2/"),
        ("containerd", "registry.k8s.io", "https://registry.k8s.io/v2/"),
        ("containerd", "ghcr.io", "https://ghcr.io/v2/"),
    ]
    assert asked(wanted=("ghcr.io",)) == []


def test_what_serves_all_serves_images_too() -> None:
    every = Registry(ANY, (MIRROR,))
    assert asked(runtime(every, images=(Image("quay.io/a"),))) == [
        ("containerd", "any other registry", "https://mirror.corp:5000/v2/"),
        ("containerd", "quay.io", "https://mirror.corp:5000/v2/"),
        ("containerd", "quay.io", "https://quay.io/v2/"),
    ]


PATHS = {
    "https://h": ("/v2/", True),
    "https://h/v2": ("/v2/", True),
    "https://h/hub": ("/hub/v2/", False),
    "https://h/v2/hub": ("/v2/hub/v2/", False),
}


@pytest.mark.parametrize("url", PATHS)
def test_the_api_lies_below_the_path(url: str) -> None:
    (target,) = image_targets(facts(runtime(Registry("a", (Endpoint(url),)))))
    assert target.way is not None
    assert target.way.url is not None
    assert (target.way.url.path, target.way.exact) == PATHS[url]


def test_a_path_that_overrides_is_taken_as_it_is() -> None:
    endpoint = Endpoint("https://h/v2/hub", exact=False)
    (target,) = image_targets(facts(runtime(Registry("a", (endpoint,)))))
    assert target.way is not None
    assert (str(target.way.url), target.way.exact) == ("https://h/v2/hub/", False)


def test_a_url_that_is_none_is_not_asked_but_told() -> None:
    bad = Registry("a", (Endpoint("https://u:p@h"),))
    (target,) = image_targets(facts(runtime(bad)))
    assert target.way is None
    (finding,) = judged(facts(runtime(bad)), [Check(target, ())])
    assert "user or password" in finding.message


def test_the_way_goes_through_the_proxy_unless_it_is_spared() -> None:
    own = Endpoint("https://far.example", proxy="http://other:1")
    registries = (HUB, Registry("far.example", (own,)))
    ways = [each.way for each in image_targets(facts(runtime(*registries, proxies=through())))]
    assert [str(way and way.via) for way in ways] == [
        "None", "http://***@proxy.corp:3128", "http://other:1",
    ]  # fmt: skip


def test_hosts_are_named_in_three_ways() -> None:
    for text, port, url in (
        ("api.example", None, None),
        ("[2001:db8::1]:443", 443, None),
        ("http://h/x", 80, "http://h/x"),
    ):
        way = name_target(text).way
        assert way is not None
        assert (way.port, str(way.url) if way.url else None) == (port, url)
    with pytest.raises(Malformed):
        name_target("a b")


PRIVATE = ("10.0.0.5", "registry", "registry.corp", "a.internal", "x.lab.example", "fd00::5")
PUBLIC = ("192.0.3.1", "ghcr.io", "corp.example", "lab.example")


def test_what_is_the_sites_own() -> None:
    here = facts(search=("lab.example",))
    hosts = {text: name_target(text if ":" not in text else f"[{text}]") for text in
             (*PRIVATE, *PUBLIC)}  # fmt: skip
    private = [text for text, one in hosts.items() if one.way and here.is_private(one.way.host)]
    assert private == list(PRIVATE)


# --- what is wrong ---------------------------------------------------------------------


def check(target: Target, *steps: tuple[StepName, bool]) -> Check:
    return Check(
        target,
        tuple(PullStep(name, "there", ok=ok, detail="so", milliseconds=2) for name, ok in steps),
    )


def checks(here: PullFacts, failing: StepName | None) -> tuple[Check, ...]:
    """All answer, but the first target fails at this step."""
    before: tuple[StepName, ...] = ("resolve", "connect", "proxy", "tls", "http")
    steps: list[tuple[StepName, bool]] = [(name, True) for name in before]
    if failing is not None:
        steps = [*steps[: before.index(failing)], (failing, False)]
    first, *rest = image_targets(here)
    return (check(first, *steps), *(check(each, ("resolve", True)) for each in rest))


Case = tuple[PullFacts, StepName | None]
DIRECT = facts(runtime(HUB))
PROXIED = facts(runtime(HUB, proxies=through()))
BEHIND = facts(runtime(HUB), login=(Variable("https_proxy", "http://p:1", PLACE),))


def gap(words: str, **fields: Value) -> PullFacts:
    return facts(runtime(HUB, proxies=through(words), **fields))


UNREAD = facts(runtime(HUB, proxies=Proxies(unread=(Unread(DROP_IN, "typographic quotes"),))))
BAD: dict[str, tuple[Case, ...]] = {
    "HN086": tuple((DIRECT, name) for name in ("resolve", "connect", "tls", "http"))
    + tuple((PROXIED, name) for name in ("resolve", "connect", "proxy", "tls", "http")),
    "HN087": ((UNREAD, None), (BEHIND, "connect"), (BEHIND, "resolve")),
    "HN088": (
        (gap(""), None),
        (gap(".svc,.cluster.local,.corp,10.244.0.0/16,10.96.0.0/12"), None),
        (gap("10.0.0.9,10.244.0.0/16,.svc,.cluster.local,.corp"), None),
        (gap("10.0.0.9,10.244.0.0/24,10.96.0.0/12,.svc,.cluster.local,.corp"), None),
        (gap("10.0.0.0/8,.cluster.local,.corp"), None),
        (gap("10.0.0.0/8,.svc,.cluster.local"), None),
        (gap(".corp", adds_cluster=True), None),
    ),
}
GOOD: dict[str, tuple[Case, ...]] = {
    "HN086": ((DIRECT, None), (PROXIED, None)),
    "HN087": ((DIRECT, "connect"), (BEHIND, None),
              (replace(BEHIND, runtimes=PROXIED.runtimes), "connect")),
    "HN088": ((DIRECT, None), (PROXIED, None), (gap("*"), None),
              (gap("10.0.0.9,.corp", adds_cluster=True), None),
              (replace(gap("10.0.0.9,.corp"), networks=()), None)),
}  # fmt: skip


def found(case: Case) -> tuple[Finding, ...]:
    here, failing = case
    return judged(here, checks(here, failing))


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in BAD.items() for c in row])
def test_what_is_wrong_is_told(id_: str, case: Case) -> None:
    findings = found(case)
    assert id_ in [finding.rule.id for finding in findings]
    for finding in findings:
        assert "geheim" not in f"{finding}{finding.advice}"


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in GOOD.items() for c in row])
def test_what_is_not_is_not(id_: str, case: Case) -> None:
    assert id_ not in [finding.rule.id for finding in found(case)]


def advice(here: PullFacts, failing: StepName) -> str:
    return found((here, failing))[0].advice


def test_the_remedy_is_of_the_step_that_failed() -> None:
    assert "hostnet dns status" in advice(DIRECT, "resolve")
    assert "route" in advice(DIRECT, "connect")
    assert "https_proxy, which only logins read" in advice(BEHIND, "connect")
    spared = facts(runtime(HUB, proxies=through(".svc")))
    for step in ("resolve", "connect"):
        text = advice(spared, step)
        assert text.startswith(f"The proxy itself ({DROP_IN}) is in the way")
        assert text.endswith(f"systemctl daemon-reload && systemctl restart {UNIT}.")
    assert "refuses" in advice(spared, "proxy")
    assert "authority" in advice(spared, "tls")
    assert "not as a registry" in advice(spared, "http")


def test_it_tells_whether_another_host_serves_instead() -> None:
    first = found((DIRECT, "connect"))[0]
    assert first.message == (
        "docker.io by containerd: connect there: so; another of its hosts answers"
    )
    assert first.position == PLACE
    targets = image_targets(DIRECT)
    none = judged(DIRECT, [check(each, ("resolve", False)) for each in targets])
    assert none[0].message.endswith("; nor does any other of its hosts")
    (alone,) = judged(facts(), [check(name_target("a.example"), ("resolve", False))])
    assert alone.message == "a.example: resolve there: so"


def test_no_proxy_is_told_what_to_add() -> None:
    here = gap(".corp")
    (finding,) = found((here, None))
    assert finding.advice == (
        f"Add 10.0.0.9,10.244.0.0/16,10.96.0.0/12,.svc,.cluster.local to NO_PROXY in"
        f" {DROP_IN.path}; then systemctl daemon-reload && systemctl restart {UNIT}."
    )
    assert finding.message.startswith(f"{UNIT} would ask http://***@proxy.corp:3128 for this node")
    missing = dict(missing_from_no_proxy(here, here.runtimes[0]))
    assert found((gap(",".join((".corp", *missing))), None)) == ()
