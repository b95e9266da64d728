"""What hostnet writes is read alike by YAML 1.1, by YAML 1.2 and by our own reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from io import StringIO

import pytest
from hypothesis import given, settings, strategies as st
from ruamel.yaml import YAML

from hostnet.netplan.document import Entry, Mapping, Node, Scalar, Sequence, parse, scalars
from hostnet.netplan.render import block

TRAPS = (
    *("y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE"),
    *("false", "on", "On", "ON", "off", "OFF", "null", "Null", "NULL", "~", ""),
    *("0", "12", "0777", "0o17", "0x1f", "0b101", "1_000", "-1", "+1", "1e3", "1E3", "1.5", ".5"),
    *("1.", "1.e+3", ".inf", "-.inf", "+.INF", ".nan", ".NaN", "22:22", "1:30.5", "190:20:30"),
    *("00:11:22:33:44:55", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-1-1"),
    *("=", "<<", "<", "-", "- a", "?", ":", "a:", ":a", "a: b", "a #b", "#", "#a", "@a", "`a"),
    *("%a", "&a", "*a", "!a", "!!int 5", "|", ">", "[a]", "{a: b}", "a,b", "a]", ",", "---", "..."),
    *("'", '"', "it's", '"a"', "\\", "\\n", "a\\b", " a", "a ", "  ", "\t", "a\tb", "a\n", "\na"),
    *("a\nb", "a\r\nb", "a\n\n b", "\x00", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff"),
    *(
        "é",
        "ü ö",
        "日本",
        "😀",
        "\u202eabc",
        "a" * 3000,
        "10.0.0.1/24",
        "fd00::1/64",
        "::1",
        "1::2",
    ),
    *("default", "2001:db8::5", "52:54:00:12:34:56", "fe80::1%ens33", "../x", "$HOME", "a b"),
)


def readers() -> dict[str, Callable[[str], object]]:
    """Every reader of YAML there is, as functions from text to Python values."""

    def ruamel(version: str, text: str) -> object:
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        return yaml.load(StringIO(text))

    found = {f"YAML {version}": partial(ruamel, version) for version in ("1.1", "1.2")}
    return found | ({"PyYAML": import_module("yaml").safe_load} if find_spec("yaml") else {})


def as_written(node: Node) -> object:
    """The node as the Python values that a reader must make of it, all texts."""
    if isinstance(node, Mapping):
        return {entry.key.text: as_written(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [as_written(item) for item in node.items]
    return node.text


def read_back(node: Mapping) -> None:
    """Prove that every reader gives back what was written."""
    text = block(node)
    assert parse("x.yaml", text.encode()).root == node
    for name, load in readers().items():
        assert load(text) == as_written(node), name


def text(value: str) -> Scalar:
    return Scalar(value, plain=False)


@pytest.mark.parametrize("trap", TRAPS, ids=ascii)
def test_no_text_is_taken_for_anything_else(trap: str) -> None:
    if 0 < len(trap) < 1000:  # YAML's limit of a key
        read_back(Mapping((Entry(text(trap), text("key")),)))
    read_back(
        Mapping(
            (
                Entry(text("value"), text(trap)),
                Entry(text("list"), Sequence((text(trap), text("b"), text(trap)))),
                Entry(text("items"), Sequence((Mapping((Entry(text("to"), text(trap)),)),))),
            )
        )
    )


_TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.text("0123456789abefnoxyNOX_.:+-~=<> \t#'\"\\\n,[]{}", max_size=8),
)
_NODES = st.recursive(
    st.builds(text, _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: Sequence(tuple(items))),
        st.dictionaries(_TEXTS, inner, max_size=3).map(
            lambda items: Mapping(tuple(Entry(text(k), v) for k, v in items.items()))
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(st.dictionaries(_TEXTS, _NODES, min_size=1, max_size=3))
def test_every_tree_is_read_back_as_it_was(tree: dict[str, Node]) -> None:
    read_back(Mapping(tuple(Entry(text(key), value) for key, value in tree.items())))


@pytest.mark.parametrize("value", ["yes", "true", "0777", "1500", "1e3", "null", "2001-12-14"])
def test_what_stood_plain_comes_back_plain(value: str) -> None:
    node = Mapping((Entry(Scalar("mtu"), Scalar(value)),))
    assert block(node) == f"mtu: {value}\n"
    assert parse("x.yaml", block(node).encode()).root == node


def test_a_definition_is_written_as_people_write_it() -> None:
    route = Mapping((Entry(Scalar("to"), text("default")), Entry(Scalar("via"), text("10.0.0.1"))))
    node = Mapping(
        (
            Entry(text("dhcp4"), Scalar("false")),
            Entry(text("match"), Mapping((Entry(text("macaddress"), text("52:54:00:12:34:56")),))),
            Entry(text("addresses"), scalars("10.0.0.5/24", "fd00::5/64")),
            Entry(text("routes"), Sequence((route, Mapping(), Sequence()))),
            Entry(text("optional-addresses"), Sequence()),
            Entry(text("link-local"), Mapping()),
        )
    )
    assert block(node, 1) == (
        "  dhcp4: false\n"
        "  match:\n"
        "    macaddress: '52:54:00:12:34:56'\n"
        '  addresses: [10.0.0.5/24, "fd00::5/64"]\n'
        "  routes:\n"
        "    - to: default\n"
        "      via: 10.0.0.1\n"
        "    - {}\n"
        "    - []\n"
        "  optional-addresses: []\n"
        "  link-local: {}\n"
    )
