"""Node descriptions: what may stand in one, which node a machine is, what two must not share."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from hostnet.dns.pin import Pin
from hostnet.dns.server import Server
from hostnet.findings import Finding
from hostnet.model import Gateway
from hostnet.netplan.document import Mapping
from hostnet.node.model import Machine, Node, Selector
from hostnet.node.parse import parse
from hostnet.node.select import check, choose, claimed, named
from hostnet.request import parse as parse_request
from tests.checkout import ROOT
from tests.integration.schemas import valid

PATH = "/etc/hostnet/node.yaml"
MACHINE = Machine("k8s-1.lab.example", ("52:54:00:00:00:01",), "0123456789abcdef" * 2, "VMware-1")
ENS33 = "interfaces: {ens33: {addresses: [10.0.0.5/24], gateway: 10.0.0.1}}"
HEAD, GIVEN = "interfaces:\n  ens33:\n", "    addresses: 10.0.0.5/24\n"
FULL = """\
node: k8s-1
select:
  hostname: [k8s-1, k8s-1.lab.example]
  mac: "52-54-00-00-00-01"
  machine-id: 0123456789abcdef0123456789abcdef
  serial: VMware-1
interfaces:
  ens33:
    addresses: [192.168.141.134/24, "2001:db8::5/64"]
    gateway: [192.168.141.1, "fe80::1"]
    nameservers: 192.168.141.1
    search: [lab.example]
    routes:
      - {to: 10.0.0.0/8, via: 192.168.141.9, metric: 50}
      - {to: default, via: 192.168.141.8, metric: 900}
    mtu: 9000
    metric: 100
    on-link: true
    keep-dhcp: false
  ens34: {}
bonds:
  bond0: {interfaces: [ens34], parameters: {mode: active-backup}, addresses: [10.9.0.5/24]}
dns: {mode: resolved, servers: [192.168.141.1], search: lab.example, strict: true}
kubernetes: true
"""


def read(*bodies: str) -> tuple[tuple[Node, ...], tuple[Finding, ...]]:
    """One node of these lines; of several bodies, as many nodes."""
    if len(bodies) == 1:
        return parse(PATH, bodies[0].encode())
    items = (f"- {{node: n{at}, {body}}}\n" for at, body in enumerate(bodies))
    return parse(PATH, f"nodes:\n{''.join(items)}".encode())


def found(*bodies: str) -> tuple[Finding, ...]:
    """All that is wrong with the nodes, and with this machine's choice among them."""
    nodes, findings = read(*bodies)
    if findings:
        return findings
    return (*check(map(claimed, nodes)), *choose(nodes, MACHINE)[1])


def node(address: int, more: str = "") -> str:
    return f"{more}interfaces: {{ens33: {{addresses: [10.0.0.{address}/24]}}}}"


MALFORMED = (
    "[]", "x", "{}", "nodes: []", "nodes: {}", "nodes: [x]", "nodes: [{}]", f"nodes: [{{{ENS33}}}]",
    "interfaces: []", "interfaces: {ens33: []}", "interfaces: {ens33: {addresses: {}}}",
    "interfaces: {ens33: {addresses: [[]]}}", "interfaces: {ens33: {addresses: ['']}}",
    "interfaces: {ens33: {addresses: []}}", "interfaces: {ens33: {gateway: 10.0.0.1}}",
    "interfaces: {ens33: {adresses: [10.0.0.5/24]}}", "interfaces: {ens33: x}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], mtu: big}}", f"select: {{mac: []}}\n{ENS33}",
    f"select: {{hostname: []}}\n{ENS33}", f"select: {{serial: ''}}\n{ENS33}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], mtu: -5}}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], mtu: '1500'}}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], mtu: 99999999999}}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], keep-dhcp: 1}}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], routes: {}}}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], routes: [{to: 10.0.0.0/8}]}}",
    "interfaces: {ens33: {addresses: [10.0.0.5/24], routes: ['10.0.0.0/8,10.0.0.1']}}",
    f"node: ../../etc/x\n{ENS33}", f"node: a b\n{ENS33}", f"node: '-a'\n{ENS33}",
    f"node: [a]\n{ENS33}", f"kubernetes: maybe\n{ENS33}", f"select: {{}}\n{ENS33}",
    f"select: k8s-1\n{ENS33}", f"select: {{host: k8s-1}}\n{ENS33}",
    f"select: {{mac: '52:54'}}\n{ENS33}", f"select: {{mac: x}}\n{ENS33}",
    f"unknown: 1\n{ENS33}", f"{ENS33}\n{ENS33}", "bonds: {bond0: {}}", "bonds: {bond0: x}",
    f"dns: {{mode: off}}\n{ENS33}", f"dns: yes\n{ENS33}", f"dns: {{strict: 5}}\n{ENS33}",
)  # fmt: skip
"""What the schema refuses, and so do we."""
BAD: dict[str, tuple[tuple[str, ...], ...]] = {
    "HN090": tuple((text,) for text in MALFORMED),
    "HN091": (
        (f"select: {{hostname: other}}\n{ENS33}",),
        (f"select: {{hostname: k8s-1, serial: other}}\n{ENS33}",),
        (f"select: {{mac: '52:54:00:00:00:02'}}\n{ENS33}",),
        (f"select: {{machine-id: '{'0' * 32}'}}\n{ENS33}",),
        (node(5), node(6)),
    ),
    "HN092": ((node(5, "select: {hostname: k8s-1}, "), node(6, "select: {serial: VMware-1}, ")),),
    "HN093": (
        (node(5), node(5)),
        (node(5, "select: {mac: '52:54:00:00:00:0A'}, "),
         node(6, "select: {mac: [x, '52-54-00-00-00-0a']}, ".replace("x, ", ""))),
        (node(5, f"select: {{machine-id: {'a' * 32}}}, "),
         node(6, f"select: {{machine-id: {'a' * 32}}}, ")),
    ),
}  # fmt: skip
GOOD: dict[str, tuple[tuple[str, ...], ...]] = {
    "HN090": ((ENS33,), (FULL,), ("interfaces: {ens34: {}}\nbonds: {b0: {a: {}}}",)),
    "HN091": (
        (ENS33,), (f"select: {{hostname: K8S-1}}\n{ENS33}",),
        (f"select: {{mac: ['52:54:00:00:00:02', '52:54:00:00:00:01']}}\n{ENS33}",),
        (node(5, "select: {serial: VMware-1}, "), node(6)),
    ),
    "HN092": ((node(5, "select: {hostname: k8s-1}, "), node(6, "select: {serial: VMware-2}, ")),),
    "HN093": (
        (node(5, "select: {serial: '0'}, "), node(6, "select: {serial: '0'}, "),
         node(7, "select: {hostname: k8s-1}, ")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("id_", "bodies"), [(i, b) for i, row in BAD.items() for b in row])
def test_what_is_wrong_is_told(id_: str, bodies: tuple[str, ...]) -> None:
    assert id_ in [finding.rule.id for finding in found(*bodies)]


@pytest.mark.parametrize(("id_", "bodies"), [(i, b) for i, row in GOOD.items() for b in row])
def test_what_is_right_is_not(id_: str, bodies: tuple[str, ...]) -> None:
    assert id_ not in [finding.rule.id for finding in found(*bodies)]


def as_json(text: str) -> object:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    return yaml.load(text)


@pytest.mark.parametrize("text", MALFORMED)
def test_the_schema_refuses_the_same(text: str) -> None:
    twice = f"{ENS33}\n{ENS33}"  # which only a parser can see
    big = "99999999999"  # netplan's range, told as HN015
    assert text == twice or big in text or not valid("node", as_json(text))


@pytest.mark.parametrize("text", [b[0] for row in GOOD.values() for b in row if len(b) == 1])
def test_the_schema_takes_what_we_take(text: str) -> None:
    assert valid("node", as_json(text))


def test_everything_that_can_be_said_is_read() -> None:
    ((full,), findings) = read(FULL)
    assert findings == ()
    assert full.name == "k8s-1"
    assert full.selector == Selector(
        ("k8s-1", "k8s-1.lab.example"),
        ("52:54:00:00:00:01",),
        ("0123456789abcdef0123456789abcdef",),
        ("VMware-1",),
    )
    assert full.requests == (
        parse_request(
            "ens33",
            ["192.168.141.134/24", "2001:db8::5/64"],
            gateways=["192.168.141.1", "fe80::1"],
            on_link=True,
            dns=["192.168.141.1"],
            search=["lab.example"],
            routes=["10.0.0.0/8,192.168.141.9,50", "default,192.168.141.8,900"],
            mtu=9000,
            metric=100,
            kubernetes=True,
        )[0],
    )
    assert [(each.section, each.id) for each in full.passed] == [
        ("ethernets", "ens34"),
        ("bonds", "bond0"),
    ]
    assert full.passed[0].body == Mapping()
    server = Server(full.requests[0].dns[0]) if full.requests[0].dns else None
    assert full.pin == Pin((server,) if server else None, ("lab.example",), "resolved", strict=True)
    assert full.kubernetes


def test_what_is_not_given_is_left_open() -> None:
    ((bare,), _) = read(ENS33)
    assert (bare.name, bare.selector, bare.pin, bare.kubernetes) == ("node", None, None, False)
    (request,) = bare.requests
    assert (request.dns, request.search, request.mtu) == (None, None, None)
    assert request.gateways == (Gateway(parse_request("x", ["10.0.0.1/8"])[0].addresses[0].ip),)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (f"{HEAD}    addresses:\n      - 10.0.0.5/24\n      - 10.0.0.6\n", (5, 9), "HN011"),
        ("interfaces:\n  e/s:\n    addresses: 10.0.0.5/24\n", (2, 3), "HN033"),
        (f"{HEAD}{GIVEN}    gateway: [none, x]\n", (4, 21), "HN018"),
        (f"{HEAD}{GIVEN}    nameservers: x\n", (4, 18), "HN021"),
        (f"{HEAD}{GIVEN}    search: [a, 'b c']\n", (4, 17), "HN024"),
        (f"{HEAD}{GIVEN}    routes:\n    - {{to: x, via: y}}\n", (5, 7), "HN025"),
        (f"{HEAD}{GIVEN}    metric: 4294967296\n", (4, 13), "HN028"),
        (f"{ENS33}\ndns:\n  servers: [1.1.1.1, x]\n", (3, 22), "HN021"),
        (f"{ENS33}\ndns:\n  search: 'a b'\n", (3, 11), "HN024"),
        (f"{ENS33}\nselect:\n  mac: x\n", (3, 8), "HN090"),
        (f"{ENS33}\nnode: a\nnode: b\n", (3, 1), "HN090"),
        ("interfaces: {\n", (2, 1), "HN002"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_place(text: str, place: tuple[int, int], said: str) -> None:
    _, findings = read(text)
    (finding,) = findings
    assert finding.position is not None
    assert (finding.position.path, finding.rule.id) == (PATH, said)
    assert (finding.position.line, finding.position.column) == place


def test_a_file_that_says_nothing_is_told() -> None:
    for text in ("", "# nothing\n", "---\n"):
        assert [finding.rule.id for finding in read(text)[1]] == ["HN090"]


def test_a_node_can_be_named_whatever_the_machine() -> None:
    nodes, _ = read(node(5), node(6))
    assert named(nodes, "n1") == (nodes[1], ())
    assert [finding.rule.id for finding in named(nodes, "n2")[1]] == ["HN091"]
    twice = (nodes[0], nodes[0])
    assert [finding.rule.id for finding in named(twice, "n0")[1]] == ["HN092"]


def test_a_node_of_several_without_a_select_is_the_host_of_its_name() -> None:
    text = f"nodes:\n- {{node: k8s-1, {node(5)}}}\n- {{node: k8s-10, {node(6)}}}\n"
    nodes, _ = parse(PATH, text.encode())
    assert choose(nodes, MACHINE) == (nodes[0], ())
    assert choose(nodes, Machine("k8s-10")) == (nodes[1], ())
    assert choose(nodes, Machine(""))[0] is None


def test_what_a_machine_may_be_is_told_with_what_it_is() -> None:
    _, (finding,) = choose(read(node(5), node(6))[0], MACHINE)
    assert "none of 2 nodes is this machine" in finding.message
    for word in ("k8s-1.lab.example", "52:54:00:00:00:01", "VMware-1", MACHINE.machine_id):
        assert word in finding.message


def test_the_readmes_example_is_one() -> None:
    text = (ROOT / "README.md").read_text().partition("```yaml\nnodes:")[2].partition("```")[0]
    nodes, findings = parse(PATH, f"nodes:{text}".encode())
    assert ([each.name for each in nodes], findings) == (["k8s-1", "k8s-2"], ())
