"""What reads a scalar's text: made from the words of the schema, each tells what does not fit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hostnet.findings import (
    ADDRESS_MALFORMED,
    BOOLEAN_MALFORMED,
    NOT_IN_RELEASE,
    NUMBER_MALFORMED,
    VALUE_UNKNOWN,
)
from hostnet.netplan.suggest import did_you_mean
from hostnet.netplan.texts import boolean, is_ipv4, is_ipv6, number
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hostnet.findings import Rule
    from hostnet.netplan.formats import Fault

    Reader = Callable[[str], Fault | None]

_STANDARD: dict[str, Callable[[str], bool]] = {"ipv4": is_ipv4, "ipv6": is_ipv6}


def a_boolean(text: str) -> Fault | None:
    """What netplan takes for true or false."""
    if boolean(text) is not None:
        return None
    return BOOLEAN_MALFORMED, f"{quoted(text)} is no boolean"


def an_integer(least: int, most: int | None, rule: Rule | None) -> Reader:
    """A whole number in a range."""
    limits = f"{least} to {most}" if most is not None else f"at least {least}"

    def read(text: str) -> Fault | None:
        value = number(text)
        if value is not None and least <= value and (most is None or value <= most):
            return None
        return rule or NUMBER_MALFORMED, f"{quoted(text)} is no whole number, {limits}"

    return read


def a_pattern(pattern: str, rule: Rule | None) -> Reader:
    """A text that the pattern matches from end to end."""
    expression = re.compile(pattern.removesuffix("$"))

    def read(text: str) -> Fault | None:
        if expression.fullmatch(text):
            return None
        return rule or VALUE_UNKNOWN, f"{quoted(text)} cannot stand here"

    return read


def standard(name: str, rule: Rule | None) -> Reader:
    """A format of JSON Schema's own: ipv4 or ipv6."""
    fits = _STANDARD[name]
    family = name.replace("ip", "IP")

    def read(text: str) -> Fault | None:
        if fits(text):
            return None
        return rule or ADDRESS_MALFORMED, f"{quoted(text)} is no {family} address"

    return read


def one_of(
    words: tuple[str, ...], later: dict[str, str], rule: Rule | None, *, any_case: bool
) -> Reader:
    """One of the words; of others it is known since when they are."""
    known = frozenset(words)

    def read(text: str) -> Fault | None:
        word = text.lower() if any_case else text
        if word in known:
            return None
        if word in later:
            return NOT_IN_RELEASE, f"{text!r} is known since netplan {later[word]}"
        message = f"{quoted(text)} is none of {', '.join(words)}{did_you_mean(text, words)}"
        return rule or VALUE_UNKNOWN, message

    return read


def any_of(readers: list[Reader], rule: Rule | None, part: dict[str, Any]) -> Reader:
    """What one of several takes; ``part`` is what the schema says of them together."""
    if len(readers) == 1:
        return readers[0]
    words = [str(w) for one in part["anyOf"] for w in one.get("enum", ())]

    def read(text: str) -> Fault | None:
        fault = None
        for reader in readers:
            fault = reader(text)
            if fault is None:
                return None
        assert fault is not None
        if rule is None:
            return fault
        return rule, f"{quoted(text)}: {part['description'].rstrip('.')}{did_you_mean(text, words)}"

    return read
