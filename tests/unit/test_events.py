"""Two parsers, one meaning: what libyaml reads, ruamel's parser in Python reads the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from hostnet.netplan import events as reading
from hostnet.netplan.events import BYTE_ORDER_MARK, NotYaml, events

TEXTS = (
    "",
    "# nothing\n",
    "network:\n  version: 2\n  ethernets:\n    ens33: {dhcp4: true}  # the uplink\n",
    "a: [10.0.0.5/24, 2001:db8::5/64, '2001:db8::6/64']\n",
    "a: {b: 2001:db8::1, c: 22:22}\n",
    "a: &x [1, {b: 'c'}]\nd: *x\ne: |\n  f\ng:\nh: \"\\x41\"\n",
    "a: b\r\nc:\r\n- d\r\n-\r\n- ~\r\n",
    "--- !!map\n? a\n: !!str b\n...\n---\nc: d\n",
    "ü: [é, ö]\n# ä\nz: ß\n",
)
NOT_YAML = {
    "a tab": ("a:\n\tb: c\n", 1, 0),
    "a second colon": ("a: b: c\n", 0, 4),
    "an open bracket": ("a: [b,\n  c\n", 2, 0),
    "an escape character": ("ü: b\nc: \x1b[31m\n", 1, 3),
    "a NUL": ("a: b\nc: d\x00\n", 1, 4),
}
OUT_OF_RANGE = {
    "a character beyond Unicode": 'x:\n  a: "\\UFFFFFFFF"\n',
    "just beyond Unicode": '"\\U00110000"',
    "half a character": '"\\uD800"',
    "a huge version": "%YAML 1." + "9" * 5000 + "\n---\na\n",
}
Event = Any
Reader = Callable[[str], Iterator[tuple[str, Event]]]
READERS: tuple[Reader, ...] = (reading._libyaml, reading._ruamel)


def _told(reader: Reader, text: str) -> list[tuple[object, ...]]:
    return [_seen(kind, event) for kind, event in reader(text)]


def _seen(kind: str, event: Event) -> tuple[object, ...]:
    mark = event.start_mark
    anchor, value = getattr(event, "anchor", None), getattr(event, "value", None)
    # Where a collection or an empty text ends they differ, and nobody looks there.
    end = event.end_mark.index if kind == "Scalar" and value else None
    return (kind, anchor, value, mark.line, mark.column, mark.index, end)


@pytest.mark.parametrize("text", TEXTS)
def test_both_parsers_tell_of_the_same_events(text: str) -> None:
    told = [_told(reader, text) for reader in READERS]
    # Where there is no text to stand at, each has a place of its own.
    wanted = [[seen for seen in each if seen[0] in _WITH_TEXT and seen[2] != ""] for each in told]
    assert wanted[0] == wanted[1]
    assert [seen[0] for seen in told[0]] == [seen[0] for seen in told[1]]


_WITH_TEXT = ("ScalarEvent", "AliasEvent", "SequenceStartEvent", "MappingStartEvent")


@pytest.mark.parametrize("reader", READERS, ids=("libyaml", "ruamel"))
@pytest.mark.parametrize(("text", "line", "column"), NOT_YAML.values(), ids=NOT_YAML)
def test_both_name_the_same_place(reader: Reader, text: str, line: int, column: int) -> None:
    with pytest.raises(NotYaml) as caught:
        list(reader(text))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.problem


@pytest.mark.parametrize("reader", READERS, ids=("libyaml", "ruamel"))
@pytest.mark.parametrize("text", OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_numbers_and_escapes_have_their_bounds(reader: Reader, text: str) -> None:
    with pytest.raises(NotYaml):
        list(reader(text))


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=40), st.text("ab:-[]{}&*!|>'\"#%@`?,\n \t\\U0xuF~", max_size=30)))
def test_any_text_is_read_or_not_yaml(text: str) -> None:
    for reader in READERS:
        with suppress(NotYaml):
            list(reader(text))


def test_no_mark_counts_the_byte_order_mark() -> None:
    for ahead in ("", BYTE_ORDER_MARK):
        (found,) = [event for kind, event in events(f"{ahead}a\n") if kind == "Scalar"]
        assert (found.start_mark.index, found.end_mark.index, found.start_mark.column) == (0, 1, 0)
