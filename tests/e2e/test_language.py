"""hostnet's verdict is netplan's: held against the C core of each release, in the lab's images.

`python -m tests.language` does the same with ten thousand documents a release.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hostnet.findings import rule_named
from hostnet.netplan.releases import RELEASES
from tests.lab.laboratory import Laboratory
from tests.language.compare import KNOWN, compare
from tests.language.core import Core
from tests.language.documents import Maker, files
from tests.unit.test_language import BAD, GOOD, example

SAMPLE = 100
PLACES = (
    "{}", "network:\n{}", "network:\n  ethernets:\n    e:\n{}",
    "network:\n  tunnels:\n    t:\n{}", "network:\n  wifis:\n    w:\n{}",
)  # fmt: skip
"""Where the fragments that netplan(5) shows may belong."""


@pytest.fixture(scope="module", params=RELEASES)
def core(request: pytest.FixtureRequest, laboratory: type[Laboratory]) -> Iterator[Core]:  # noqa: ARG001
    with Core(request.param) as core:
        yield core


def test_the_examples_of_our_rules_are_netplans_too(core: Core) -> None:
    wrong = []
    for table in (BAD, GOOD):
        for id_, texts in table.items():
            rule = rule_named(id_)
            for text in texts:
                inside, release = example(text)
                if rule is None or release != core.release:
                    continue
                is_bad = table is BAD and rule.kind == "netplan"
                said = core.judge({"a.yaml": f"network: {{{inside}}}".encode()})
                if said.accepted == is_bad:
                    wrong.append((id_, text, said.message))
    assert wrong == []


def test_netplans_own_examples_have_its_verdict(core: Core) -> None:
    folders = Path("/usr/share/doc").glob("netplan*/examples")
    texts = {str(path): path.read_bytes() for one in folders for path in one.glob("*.yaml")}
    if not texts:
        pytest.skip("no examples here: the package netplan.io is not installed, or not its files")
    assert _otherwise(core, texts) == []


def test_what_netplan_5_shows_has_netplans_verdict(core: Core) -> None:
    page = Path("/usr/share/man/man5/netplan.5.gz")
    if not page.exists():
        pytest.skip("no manual page here: netplan.io is not installed, or not its manual")
    shown = re.findall(
        r"^\.nf\n(.*?)^\.fi", gzip.decompress(page.read_bytes()).decode(), re.M | re.S
    )
    texts = {}
    for block in shown:
        plain = re.sub(r"\\f\[?\w*\]?", "", block).replace(r"\[dq]", '"').replace("\\-", "-")
        for place in PLACES:
            inner = indent(plain, " " * 2 * place.count(":"))
            texts[place.format(inner)] = place.format(inner).encode()
    assert len(texts) > 20
    assert _otherwise(core, texts) == []


LISTED = {
    "utf-16": "\ufeffnetwork: {}\n".encode("utf-16-le"),
    "utf-16-big-endian": "\ufeffnetwork: {}\n".encode("utf-16-be"),
    "large-file": b"#" * (1 << 20) + b"\nnetwork: {}\n",
    "many-nodes": b"network: {ethernets: {e: &e {nameservers: {search: [%s]}}, %s}}"
    % (b", ".join(b"a%d" % n for n in range(1000)), b", ".join(b"e%d: *e" % n for n in range(21))),
}
"""Of each disagreement that tests/language/known.json lists, a file."""


@pytest.mark.parametrize("known", KNOWN, ids=[each["id"] for each in KNOWN])
def test_what_is_listed_as_a_disagreement_is_one(core: Core, known: dict[str, str]) -> None:
    tree = {"a.yaml": LISTED[known["id"]]}
    one = compare(core.release, tree, core.judge(tree))
    assert (one.agree, one.rejected, one.known) == (False, False, known["id"])
    assert core.release in known["releases"]


def _otherwise(core: Core, texts: dict[str, bytes]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Those that hostnet judges otherwise."""
    wrong = []
    for name, data in texts.items():
        one = compare(core.release, {"a.yaml": data}, core.judge({"a.yaml": data}))
        if not one.agree and one.known is None:
            wrong.append((name, one.said, one.found))
    return wrong


def test_documents_by_number_have_netplans_verdict(core: Core) -> None:
    wrong, elsewhere = [], []
    for number in range(SAMPLE):
        tree = files(number, core.release)
        one = compare(core.release, tree, core.judge(tree))
        if not one.agree and one.known is None:
            wrong.append((number, one.said, one.found))
        if one.same_place is False:
            elsewhere.append((number, one.said, one.found))
    assert wrong == []
    assert len(elsewhere) <= SAMPLE / 20, elsewhere


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_documents_by_chance_have_netplans_verdict(core: Core, chance: object) -> None:
    tree = Maker(chance, core.release).files()  # type: ignore[arg-type]  # hypothesis' Random
    one = compare(core.release, tree, core.judge(tree))
    assert one.agree or one.known, (one.said, one.found)
