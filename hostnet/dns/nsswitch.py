"""Whom a program of this host asks for names: the ``hosts`` line of nsswitch.conf(5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import SourceFile

PATH = "/etc/nsswitch.conf"
_WORD = re.compile(r"\[[^\]]*\]|[^\s\[\]]+")


class Source(Value):
    """A service that is asked; ``action`` is what its answer leads to, in the file's words."""

    name: str
    action: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.action}" if self.action else self.name


_DEFAULT = (Source("files"), Source("dns"))
"""Of glibc where the file says nothing (2.34, nss/nss_database.c: "files dns")."""


def hosts(file: SourceFile) -> tuple[Source, ...]:
    """Whom to ask for hosts, in their order."""
    found: tuple[Source, ...] = _DEFAULT
    for line in file.data.decode(errors="replace").splitlines():
        database, colon, rest = line.partition("#")[0].partition(":")
        if not colon or database.strip() != "hosts":
            continue
        sources: list[Source] = []
        for word in _WORD.findall(rest):
            if word.startswith("[") and sources:
                sources[-1] = Source(sources[-1].name, word)
            elif not word.startswith("["):
                sources.append(Source(word))
        found = tuple(sources)
    return found
