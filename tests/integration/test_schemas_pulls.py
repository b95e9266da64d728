"""schemas/dns-check.schema.json, held together with the code that prints it."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import get_args

from hostnet import report
from hostnet.findings import Finding, rules
from hostnet.model import Position
from hostnet.probes import Answer, Probe
from hostnet.probes.targets import Dns
from hostnet.pulls.proxies import NoProxy, Proxies, parse_proxy
from hostnet.pulls.result import Reached
from hostnet.pulls.steps import Check, PullStep, StepName
from hostnet.pulls.ways import Role, Runtime, Target, Way
from tests.integration.schemas import SCHEMAS, check

PLACE = Position("/etc/x", 2, 1)
VIA = parse_proxy("http://user:geheim@proxy:3128", PLACE)
TARGET = Target("mirror", "docker.io", "https://m", Way("m", via=VIA), "k3s", PLACE)
NAME = Target("name", "a.b", "a.b", None)
ANSWER = Answer(Probe(Dns("a.b", ip_address("10.0.0.2"))), ok=False, detail="x", milliseconds=9)
REACHED = Reached(
    (
        Check(TARGET, (PullStep("resolve", "m", ok=True, detail="10.0.0.5", milliseconds=3),)),
        Check(NAME, (), (ANSWER,)),
    ),
    (Runtime("k3s", "k3s.service", proxies=Proxies(VIA, VIA, NoProxy((".svc",), PLACE))),),
    (("/etc/x", "permission denied"),),
    tuple(Finding(rule, "a message") for rule in rules()),
)


def test_the_document_has_the_keys_of_its_schema_in_their_order() -> None:
    document, parts = report.dns_check(REACHED), SCHEMAS["dns-check"]["$defs"]
    check("dns-check", document)
    assert list(document) == list(SCHEMAS["dns-check"]["properties"])
    for key, name in (("checks", "check"), ("runtimes", "runtime"), ("unread", "unread")):
        assert list(document[key][0]) == list(parts[name]["properties"])
    assert list(document["checks"][0]["steps"][0]) == list(parts["step"]["properties"])
    assert list(document["checks"][1]["servers"][0]) == list(parts["server"]["properties"])
    assert list(document["runtimes"][0]["proxies"][0]) == list(parts["proxy"]["properties"])
    assert "geheim" not in json.dumps(document)


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    parts = SCHEMAS["dns-check"]["$defs"]
    assert parts["check"]["properties"]["role"]["enum"] == list(get_args(Role))
    assert parts["step"]["properties"]["step"]["enum"] == list(get_args(StepName))
