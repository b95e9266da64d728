"""What to put back of what this change took away, in which order, and what cannot be.

A line fails if what it needs is not there, so: the rules that lead everything to the tables
``local`` and ``main``, without which no gateway is found; addresses, neighbours, nexthop objects
before their groups, routes to what is on a link before those through a gateway; and the other
rules last, when the tables they lead to are full. IPv6 goes first, as an IPv4 route may lead
through an IPv6 gateway (RFC 8950) and never the reverse.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from hostnet.ledger.objects import (
    FdbEntry,
    HostAddress,
    LinkState,
    Neighbour,
    Nexthop,
    Route,
    Rule,
    links_of,
)
from hostnet.ledger.watched import Author, Authors
from hostnet.ledger.words import making
from hostnet.model import LOCAL_TABLE, MAIN_TABLE, family_of
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hostnet.ledger.difference import Difference
    from hostnet.ledger.objects import Key, Ledger, Object
    from hostnet.ledger.own import Own
    from hostnet.ledger.watched import Watch
    from hostnet.model import IP


class Batch(Enum):
    """The programs that make objects, in the order they are to be run."""

    IP6 = ("ip", "-6")
    IP4 = ("ip", "-4")
    BRIDGE = ("bridge",)


class Line(Value):
    """A line of a batch, and the object it makes again."""

    batch: Batch
    text: str
    thing: Object


class Left(Value):
    """An object that is not put back, and why; ``by_owner`` if that is as it should be."""

    thing: Object
    why: str
    by_owner: bool = False


class Replay(Value):
    """The lines, in order within each batch, and what is in none of them.

    ``rewritten``: routes as they were, that come back with a new source address.
    """

    lines: tuple[Line, ...] = ()
    left: tuple[Left, ...] = ()
    rewritten: tuple[Route, ...] = ()


def replay(
    difference: Difference,
    before: Ledger,
    after: Ledger,
    own: Own,
    watch: Watch,
    moved: Mapping[IP, IP],
) -> Replay:
    """How to put back what is missing, but for what its owner removed.

    ``moved`` are the addresses that the change takes away, each with what takes its place:
    once an old one is gone from the host, the ``src`` of a route is rewritten by it.
    """
    authors = Authors(watch)
    host = _Host(after, _given_up(before, after, own))
    lines: list[Line] = []
    left: list[Left] = []
    rewritten: list[Route] = []
    for thing in sorted(difference.missing, key=_rank):
        again = host.with_new_source(thing, moved)
        if authors.of(thing) is Author.ANOTHER:
            left.append(Left(thing, "its owner removed it meanwhile", by_owner=True))
            host.gives_up(thing)
        elif why := host.has_given_up(thing):
            left.append(Left(thing, why, by_owner=True))
            host.gives_up(thing)
        elif not watch.tells_authors and isinstance(thing, HostAddress):
            # Two hosts with one address are worse than none, and its owner is there to see.
            left.append(Left(thing, "whether its owner removed it could not be seen"))
        elif why := unmakable(again) or host.lacks(again):
            left.append(Left(thing, why))
        else:
            host.gets(again)
            lines.append(Line(batch_of(again), making(again), again))
            if isinstance(thing, Route) and again is not thing:
                rewritten.append(thing)
    return Replay(tuple(lines), tuple(left), tuple(rewritten))


def clinging(after: Ledger, moved: Iterable[IP]) -> tuple[Left, ...]:
    """What is still there, but of no use any more without the addresses that moved.

    Tunnels that send from one of them, and rules for packets from it: only their owners know
    what takes its place there.
    """
    old = frozenset(moved)
    tunnels = (
        Left(link, f"it sends from {link.sends_from}")
        for link in after.links
        if link.sends_from in old
    )
    rules = (
        Left(rule, f"it is for packets from {rule.source.network_address}")
        for rule in after.rules
        if rule.source is not None
        and rule.source.num_addresses == 1
        and rule.source.network_address in old
    )
    return (*tunnels, *rules)


class _Host:
    """What is there for others to hang on, the replay up to here included.

    And what its owner has given up, which nothing can hang on again.
    """

    def __init__(self, after: Ledger, links: Mapping[str, str]) -> None:
        self._links = {link.name for link in after.links}
        self._addresses = {each.address.ip for each in after.addresses}
        self._nexthops = {nexthop.id for nexthop in after.nexthops}
        self._given_up: dict[Key, str] = {("link", name): why for name, why in links.items()}

    def with_new_source(self, thing: Object, moved: Mapping[IP, IP]) -> Object:
        """The route from the address that took its source's place; anything else as it is."""
        if not isinstance(thing, Route) or thing.source is None or thing.source in self._addresses:
            return thing
        return replace(thing, source=moved.get(thing.source, thing.source))

    def lacks(self, thing: Object) -> str:
        """What it needs and is not there; empty if the kernel may well take it."""
        for name in links_of(thing):
            if name not in self._links:
                return f"its link {name} is gone"
        match thing:
            case Route(nexthop=int(id_)) if id_ not in self._nexthops:
                return f"nexthop object {id_} is gone"
            case Nexthop(group=group) if gone := [x for x, _ in group if x not in self._nexthops]:
                return f"nexthop object {gone[0]} is gone"
            case Route(source=source) if source is not None and source not in self._addresses:
                return f"its source {source} is no address of this host any more"
            case _:
                return ""

    def gets(self, thing: Object) -> None:
        """From here on it is there."""
        if isinstance(thing, HostAddress):
            self._addresses.add(thing.address.ip)
        elif isinstance(thing, Nexthop):
            self._nexthops.add(thing.id)

    def has_given_up(self, thing: Object) -> str:
        """What its owner gave up of what it needs; empty if nothing."""
        return next((self._given_up[key] for key in _needs(thing) if key in self._given_up), "")

    def gives_up(self, thing: Object) -> None:
        """Its owner does not want it, nor what needs it."""
        if isinstance(thing, HostAddress):
            ip = thing.address.ip
            self._given_up["source", ip] = f"its owner removed the address {ip}"
        elif isinstance(thing, Nexthop):
            self._given_up[thing.key] = f"its owner removed the nexthop object {thing.id}"


def _needs(thing: Object) -> Iterator[Key]:
    for name in links_of(thing):
        yield ("link", name)
    match thing:
        case Route():
            yield ("nexthop", thing.nexthop)
            yield ("source", thing.source)
        case Nexthop():
            for id_, _ in thing.group:
                yield ("nexthop", id_)
        case _:
            return


def _given_up(before: Ledger, after: Ledger, own: Own) -> dict[str, str]:
    """Foreign links that their owners removed or made anew, and how that is said.

    The kernel does not tell who deletes a link. netplan and networkd delete none but
    netplan's own, with which those stacked upon it go: so if it did, nobody can be named.
    """
    indexes = {link.name: link.index for link in after.links}
    moved = [link.name for link in before.links if indexes.get(link.name) != link.index]
    if not own.links.isdisjoint(moved):
        return {}
    return {
        name: f"its owner {f'made {name} anew' if name in indexes else f'removed {name}'}"
        for name in moved
    }


def unmakable(thing: Object) -> str:
    """Why nobody but its owner can make it; empty if it can be made."""
    match thing:
        case LinkState():
            return "the link is gone"
        case Route(expires=True):
            return "it was there for a limited time"
        case Route(hops=hops) if any(hop.encap for hop in hops):
            return "its encapsulation is not known well enough to make it again"
        case Nexthop(unusual=unusual) | Rule(unusual=unusual) if unusual:
            return f"it is of a kind that hostnet does not make ({unusual})"
        case _:
            return ""


def _rank(thing: Object) -> tuple[int, int]:
    match thing:
        case Rule():
            is_needed = thing.table in (LOCAL_TABLE, MAIN_TABLE) and thing.is_for_all
            return (0 if is_needed else 5, thing.priority)
        case HostAddress() | LinkState():
            return (1, 0)
        case Neighbour() | FdbEntry():
            return (2, 0)
        case Nexthop():
            return (3, 1 if thing.group else 0)
        case Route():
            return (4, 1 if any(hop.via is not None for hop in thing.hops) else 0)


def batch_of(thing: Object) -> Batch:
    """The program that makes it."""
    match thing:
        case FdbEntry():
            return Batch.BRIDGE
        case Route() | Rule():
            family = thing.family
        case HostAddress():
            family = family_of(thing.address)
        case Neighbour():
            family = family_of(thing.ip)
        case Nexthop():
            family = thing.family or 4
        case LinkState():
            raise ValueError(f"no program makes the link {thing.name}")
    return Batch.IP6 if family == 6 else Batch.IP4
