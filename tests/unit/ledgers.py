"""Ledgers of a recorded host (the world of tests/integration/foreign.py), and parts of them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from hostnet.host.ledger import QUESTIONS, QUESTIONS6, parse
from hostnet.ledger.objects import Ledger, Object
from hostnet.ledger.words import shown

Thing = TypeVar("Thing", bound=Object)

RECORDED = Path(__file__).with_name("recorded")
"""A line for each of QUESTIONS, of QUESTIONS6, and `bridge fdb show`, by iproute2's version."""
VERSIONS = ("6.1", "6.15", "7.3")


def recorded(version: str = "6.1") -> Ledger:
    """The ledger of what that version of iproute2 showed."""
    lines = (RECORDED / f"ledger-{version}.txt").read_text().splitlines()
    answers = [line for line in lines if line.strip()]
    return parse(answers[: len(QUESTIONS) + len(QUESTIONS6) + 1])


def called(ledger: Ledger, name: str) -> Object:
    """The one object whose name, as shown, begins so."""
    (found,) = [each for each in ledger.objects() if shown(each).startswith(name)]
    return found


def without(ledger: Ledger, *names: str) -> Ledger:
    """The ledger without the objects whose names begin so."""
    gone = {called(ledger, name) for name in names}
    return Ledger(
        _rest(ledger.links, gone),
        _rest(ledger.addresses, gone),
        _rest(ledger.neighbours, gone),
        _rest(ledger.fdb, gone),
        _rest(ledger.nexthops, gone),
        _rest(ledger.routes, gone),
        _rest(ledger.rules, gone),
    )


def _rest(things: tuple[Thing, ...], gone: set[Object]) -> tuple[Thing, ...]:
    return tuple(each for each in things if each not in gone)
