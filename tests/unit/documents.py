"""Random netplan files as people and programs lay them out, with every comment accounted for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hypothesis import strategies as st

COMMENT = re.compile(r"# c\d+ [^\r\n]*?;")
"""Every comment of a generated file; none occurs elsewhere in it."""

IDS = ("ens33", "eth0", "enp1s0", "br0", "network", "ethernets", "no", "dhcp4", "w 1", "ü")
SECTIONS = ("ethernets", "bonds", "bridges", "vlans", "wifis")
_ODD = ("", "é", "{x: y}", "eth0: {}", "- a", "'", '"', "&a *b", "\t", "| >", "#, b: c,")


@dataclass
class Written:
    """A file's text; for each of its comments, in order, the Netdef it stands inside of."""

    lines: list[tuple[str, str | None]] = field(default_factory=list)
    break_: str = "\n"
    bom: bool = False
    final_break: bool = True
    ids: set[str] = field(default_factory=set)
    places: set[tuple[str, str]] = field(default_factory=set)
    """Sections and the IDs in them."""
    comments: int = 0
    may_refuse: bool = False
    """It has an alias, whose anchor may go, or a second document, which may become the first."""

    def add(self, line: str, owner: str | None = None) -> None:
        """Add a line; its comments are the owner's, or stay whatever goes."""
        self.lines.append((line, owner))

    @property
    def text(self) -> str:
        """All of it."""
        text = self.break_.join(line for line, _ in self.lines)
        return "\ufeff" * self.bom + text + self.break_ * self.final_break

    def comments_without(self, id_: str | None) -> list[str]:
        """The comments that stay when the Netdef goes."""
        return [
            comment
            for line, owner in self.lines
            for comment in COMMENT.findall(line)
            if owner is None or owner != id_
        ]


class Author:
    """Writes a file, asking hypothesis at every choice."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._anchors: list[str] = []
        self.file = Written(
            break_=self.one_of("\n", "\r\n"), bom=self.maybe(), final_break=self.maybe()
        )

    def one_of(self, *choices: str) -> str:
        """Choose."""
        return self._draw(st.sampled_from(choices))

    def maybe(self) -> bool:
        """Yes or no."""
        return self._draw(st.booleans())

    def number(self, least: int, most: int) -> int:
        """A number of a range."""
        return self._draw(st.integers(least, most))

    def comment(self) -> str:
        """A comment that is unlike all others."""
        self.file.comments += 1
        return f"# c{self.file.comments} {self.one_of(*_ODD)};"

    def behind(self) -> str:
        """A comment behind a line, or nothing."""
        return " " * self.number(1, 3) + self.comment() if self.maybe() else ""

    def fill(self, owner: str | None, most: int = 12) -> None:
        """Blank lines and comments at any indentation."""
        for _ in range(self.number(0, 2)):
            blank = " " * self.number(0, most)
            self.file.add(blank + self.comment() if self.maybe() else blank, owner)

    def key(self, text: str) -> str:
        """A key, plain or quoted."""
        plain = text if text != "w 1" or self.maybe() else f"'{text}'"
        return self.one_of(plain, f'"{text}"', f"'{text}'")

    # --- the file -----------------------------------------------------------------------

    def write(self) -> Written:
        """All of it."""
        if self.maybe():
            self.fill(None)
        if self.maybe():
            self.file.add("---" + self.behind())
        if self.number(0, 4) == 0:
            self._flow_network()
            return self.file
        self.fill(None)
        if self.number(0, 5) == 0:
            self.file.add(f"other: [a, {{b: c}}]{self.behind()}")
        self.file.add(f"{self.key('network')}:{self.behind()}")
        indent = self.number(1, 4)
        pad = " " * indent
        self.fill(None)
        if self.maybe():
            self.file.add(f"{pad}version: 2{self.behind()}")
        for section in self._draw(st.lists(st.sampled_from(SECTIONS), min_size=1, max_size=3)):
            self._section(section, indent)
        if self.maybe():
            self.file.add(f"{pad}renderer: networkd{self.behind()}")
        self.fill(None)
        if self.number(0, 5) == 0:
            self.file.add("other: {a: b}" + self.behind())
        if self.number(0, 5) == 0:
            self.file.may_refuse = True
            self.file.add("---")
            self.file.add("network: {ethernets: {ens33: {dhcp4: true}}}")
        return self.file

    def _section(self, section: str, indent: int) -> None:
        pad = " " * indent
        ids = self._draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=3))
        self.file.ids.update(ids)
        self.file.places.update((section, id_) for id_ in ids)
        style = self.one_of("block", "block", "flow", "line")
        if style == "line":
            body = ", ".join(f"{self.key(id_)}: {self._flow()}" for id_ in ids)
            space = self.one_of("", " ")
            self.file.add(f"{pad}{section}: {{{space}{body}{space}}}{self.behind()}")
            return
        if style == "flow":
            self.file.add(f"{pad}{section}: {{{self.behind()}")
            self._flow_ids(ids, pad)
            self.file.add(f"{pad} }}{self.behind()}")
            return
        self.file.add(f"{pad}{section}:{self.behind()}")
        inner = indent + self.number(1, 4)
        self.fill(None)
        for id_ in ids:
            self._netdef(id_, inner)
            self.fill(None)

    def _flow_ids(self, ids: list[str], pad: str) -> None:
        for number, id_ in enumerate(ids):
            self.fill(None)
            comma = "," if number + 1 < len(ids) else self.one_of("", ",")
            entry = f"{pad}  {self.key(id_)}: {self._flow()}{comma}"
            self.file.add(entry + self.behind(), id_)
        self.fill(None)

    def _flow_network(self) -> None:
        ids = self._draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=3))
        self.file.ids.update(ids)
        if self.maybe():
            body = ", ".join(f"{self.key(id_)}: {self._flow()}" for id_ in ids)
            version = self.one_of("", "version: 2, ")
            self.file.add(f"{{network: {{{version}ethernets: {{{body}}}}}}}{self.behind()}")
            return
        self.file.add(f"{{network:{self.behind()}")
        self.file.add(f" {{version: 2,{self.behind()}")
        self.file.add(f" ethernets: {{{self.behind()}")
        self._flow_ids(ids, "  ")
        self.file.add(f" }}}}}}{self.behind()}")

    def _flow(self) -> str:
        return self.one_of(
            "{}", "{dhcp4: true}", "{addresses: [10.0.0.1/24, 'fd00::1/64'], mtu: 1500}",
            '{ "dhcp4" : yes , nameservers: {addresses: [9.9.9.9,]}, }',
        )  # fmt: skip

    # --- a Netdef -----------------------------------------------------------------------

    def _netdef(self, id_: str, indent: int) -> None:
        pad = " " * indent
        key = self.key(id_)
        style = self.one_of("block", "block", "block", "line", "flow", "alias")
        if style == "alias" and self._anchors:
            self.file.may_refuse = True
            self.file.add(f"{pad}{key}: *{self.one_of(*self._anchors)}{self.behind()}", id_)
        elif style == "line":
            self.file.add(f"{pad}{key}: {self._flow()}{self.behind()}", id_)
        elif style == "flow":
            self.file.add(f"{pad}{key}: {{dhcp4: '#no',{self.behind()}", id_)
            self.fill(id_)
            self.file.add(f"{pad}   mtu: 1500}}{self.behind()}", id_)
        else:
            anchor = ""
            if self.number(0, 3) == 0:
                anchor = f" &a{len(self._anchors)}"
                self._anchors.append(anchor[2:])
            self.file.add(f"{pad}{key}:{anchor}{self.behind()}", id_)
            inner = indent + self.number(1, 4)
            count = self.number(1, 4)
            for number in range(count):
                self.fill(id_)
                self._value(id_, inner, last=number + 1 == count)

    def _value(self, id_: str, indent: int, *, last: bool) -> None:
        pad = " " * indent
        kind = self.number(0, 7)
        if kind == 0:
            self.file.add(f"{pad}addresses:{self.behind()}", id_)
            for _ in range(self.number(1, 3)):
                self.file.add(f"{pad}- 10.0.0.1/24{self.behind()}", id_)
        elif kind == 1:
            self.file.add(f"{pad}note: {self.one_of('|', '>', '|-', '>-')}", id_)
            self.file.add(f"{pad}  it's: # no comment", id_)
            self.file.add(f"{pad}    deeper {{", id_)
            # Only what is indented less than the text is no text any more.
            if last:
                self.file.add(f"{pad}{self.comment()}")
            else:
                self.file.add(f"{pad}mtu: 1500{self.behind()}", id_)
        elif kind == 2:
            self.file.add(f'{pad}note: "one', id_)
            self.file.add(f'{pad}   # no comment: {{"{self.behind()}', id_)
        elif kind == 3:
            self.file.add(f"{pad}note: one", id_)
            self.file.add(f"{pad}  two{self.behind()}", id_)
        elif kind == 4:
            self.file.add(f"{pad}routes:{self.behind()}", id_)
            self.fill(id_)
            self.file.add(f"{pad}  - to: default{self.behind()}", id_)
            self.file.add(f"{pad}    via: 10.0.0.2{self.behind()}", id_)
        elif kind == 5:
            self.file.add(f"{pad}addresses: [10.0.0.1/24,{self.behind()}", id_)
            self.file.add(f"{pad}   'fd00::1/64' ]{self.behind()}", id_)
        else:
            line = self.one_of("dhcp4: true", "mtu: 9000", '"a#b": c#d', "x: '# y'", "z: é")
            self.file.add(f"{pad}{line}{self.behind()}", id_)


@st.composite
def files(draw: st.DrawFn) -> Written:
    """Any of them."""
    return Author(draw).write()
