"""Text-span edits: a stranger's file gives a Netdef up, our own takes it, nothing else moves.

long because half of it is a table of files as they are met.
"""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import assume, given, settings, strategies as st

from hostnet.netplan.document import Document, Entry, Mapping, Node, Scalar, parse, scalars
from hostnet.netplan.edit import HEADER, CannotEdit, put, without
from hostnet.netplan.tree import merge_documents
from tests.unit.documents import COMMENT, IDS, Written, files

MANY = settings(max_examples=30)


def document(text: str) -> Document:
    return parse("/etc/netplan/x.yaml", dedent(text).lstrip("\n").encode())


def definitions(text: str) -> dict[str, tuple[str, Node]]:
    tree = merge_documents([parse("x.yaml", text.encode())])
    return {netdef.id: (netdef.section, netdef.body) for netdef in tree.netdefs}


def is_within(part: list[str] | str, whole: list[str] | str) -> bool:
    rest = iter(whole)
    return all(item in rest for item in part)


# --- properties ------------------------------------------------------------------------


@MANY
@given(files(), st.sampled_from(IDS))
def test_giving_up_a_netdef_only_takes_bytes_away(written: Written, id_: str) -> None:
    text = written.text
    try:
        result = without(parse("x.yaml", text.encode()), id_, leave_empty=False)
    except CannotEdit:
        assert written.may_refuse
        return
    assert is_within(result, text)
    assert definitions(result) == {k: v for k, v in definitions(text).items() if k != id_}
    assert COMMENT.findall(result) == written.comments_without(id_)
    assert result.startswith("\ufeff") == written.bom
    if id_ not in written.ids:
        assert result == text


@MANY
@given(files(), st.sampled_from(IDS))
def test_a_netdef_that_is_referred_to_leaves_its_key_behind(written: Written, id_: str) -> None:
    text = written.text
    try:
        result = without(parse("x.yaml", text.encode()), id_, leave_empty=True)
    except CannotEdit:
        assert written.may_refuse
        return
    expected = definitions(text)
    if id_ in expected:
        expected[id_] = (expected[id_][0], Mapping())
    assert definitions(result) == expected
    assert list(definitions(result)) == list(definitions(text))
    comments = COMMENT.findall(result)
    assert is_within(written.comments_without(id_), comments)
    assert is_within(comments, COMMENT.findall(text))
    again = without(parse("x.yaml", result.encode()), id_, leave_empty=True)
    assert again == result


_BODIES = st.builds(
    lambda mtu, addresses, more: Mapping(
        (
            Entry(Scalar("mtu"), Scalar(str(mtu))),
            Entry(Scalar("addresses"), scalars(*addresses)),
            *((Entry(Scalar("nameservers"), Mapping((Entry(Scalar("search"), scalars("no")),))),)
              if more else ()),
        )
    ),
    st.integers(68, 9000),
    st.lists(st.sampled_from(("10.0.0.1/24", "fd00::1/64", "10.0.0.2/24")), min_size=1),
    st.booleans(),
)  # fmt: skip
_OURS = st.lists(
    st.tuples(st.sampled_from(("ethernets", "bonds", "vlans")), st.sampled_from(IDS), _BODIES),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[1],
)


@MANY
@given(_OURS, _BODIES, st.data())
def test_our_own_file_keeps_other_netdefs_byte_for_byte(
    rows: list[tuple[str, str, Mapping]], body: Mapping, data: st.DataObject
) -> None:
    text: str | None = None
    for section, id_, old in rows:
        text = put(parse("x.yaml", text.encode()) if text else None, section, id_, old)
    assert text is not None
    lines = text.splitlines()
    for number, place in enumerate(data.draw(st.lists(st.integers(0, len(lines)), max_size=3))):
        lines.insert(place, " " * data.draw(st.integers(0, 8)) + f"# c{number} kept;")
    text = "\n".join(lines) + "\n" * data.draw(st.booleans())
    section, id_, _ = data.draw(st.sampled_from([*rows, ("bridges", "br7", body)]))

    result = put(parse("x.yaml", text.encode()), section, id_, body)

    expected = definitions(text) | {id_: (section, body)}
    assert definitions(result) == expected
    span = _lines_of(text, id_)
    new = _lines_of(result, id_)
    assert text[: span.start].rstrip("\n") == result[: new.start][: span.start].rstrip("\n")
    assert result.rstrip("\n").endswith(text[span.stop :].rstrip("\n"))
    assert put(parse("x.yaml", result.encode()), section, id_, body) == result


def _lines_of(text: str, id_: str) -> range:
    """The characters of a Netdef's lines; of one that is absent, the end of the text."""
    root = parse("x.yaml", text.encode()).root
    assert isinstance(root, Mapping)
    for section in root.mapping("network").entries:
        for entry in section.value.entries if isinstance(section.value, Mapping) else ():
            if entry.key.text == id_ and entry.key.span and entry.value.span:
                start = text.rfind("\n", 0, entry.key.span.start) + 1
                end = text.find("\n", entry.value.span.end)
                return range(start, len(text) if end < 0 else end + 1)
    return range(len(text), len(text))


@MANY
@given(files(), st.sampled_from(IDS), _BODIES)
def test_whatever_our_file_was_made_into_it_says_what_it_said_and_the_new(
    written: Written, id_: str, body: Mapping
) -> None:
    assume(len({id_ for _, id_ in written.places}) == len(written.places))
    old = definitions(written.text)
    section = old[id_][0] if id_ in old else "ethernets"
    result = put(parse("x.yaml", written.text.encode()), section, id_, body)
    assert definitions(result) == old | {id_: (section, body)}


# --- files as they are met -------------------------------------------------------------

CASES = {
    "cloud-init's": (
        """
        # This file is generated from information provided by the datasource.  Changes
        # to it will not persist across an instance reboot.
        network:
            ethernets:
                ens33:
                    dhcp4: true
                    match:
                        macaddress: 00:0c:29:aa:bb:cc
                    set-name: ens33
            version: 2
        """,
        """
        # This file is generated from information provided by the datasource.  Changes
        # to it will not persist across an instance reboot.
        network:
            version: 2
        """,
    ),
    "subiquity's": (
        """
        # This is the network config written by 'subiquity'
        network:
          ethernets:
            ens33:
              dhcp4: true
            ens34:
              dhcp4: true
          version: 2
        """,
        """
        # This is the network config written by 'subiquity'
        network:
          ethernets:
            ens34:
              dhcp4: true
          version: 2
        """,
    ),
    "commented by a human": (
        """
        # rack 4, unit 12 -- ask Alice
        network:
          version: 2   # always
          ethernets:   # both ports
            # the uplink
            ens33:     # left port
              addresses:
                - 10.0.0.5/24   # reserved
              # until the move:
              mtu: 9000  # jumbo
            # the storage net

            ens34:
              dhcp4: true
        """,
        """
        # rack 4, unit 12 -- ask Alice
        network:
          version: 2   # always
          ethernets:   # both ports
            # the uplink
            # the storage net

            ens34:
              dhcp4: true
        """,
    ),
    "an emptied section keeps its comments": (
        """
        network:
          ethernets: # both ports
            # the uplink
            ens33: {dhcp4: true}
            # nothing else
          version: 2
        """,
        """
        network:
          # both ports
            # the uplink
            # nothing else
          version: 2
        """,
    ),
    "nothing but the interface": ("network: {ethernets: {ens33: {dhcp4: true}}}\n", ""),
    "an emptied network keeps its comments": (
        """
        # ours
        network: # all of it
          ethernets:
            ens33:
              dhcp4: true
        # end
        """,
        """
        # ours
        # all of it
        # end
        """,
    ),
    "all in flow style": (
        "{network: {version: 2, ethernets: {ens33: {dhcp4: true}, ens34: {}}}}\n",
        "{network: {version: 2, ethernets: {ens34: {}}}}\n",
    ),
    "the last in flow style": (
        "network: {version: 2, ethernets: { ens34: {}, ens33: {dhcp4: true} }}\n",
        "network: {version: 2, ethernets: { ens34: {} }}\n",
    ),
    "a flow section of several lines": (
        """
        network:
          ethernets: {
            # the uplink
            ens33: {dhcp4: true},  # left
            # the storage
            ens34: {dhcp4: true},  # right
          }
        """,
        """
        network:
          ethernets: {
            # the uplink
            # the storage
            ens34: {dhcp4: true},  # right
          }
        """,
    ),
    "an emptied flow section with comments": (
        """
        network:
          ethernets: {
            # the uplink
            ens33: {dhcp4: true},
          }
        """,
        """
        network:
          ethernets: {
            # the uplink
          }
        """,
    ),
    "in two sections of one name": (
        """
        network:
          ethernets:
            ens33: {dhcp4: true}
          bonds: {bond0: {}}
          ethernets:
            ens33: {mtu: 1500}
            ens34: {}
        """,
        """
        network:
          bonds: {bond0: {}}
          ethernets:
            ens34: {}
        """,
    ),
    "beside a section's renderer": (
        """
        network:
          ethernets:
            renderer: networkd
            ens33: {dhcp4: true}
        """,
        """
        network:
          ethernets:
            renderer: networkd
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("break_", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "BOM"])
def test_a_file_gives_the_interface_up(before: str, after: str, break_: str, bom: str) -> None:
    before, after = (
        bom + dedent(text).lstrip("\n").replace("\n", break_) for text in (before, after)
    )
    assert without(parse("x.yaml", before.encode()), "ens33", leave_empty=False) == after


LEFT = {
    "block": ("    ens33: # up\n      dhcp4: true # lease\n", "    ens33: {}  # up\n"),
    "flow": ("    ens33: {dhcp4: true} # up\n", "    ens33: {} # up\n"),
    "flow of several lines": (
        "    ens33: {macaddress: '#1',\n      dhcp4: true} # up\n", "    ens33: {} # up\n"),
    "empty already": ("    ens33:   {}\n", "    ens33:   {}\n"),
    "quoted": ("    'ens33' :\n      dhcp4: true\n", "    'ens33' : {}\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), LEFT.values(), ids=LEFT)
def test_where_others_refer_to_it_braces_stay(before: str, after: str) -> None:
    head, tail = "network:\n  ethernets:\n", "  vlans:\n    v: {id: 1, link: ens33}\n"
    old = document(head + before + tail)
    assert without(old, "ens33", leave_empty=True) == head + after + tail


REFUSED = {
    "an anchor that others need": (
        "network:\n  ethernets:\n    ens33: &a {dhcp4: true}\n    ens34: *a\n"),
    "a key with a question mark": "network:\n  ethernets:\n    ? ens33\n    : dhcp4: true\n",
    "a second document would come first": "network: {ethernets: {ens33: {}}}\n---\na: b\n",
    "carriage returns alone": "network:\r  ethernets:\r    ens33: {mtu: 1}\r  version: 2\r",
    "a list": "- ens33\n",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_cut_out_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(CannotEdit):
        without(parse("x.yaml", text.encode()), "ens33", leave_empty=False)


def test_a_file_without_the_interface_is_left_alone() -> None:
    old = document("network:\n  version:  2 # x")
    assert without(old, "ens33", leave_empty=False) == old.text


def test_an_interface_called_network_is_no_reason_to_empty_the_file() -> None:
    old = document("network:\n  bridges:\n    network: {}\n    br0: {}\n")
    assert without(old, "network", leave_empty=False) == "network:\n  bridges:\n    br0: {}\n"


BODY = Mapping((Entry(Scalar("mtu"), Scalar("1500")),))


def test_our_file_is_new_where_there_is_none_or_an_empty_one() -> None:
    expected = HEADER + "network:\n  version: 2\n  ethernets:\n    ens33:\n      mtu: 1500\n"
    for old in (None, document(""), document("# gone\n"), document("network: {}\n")):
        assert put(old, "ethernets", "ens33", BODY) == expected


def test_a_comment_in_our_file_stays_if_nothing_changes() -> None:
    text = "network:\n  ethernets:\n    ens33:\n      # why\n      mtu: '1500' # jumbo\n"
    assert put(document(text), "ethernets", "ens33", BODY) == text


def test_our_file_laid_out_anew_is_written_whole() -> None:
    text = "network: {version: 2, ethernets: {ens34: {mtu: 9000}}}\n"
    assert put(document(text), "ethernets", "ens33", BODY) == HEADER + (
        "network:\n  version: 2\n  ethernets:\n    ens34:\n      mtu: 9000\n"
        "    ens33:\n      mtu: 1500\n"
    )
