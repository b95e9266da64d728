"""netplan files that are anything at all: none may raise, take a second or 200 MB.

`python -m tests.language.fuzz` looks at a hundred thousand.
"""

from __future__ import annotations

import pytest

from hostnet.judgement import judged
from hostnet.model import SourceFile
from hostnet.netplan.releases import NEWEST
from tests.language.fuzz import HOSTILE, data, look

SAMPLE = 1000


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_files_do_no_harm(number: int) -> None:
    look(HOSTILE[number])


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"network: " + b"x" * (100 << 20), "HN003"),
        (b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (n, n, n - 1, n - 1)
         for n in range(ord("b"), ord("z"))), "HN003"),
        (b"network: " + b"[" * 10_000, "HN003"),
        (b"network: {version: " + b"9" * 100_000 + b"}", "HN107"),
        (b"\0", "HN002"),
        (b'network: {ethernets: {"\\udfff": {}}}', "HN002"),
    ],
)  # fmt: skip
def test_and_are_told(data: bytes, rule: str) -> None:
    source = SourceFile("a.yaml", data, target="a.yaml")
    found = judged([source], (NEWEST,), (), is_named=True).findings
    assert rule in [finding.rule.id for finding in found]


def test_anything_does_no_harm() -> None:
    for number in range(SAMPLE):
        look(data(number))
