"""What a watch of rtnetlink tells: who took an object away, and how long it was not there.

What its owner removed meanwhile stays removed, so each deletion needs an author. networkd's
is known by its port (`hostnet.host.watch`). What the kernel lets go by itself went with
something else: if another program took that away, then it is that program's doing; else it
follows from the change, and is put back.

Where the kernel names no author (`hostnet.ledger.rtnetlink` says where) an owner's deletion
cannot be told from networkd's: an IPv6 address that keepalived gave up in those very seconds
comes back. Of links it never does; `hostnet.ledger.replay` says what that means.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from hostnet.ledger.objects import Route, links_of
from hostnet.ledger.origin import Origin, origin
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.ledger.objects import Key, Ledger, Object
    from hostnet.ledger.own import Own
    from hostnet.ledger.rtnetlink import Event


class Author(Enum):
    """Who removed an object."""

    NETWORKD = "systemd-networkd"
    ANOTHER = "another program"
    KERNEL = "the kernel"
    """It went with something else, or the kernel does not say who asked for it."""
    UNSEEN = "nobody seen"
    """There was no message: IPv4 routes went with a link, an address or a nexthop."""


class Watch(Value):
    """Everything that was seen from ``begun`` to ``ended`` (seconds of the monotonic clock).

    ``networkd`` are its ports; ``is_complete`` is false if the kernel had to drop messages
    (ENOBUFS): then a deletion that nobody saw may have been anybody's. Watch() saw nothing.
    """

    begun: float = 0.0
    ended: float = 0.0
    events: tuple[Event, ...] = ()
    networkd: frozenset[int] = frozenset()
    is_complete: bool = True

    @property
    def tells_authors(self) -> bool:
        """Whether an owner's deletions can be told from networkd's at all."""
        return self.is_complete and bool(self.networkd)


class Absence(Value):
    """An object was away for so long in all; ``is_over`` is false if it still is."""

    thing: Object
    milliseconds: float
    is_over: bool = True


class Authors:
    """Who removed what, by the last deletion of each."""

    def __init__(self, watch: Watch) -> None:
        self._networkd = watch.networkd
        self._last: dict[Key, Event] = {}
        for event in watch.events:
            if not event.gone:
                continue
            for name in _names(event.key):
                # Routes go with the last address of a link: only if all of these were taken away
                # by others, it was others who took the routes.
                if not (name[0] == "on" and self._of(name) in (Author.NETWORKD, Author.KERNEL)):
                    self._last[name] = event

    def of(self, thing: Object) -> Author:
        """Who took it away, or took away what it went with, as far as can be told."""
        author = self._of(thing.key)
        if author in (Author.KERNEL, Author.UNSEEN):
            causes = (self._of(needed) for needed in _needs(thing))
            return next((each for each in causes if each is Author.ANOTHER), author)
        return author

    def _of(self, name: Key) -> Author:
        event = self._last.get(name)
        if event is None:
            return Author.UNSEEN
        if event.port == 0:
            return Author.KERNEL
        # If networkd's ports could not be found, what it deleted must not be taken for others'
        # wish: CNIs do not put back what they do not miss.
        is_its = event.port in self._networkd or not self._networkd
        return Author.NETWORKD if is_its else Author.ANOTHER


def absences(before: Ledger, own: Own, watch: Watch) -> tuple[Absence, ...]:
    """How long each foreign object of a ledger was away, the longest first.

    Where its going was not told (Author.UNSEEN), it is counted from when that went, or went
    down, which it can have gone with; if nothing did, it is not counted.
    """
    kept = {each.key: each for each in before.objects() if origin(each, own) is Origin.FOREIGN}
    since: dict[Key, float] = {}
    causes: dict[Key, float] = {}
    down: set[Key] = set()
    away: dict[Key, float] = {}
    for event in watch.events:
        key = event.key
        thing = kept.get(key)
        if thing is not None and event.gone:
            since.setdefault(key, event.at)
        elif thing is not None and not event.replaced:
            unseen = _may_go_unseen(thing)
            with_it = [causes[name] for name in _needs(thing) if unseen and name in causes]
            begun = since.pop(key, max(with_it, default=None))
            if begun is not None:
                away[key] = away.get(key, 0.0) + event.at - begun
        if event.gone or (event.down and key not in down):
            causes |= dict.fromkeys(_names(key), event.at)
        (set.add if event.down else set.discard)(down, key)
    for key, begun in since.items():
        away[key] = away.get(key, 0.0) + watch.ended - begun
    found = (Absence(kept[key], away[key] * 1000, key not in since) for key in away)
    return tuple(sorted(found, key=lambda each: each.milliseconds, reverse=True))


def _may_go_unseen(thing: Object) -> bool:
    return isinstance(thing, Route) and thing.family == 4


def _names(key: Key) -> Iterator[Key]:
    """The key, and for an address by what else routes hang on it: its IP and its link."""
    yield key
    if key[0] == "address":
        yield ("on", key[1])
        yield ("ip", getattr(key[2], "ip", None))


def _needs(thing: Object) -> Iterator[Key]:
    """By what names an object's going could be explained."""
    for link in links_of(thing):
        yield ("link", link)
    if isinstance(thing, Route):
        if thing.nexthop is not None:
            yield ("nexthop", thing.nexthop)
        if thing.source is not None:
            yield ("ip", thing.source)
        if thing.family == 4:  # the last address of a link takes its IPv4 routes along
            for link in links_of(thing):
                yield ("on", link)
