"""schemas/: what every --json prints, held together with the code that prints it.

long because every document has its example here.
"""

from __future__ import annotations

import importlib
import io
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError
from ruamel.yaml import YAML

import hostnet
from hostnet import errors, report
from hostnet.applied import Applied, Site
from hostnet.chain import AskedServer, Chain, Fate, Handed, Step
from hostnet.container_status import ContainerLink, ContainerStatus, FileState, FileStatus
from hostnet.dns.copies import StalePod
from hostnet.dns.facts import Service, Sourced, Used
from hostnet.dns.pin import PinMode
from hostnet.dns.resolvconf import Mode, ResolvConf
from hostnet.dns.server import Server
from hostnet.errors import HostnetError
from hostnet.findings import Finding, RuleKind, Severity, rules
from hostnet.host_status import AddressStatus, DnsStatus, LinkStatus, Status
from hostnet.kubernetes.resolvers import Audience, Reader
from hostnet.kubernetes.sandboxes import Pod, Role
from hostnet.model import Position
from hostnet.plan import Plan
from hostnet.request import parse
from hostnet.result import Outcome, Recovery, RecoveryOutcome, Result
from hostnet.schema_files import NAMES
from hostnet.tampering import Tampering
from hostnet.verdict import Verdict
from tests import needs
from tests.integration.cli import DHCP, run, tree
from tests.integration.schemas import SCHEMAS, check

INPUTS = ("netplan", "node")
"""What hostnet reads, or writes for others to read; all else is JSON that it prints."""
(ADDRESS,) = parse("ens33", ["192.168.141.134/24"])[0].addresses
PLACE = Position("/etc/netplan/50-cloud-init.yaml", 5, 7)
FINDINGS = tuple(Finding(rule, "a message", place) for rule in rules() for place in (None, PLACE))
UP = LinkStatus(
    name="ens33",
    kind="ether",
    up=True,
    carrier=True,
    mtu=1500,
    mac="00:0c:29:aa:bb:cc",
    netdef="id0",
    renderer="networkd",
    defined_in=(PLACE,),
    addresses=(AddressStatus(ADDRESS, "static", PLACE), AddressStatus(ADDRESS, "foreign")),
    gateways=(ADDRESS.ip,),
    nameservers=(ADDRESS.ip,),
    search=("lab.example",),
    drift=("the address is missing",),
)
RECOVERY = Recovery("undone", "ens33", "/var/lib/x", ("/etc/netplan/a.yaml",), why="no room")
BARE = replace(UP, mac=None, netdef=None, renderer=None, defined_in=(), addresses=())
CONF = ResolvConf("stub", "systemd-resolved", "/run/x", (Server(ADDRESS.ip),), ("lab.example",))
READER = Reader("kubelet", "/run/x", PLACE)
STALE = StalePod(Pod("kubelet", "0a1b", "coredns-x", "kube-system"), CONF.servers, ())
CHAIN = Chain(
    (Step("resolve", "[!UNAVAIL=return]", installed=True),),
    CONF,
    "active",
    through_resolved=True,
    pinned="resolved",
    servers=(
        AskedServer(
            Used(Server(ADDRESS.ip, 53, "ens33", "a.example"), "ens33", "dhcp"), 3, "replies"
        ),
        AskedServer(Used(Server(ADDRESS.ip), origin=PLACE), None, "no reply"),
    ),
    handed=(
        Handed(READER, "/run/x", CONF, "good", "", (STALE,)),
        Handed(READER, None, CONF, "nothing", "why", None),
    ),
    findings=FINDINGS,
    tampering=(Tampering("/etc/resolv.conf", "a", "b", 1.5, "dhclient", "its text says so"),),
)
STATUS = Status((UP, BARE), DnsStatus(CONF, resolved=True, servers=()), FINDINGS)
CONTAINERS = ContainerStatus(
    ("link cni0",),
    (FileStatus("/etc/x", "as-wanted", "why", loaded=True), FileStatus("/etc/y", "absent", "why")),
    (ContainerLink("cni0", "unmanaged", None), ContainerLink("veth1", None, "/run/x.network")),
    FINDINGS,
)


def objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every part of the schema that describes an object by its properties."""
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def error_classes() -> dict[str, type[HostnetError]]:
    for module in pkgutil.walk_packages(hostnet.__path__, "hostnet."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[HostnetError]] = {}
    left = [HostnetError]
    while left:
        left += (one := left.pop()).__subclasses__()
        found[one.__name__] = one
    return found


def test_every_schema_can_be_printed() -> None:
    assert {name: json.loads(hostnet.schema(name)) for name in NAMES} == SCHEMAS
    assert json.loads(run("schema", "netplan").out) == SCHEMAS["netplan"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_one_and_says_what_it_is(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/{name}.schema.json")
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name not in INPUTS])
def test_our_documents_have_all_their_keys_and_no_other(name: str) -> None:
    for part in objects(SCHEMAS[name]):
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_is_described(name: str) -> None:
    for part in objects(SCHEMAS[name]):
        for key, value in part["properties"].items():
            assert "description" in value or "$ref" in value, key


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("result", report.result(Result("already-so", Plan("ens33"), (), FINDINGS, ("w",)))),
        ("result", report.result(Result("committed", Plan("ens33", reasons=("r",))))),
        ("error", report.error(HostnetError("what", "why", "remedy"))),
        ("error", report.error(errors.Refused("what", FINDINGS))),
        ("validate", report.verdict(Verdict(FINDINGS, proven=True))),
        ("render", report.rendered("# Made by hostnet\n")),
        ("status", report.status(STATUS)),
        ("cni", report.container_status(CONTAINERS)),
        ("dns-status", report.dns_status(CHAIN)),
        ("apply", report.applied(Applied("k8s-1", (Result("planned", Plan("ens33")),)))),
        ("apply", report.applied(Applied("node"))),
        ("site", report.site(Site((("k8s-1", "network: {}"),), FINDINGS))),
        ("cloud-init", report.seed(Site((("user-data", "#cloud-config"),), FINDINGS))),
        ("dns-log", report.dns_log(CHAIN.tampering)),
        ("recover", report.recovery(Recovery("nothing-open"))),
        ("recover", report.recovery(RECOVERY)),
        ("findings", report.rules(rules())),
    ],
)
def test_a_document_has_the_keys_of_its_schema_in_their_order(
    name: str, document: dict[str, Any]
) -> None:
    check(name, document)
    assert list(document) == list(SCHEMAS[name]["properties"])
    json.dumps(document)


def test_the_parts_of_a_document_keep_the_order_too() -> None:
    status = report.status(STATUS)
    parts = SCHEMAS["status"]["$defs"]
    assert list(status["links"][0]) == list(parts["link"]["properties"])
    assert list(status["links"][0]["addresses"][0]) == list(parts["address"]["properties"])
    assert list(status["dns"]) == list(parts["dns"]["properties"])
    containers = report.container_status(CONTAINERS)
    parts = SCHEMAS["cni"]["$defs"]
    assert list(containers["files"][0]) == list(parts["file"]["properties"])
    assert list(containers["links"][0]) == list(parts["link"]["properties"])
    lookup, steps = report.dns_status(CHAIN), SCHEMAS["dns-status"]["$defs"]
    for key, name in (("hosts", "step"), ("servers", "server"), ("pods", "handed")):
        assert list(lookup[key][0]) == list(steps[name]["properties"])
    entry = SCHEMAS["dns-log"]["$defs"]["entry"]
    assert list(lookup["tampering"][0]) == list(entry["properties"])
    assert list(lookup["pods"][0]["stale"][0]) == list(steps["stale"]["properties"])
    assert list(lookup["resolv_conf"]) == list(steps["resolv_conf"]["properties"])
    finding = SCHEMAS["findings"]["$defs"]["finding"]
    assert list(status["findings"][0]) == list(finding["properties"])
    rule = SCHEMAS["findings"]["$defs"]["rule"]
    assert list(report.rules(rules())["rules"][0]) == list(rule["properties"])


def test_the_words_of_the_schemas_are_those_of_the_code() -> None:
    shared = SCHEMAS["findings"]["$defs"]
    assert shared["kind"]["enum"] == list(get_args(RuleKind))
    assert shared["severity"]["enum"] == list(get_args(Severity))
    assert shared["schema_version"]["const"] == report.SCHEMA_VERSION
    assert SCHEMAS["result"]["properties"]["outcome"]["enum"] == list(get_args(Outcome))
    assert SCHEMAS["recover"]["properties"]["outcome"]["enum"] == list(get_args(RecoveryOutcome))
    assert SCHEMAS["status"]["$defs"]["dns"]["properties"]["mode"]["enum"] == list(get_args(Mode))
    state = SCHEMAS["cni"]["$defs"]["file"]["properties"]["state"]
    assert state["enum"] == list(get_args(FileState))
    lookup = SCHEMAS["dns-status"]
    assert lookup["properties"]["resolved"]["enum"] == list(get_args(Service))
    assert lookup["properties"]["pinned"]["enum"] == [*get_args(PinMode), None]
    parts = {
        name: part["properties"] for name, part in lookup["$defs"].items() if "properties" in part
    }
    assert parts["server"]["source"]["enum"] == list(get_args(Sourced))
    assert parts["handed"]["fate"]["enum"] == list(get_args(Fate))
    assert parts["handed"]["audience"]["enum"] == list(get_args(Audience))
    assert parts["stale"]["role"]["enum"] == list(get_args(Role))


def test_a_key_too_many_or_too_few_is_found() -> None:
    good = report.verdict(Verdict((), proven=True))
    for bad in ({**good, "more": 1}, {"schema_version": 1, "valid": True}, {**good, "valid": 1}):
        with pytest.raises(ValidationError):
            check("validate", bad)


def test_every_error_has_an_exit_code_of_the_table() -> None:
    table = {int(code) for code in re.findall(r"^(\d+) ", str(errors.__doc__), re.MULTILINE)}
    codes = {name: one.exit_code for name, one in error_classes().items()}
    documented = set(SCHEMAS["error"]["properties"]["exit"]["enum"])
    assert set(codes.values()) <= table
    assert documented == table - {0, errors.EXIT_CHANGES}
    assert documented == {1, *codes.values()}
    promised = {"UsageError": 2, "Refused": 3, "Unsuitable": 4, "Busy": 5, "RolledBack": 6}
    assert codes.items() >= {**promised, "Stranded": 7}.items()


ASKED = (
    ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--dns", "10.0.0.2"),
    ("static", "ens33", "10.0.0.5/24", "2001:db8::5/64", "--gateway", "none", "--dry-run"),
    ("static", "ens33", "10.0.0.0/24", "--gateway", "10.0.0.1"),
    ("static", "ens33"),
    ("static", "ens33", "10.0.0.5"),
    ("static", "ens33", "10.0.0.5/24", "--mtu", "much"),
    ("static", "ens33", "10.0.0.5/24", "--ignore", "HN999"),
    ("static", "ens33", "10.0.0.5/24", "--no-such-option"),
    ("static",),
)


@pytest.mark.parametrize("argv", ASKED, ids=" ".join)
def test_static_prints_its_document(argv: tuple[str, ...], tmp_path: Path) -> None:
    tree(tmp_path, {"etc/netplan/50-cloud-init.yaml": DHCP})
    for _ in range(2):
        done = run(*argv, "--root", str(tmp_path), "--json")
        check("error" if done.code else "result", done.json)
        assert done.json.get("exit", 0) == done.code
        assert done.err == ""


def test_validate_prints_its_document(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/netplan/a.yaml": DHCP, "etc/netplan/b.yaml": "network: [\t"})
    for argv in (
        ["--root", str(tmp_path)],
        [str(tmp_path / "etc/netplan/a.yaml")],
        [str(tmp_path / "none.yaml")],
        ["--root", str(tmp_path / "none")],
        ["--ignore", "nonsense"],
    ):
        done = run("validate", *argv, "--json")
        check("validate" if "valid" in done.json else "error", done.json)
        assert done.json.get("exit", 0 if done.json.get("valid") else 3) == done.code
    check("findings", run("validate", "--rules", "--json").json)


def test_render_and_status_print_theirs() -> None:
    needs.tool("ip")
    check("render", run("render", "ens33", "10.0.0.5/24", "--gateway", "none", "-j").json)
    check("error", run("render", "ens33", "10.0.0.5/24", "-j").json)
    check("error", run("render", "ens33", "-j").json)
    check("status", run("status", "-j").json)
    check("dns-status", run("dns", "status", "-j").json)
    check("dns-check", run("dns", "check", "localhost", "-j").json)
    check("error", run("status", "-j", "more").json)
    check("error", run("nonsense", "-j").json)
    check("cni", run("cni", "status", "-j").json)
    check("error", run("cni", "protect", "--no-such-option", "-j").json)


@pytest.mark.parametrize(
    "argv",
    [
        ("10.0.0.5/24", "--gateway", "10.0.0.1"),
        ("10.0.0.5/24", "--gateway", "10.9.9.9", "--on-link", "--metric", "50"),
        ("2001:db8::5/64", "10.0.0.5/31", "--gateway", "fe80::1", "--gateway", "10.0.0.4"),
        ("10.0.0.5/24", "--gateway", "none", "--route", "10.0.0.0/8,10.0.0.9,7", "--mtu", "9000"),
        ("::a/128", "--gateway", "none", "--dns", "2001:db8::53", "--dns", "1.1.1.1"),
        ("10.0.0.5/24", "--gateway", "none", "--keep-dhcp", "--search", "no", "--search", "0777"),
        ("10.0.0.5/24", "--gateway", "none", "--search", "1e3", "--search", "null"),
    ],
)
@pytest.mark.parametrize("interface", ["ens33", "no", "1e3", "0777", "22", "a'b", 'a"b', "a#b"])
def test_what_is_rendered_is_of_the_subset(interface: str, argv: tuple[str, ...]) -> None:
    done = run("render", interface, *argv)
    assert done.code == 0, done.err
    for version in ((1, 1), (1, 2)):
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        document = yaml.load(io.StringIO(done.out))
        check("netplan", document)
        assert list(document["network"]["ethernets"]) == [interface]
