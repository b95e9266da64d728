"""JSON that another program wrote, read with total accessors: no dict travels further.

A key that is missing or null is empty, since what programs leave out differs from release
to release. A value of another type than expected is an error that quotes it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar

from hostnet.errors import HostnetError
from hostnet.host.command import printable
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostnet.model import IP

_T = TypeVar("_T")
_QUOTED = 300
"""How many characters of an answer an error repeats."""


class Unreadable(HostnetError):
    """A program answered what cannot be understood; ``why`` quotes it."""


class Entry(Value):
    """One JSON object; ``origin`` is the program that wrote it.

    Every accessor raises Unreadable for a value of another type.
    """

    origin: str
    values: Mapping[str, object]

    def text(self, key: str) -> str | None:
        return self._of(key, str)

    def number(self, key: str) -> int | None:
        return self._of(key, int)

    def flag(self, key: str) -> bool:
        return self._of(key, bool) or False

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(value) for value in self._of(key, list) or ())

    def entry(self, key: str) -> Entry:
        return Entry(self.origin, self._of(key, dict) or {})

    def entries(self, key: str) -> tuple[Entry, ...]:
        values = self._of(key, list) or ()
        if not all(isinstance(value, dict) for value in values):
            raise self.unreadable(key)
        return tuple(Entry(self.origin, value) for value in values)

    def ip(self, key: str) -> IP | None:
        text = self.text(key)
        try:
            return _ip(text) if text is not None else None
        except ValueError:
            raise self.unreadable(key) from None

    def unreadable(self, key: str) -> Unreadable:
        """The error that this key's value is not what it must be."""
        return _unreadable(self.origin, f"{key!r} of {self.values}")

    def _of(self, key: str, kind: type[_T]) -> _T | None:
        value = self.values.get(key)
        if value is None:
            return None
        if type(value) is kind:  # no isinstance: true is no number
            return value
        raise self.unreadable(key)


@lru_cache(1024)
def _ip(text: str) -> IP:
    # The routes of a cluster are thousands, their gateways as many as it has hosts.
    return ip_address(text)


def entry(origin: str, text: str) -> Entry:
    """The one object of a JSON text. Raises Unreadable."""
    return Entry(origin, {"all": _loaded(origin, text)}).entry("all")


def entries(origin: str, text: str) -> tuple[Entry, ...]:
    """The objects of a JSON array, without empty ones. Raises Unreadable."""
    found = Entry(origin, {"all": _loaded(origin, text)}).entries("all")
    return tuple(entry for entry in found if entry.values)


def _loaded(origin: str, text: str) -> object:
    try:
        # strict=False: iproute2 escapes no control characters, and a name may have some.
        return json.loads(text, strict=False)
    except ValueError as error:
        raise _unreadable(origin, f"{error}: {text}") from None


def quoted(text: str) -> str:
    """The beginning of another program's words, fit for a terminal."""
    return printable(text[:_QUOTED])


def _unreadable(origin: str, text: str) -> Unreadable:
    return Unreadable(f"{origin} answers in a form that hostnet does not know", quoted(text))
