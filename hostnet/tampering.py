"""What others did to a pin, as values: seen, told, and when to stop putting it back.

An entry is one thing that became otherwise: a file, a link's servers, a unit.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from hostnet.model import ABSENT, Image, Kind
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LOG = "/var/lib/hostnet/tampering.jsonl"
GIVEN_UP = "/run/hostnet/pin-given-up"
"""Is there once the fight was ended; a reboot, or another pin, begins anew."""
MOST, WINDOW = 10, 60.0
"""Repairs in so many seconds, and then no more: two programs that write in turns would else
do so for ever, and every lookup meanwhile is a toss."""
KEPT = 200
"""Entries that the log keeps."""
UNKNOWN = "unknown"
_SHOWN = 2000
"""Characters of a file that an entry shows."""


class Tampering(Value):
    """One thing that was otherwise than pinned.

    ``when`` is the moment of the change as far as the file tells, else of its discovery, in
    seconds since 1970. ``writer`` is the program as far as signs tell, else "unknown", and
    ``sign`` what tells so. ``repaired``: it is as pinned again, or does no harm.
    """

    what: str
    before: str
    after: str
    when: float = 0.0
    writer: str = UNKNOWN
    sign: str = ""
    repaired: bool = True


def of_file(path: str, wanted: Image, found: Image) -> Tampering:
    """A file that is not as it was."""
    return Tampering(path, told(wanted), told(found))


def told(image: Image) -> str:
    """A file in words."""
    if image == ABSENT:
        return "absent"
    text = image.data[:_SHOWN].decode(errors="replace")
    return f"symlink to {text}" if image.kind is Kind.SYMLINK else text


def is_lost(entries: Sequence[Tampering], now: float) -> bool:
    """Whether one thing was put back so often lately that the fight is to end.

    What comes after an end is a new one: somebody has said so by another pin.
    """
    counts: dict[str, int] = {}
    for each in entries:
        if not each.repaired:
            counts.clear()
        elif now - WINDOW <= each.when <= now:
            counts[each.what] = counts.get(each.what, 0) + 1
    return any(count >= MOST for count in counts.values())


def to_lines(entries: Iterable[Tampering]) -> bytes:
    """The log's content: one JSON object a line, the oldest first."""
    kept = list(entries)[-KEPT:]
    return b"".join(json.dumps(asdict(each)).encode() + b"\n" for each in kept)


def from_lines(data: bytes) -> tuple[Tampering, ...]:
    """What the log holds; a line that was cut short is passed over."""
    return tuple(_entries(data))


def _entries(data: bytes) -> Iterator[Tampering]:
    for line in data.splitlines():
        try:
            found = json.loads(line)
            yield Tampering(
                str(found["what"]), str(found["before"]), str(found["after"]),
                float(found["when"]), str(found["writer"]), str(found["sign"]),
                bool(found["repaired"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError):
            continue
