"""The YAML reader: every node knows its place, every fault names one, no bomb goes off."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings, strategies as st

from hostnet.model import Position
from hostnet.netplan.document import (
    MAX_BYTES,
    MAX_DEPTH,
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    YamlFault,
    parse,
    position_of,
    scalars,
)

FAULTS = {
    "a tab as indentation": (b"a:\n\tb: c\n", 2, 1, "a tab"),
    "a tab at the start": (b"\ta: b", 1, 1, "a tab"),
    "a missing space behind the colon": (b"a:\n  dhcp4:no\n  b: c\n", 3, 4, "mapping values"),
    "a wrong indentation": (b"a:\n    b: 1\n  c: 2\n", 3, 3, "did not find expected key"),
    "an open quote": (b'a: b\nc: "d\n', 3, 1, "end of stream"),
    "an open bracket": (b"a: [b,\n  c\n", 3, 1, ""),
    "an unknown alias": (b"a: 1\nb: *x\n", 2, 4, "alias *x is not defined"),
    "an alias of what it stands in": (b"&a [1, *a]", 1, 8, "alias *a is not defined"),
    "a list as a key": (b"? [a]\n: b\n", 1, 1, "a key must be a plain text"),
    "a NUL": (b"a: b\nc: d\x00\n", 2, 5, "'\\x00'"),
    "an escape character": (b"a: \x1b[31m\n", 1, 4, "'\\x1b'"),
    "Latin-1": (b"a: b\nc: d\xe9\n", 2, 5, "byte 0xe9 is not UTF-8"),
    "Latin-1 behind UTF-8": ("a: ü".encode() + b"\xe9\n", 1, 5, "byte 0xe9 is not UTF-8"),
    "UTF-16": ("a: b".encode("utf-16"), 1, 1, "is not UTF-8"),
    "a cut-off character": ("é".encode()[:1], 1, 1, "is not UTF-8"),
    "another YAML": (b"%YAML 2.0\n---\na: b\n", 1, 1, "incompatible"),
    "a character beyond Unicode": (b'x:\n  a: "\\UFFFFFFFF"\n', 2, 9, "escape code"),
    "just beyond Unicode": (b'x:\n  a: "\\U00110000"\n', 2, 9, "escape code"),
    "half a character": (b'x:\n  a: "\\uD800"\n', 2, 9, "escape code"),
    "a huge version": (b"%YAML 1." + b"9" * 5000 + b"\n---\na: b\n", 1, 18, "version number"),
    "the end of a document alone": (b"...\n", 1, 1, ""),
    "random bytes": (bytes(range(1, 256)), 2, 118, "is not UTF-8"),
}


@pytest.mark.parametrize(("data", "line", "column", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_its_place(data: bytes, line: int, column: int, message: str) -> None:
    with pytest.raises(YamlFault) as caught:
        parse("/etc/netplan/x.yaml", data)
    assert caught.value.position == Position("/etc/netplan/x.yaml", line, column)
    assert message in caught.value.message
    assert not caught.value.too_large


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
TOO_LARGE = {
    "more than a mebibyte": b"#" * (MAX_BYTES + 1),
    "ten megabytes": b"a: b\n" * 2_000_000,
    "an alias bomb": BOMB.encode(),
    "an alias bomb in mappings": b"k0: &k0 {x: 1}\n" + b"".join(
        b"k%d: &k%d {p: *k%d, q: *k%d}\n" % (n, n, n - 1, n - 1) for n in range(1, 40)
    ),
    "deep brackets": b"[" * 5000,
    "deep dashes": b"- " * 5000 + b"a",
    "deep keys": b"".join(b" " * n + b"a:\n" for n in range(MAX_DEPTH + 3)),
}  # fmt: skip


@pytest.mark.parametrize("data", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_is_refused_at_once(data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(YamlFault) as caught:
        parse("x.yaml", data)
    assert caught.value.too_large
    assert time.monotonic() - started < 5


def test_nesting_and_aliases_of_a_sane_size_are_fine() -> None:
    parse("x.yaml", b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    parse("x.yaml", b"a: &a {x: 1}\n" + b"".join(b"k%d: *a\n" % n for n in range(500)))


@settings(max_examples=120)
@given(
    st.one_of(
        st.text(max_size=40), st.text("ab:-[]{}&*!|>'\"#%@`?,\n \t\\U0xuF~\ufeff", max_size=30)
    )
)
def test_any_text_is_read_or_a_fault(text: str) -> None:
    data = text.encode(errors="surrogatepass")
    try:
        document = parse("x.yaml", data)
    except YamlFault as fault:
        place = fault.position
        document = None
    if document is None:
        assert min(place.line, place.column) >= 1
        return
    assert document.text == text
    for node in _nodes(document.root):
        assert node.span is not None
        assert 0 <= node.span.start <= len(text)


def _nodes(node: Node | None) -> list[Node]:
    if isinstance(node, Mapping):
        inner = [part for entry in node.entries for part in (entry.key, entry.value)]
        return [node, *(found for part in inner for found in _nodes(part))]
    if isinstance(node, Sequence):
        return [node, *(found for part in node.items for found in _nodes(part))]
    return [node] if node is not None else []


@pytest.mark.parametrize("text", ["", "\n", "# a\n", "---\n", "---\n...\n", "\ufeff", "~\n"])
def test_a_file_of_nothing_has_no_root(text: str) -> None:
    assert parse("x.yaml", text.encode()).root is None


def test_only_the_first_document_counts_as_for_netplan() -> None:
    root = parse("x.yaml", b"a: b\n---\nc: d\n").root
    assert root == Mapping((Entry(Scalar("a"), Scalar("b")),))


def test_a_scalar_keeps_its_text_and_has_no_type() -> None:
    root = parse("x.yaml", b"[yes, 0777, 1e3, ~, '', \"\\x41\", 22:22, !!int '5']").root
    assert root == scalars("yes", "0777", "1e3", "~", "", "A", "22:22", "5")
    assert isinstance(root, Sequence)
    plain = [item.plain for item in root.items if isinstance(item, Scalar)]
    assert plain == [True, True, True, True, False, False, True, False]


def test_every_node_knows_line_column_and_text() -> None:
    text = "network:\r\n  a: &x [1, {b: 'c'}]\r\n  d: *x\r\n  e: |\r\n    f\r\n  g:\r\n  h: i\r\n"
    document = parse("x.yaml", text.encode())
    assert isinstance(document.root, Mapping)
    network = document.root.mapping("network")
    shown = {}
    for entry in network.entries:
        span = entry.value.span
        assert span is not None
        where = (span.position.line, span.position.column)
        shown[entry.key.text] = (*where, text[span.start : span.end].rstrip())
    assert shown == {
        "a": (2, 6, "&x [1, {b: 'c'}]"),
        "d": (3, 6, "*x"),
        "e": (4, 6, "|\r\n    f"),
        "g": (6, 3, ""),
        "h": (7, 6, "i"),
    }
    assert network.get("d") == network.get("a")


def test_a_block_ends_with_its_last_text_not_with_comments_behind_it() -> None:
    text = "a:\n  b: c  # own\n\n  # not own\nd: e\n"
    root = parse("x.yaml", text.encode()).root
    assert isinstance(root, Mapping)
    value = root.get("a")
    assert value is not None
    assert value.span is not None
    assert text[value.span.start : value.span.end] == "b: c"


def test_columns_count_characters_behind_a_byte_order_mark_or_not() -> None:
    for text in ("é: [ü, ö]\n", "\ufeffé: [ü, ö]\n"):
        root = parse("x.yaml", text.encode()).root
        assert isinstance(root, Mapping)
        node = root.sequence("é")[1]
        assert position_of(node) == Position("x.yaml", 1, text.index("ö") + 1 - ("\ufeff" in text))


def test_a_mapping_answers_for_its_keys() -> None:
    root = parse("x.yaml", b"a: 1\nb: [c]\na: 2\nd: {e: f}\n").root
    assert isinstance(root, Mapping)
    assert root.text("a") == "2"
    assert root.text("b") is None
    assert root.sequence("a") == ()
    assert root.mapping("b") == Mapping()
    assert root.mapping("d").text("e") == "f"
    assert root.get("x") is None


def test_a_changed_mapping_keeps_the_order() -> None:
    root = Mapping(tuple(Entry(Scalar(k), Scalar(k)) for k in "abc"))

    def keys(mapping: Mapping) -> str:
        return "".join(entry.key.text for entry in mapping.entries)

    assert keys(root.with_value("b", Scalar("x"))) == "abc"
    assert keys(root.with_value("b", None)) == "ac"
    assert keys(root.with_value("d", Scalar("x"))) == "abcd"
    assert keys(root) == "abc"
