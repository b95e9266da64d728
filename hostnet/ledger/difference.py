"""What became of what others put into the kernel: two ledgers compared, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.ledger.objects import LinkState, Rule
from hostnet.ledger.origin import Origin, origin
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.ledger.objects import Ledger, Object
    from hostnet.ledger.own import Own


class LinkChange(Value):
    """A foreign link that is still there, but not as it was: verification fails on it.

    ``what`` are the fields that differ, of mac, mtu, master, state.
    """

    before: LinkState
    after: LinkState
    what: tuple[str, ...]

    def __str__(self) -> str:
        changes = (
            f"{field} {getattr(self.before, field) or 'none'} is now "
            f"{getattr(self.after, field) or 'none'}"
            for field in self.what
        )
        return f"link {self.before.name}: {', '.join(changes)}"


class Difference(Value):
    """What others had before and have no more, in the order of `Ledger.objects`.

    ``replaced``: somebody put another object in its place (the same key), before and after.
    """

    missing: tuple[Object, ...] = ()
    replaced: tuple[tuple[Object, Object], ...] = ()
    links: tuple[LinkChange, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether all that is foreign is as it was; who replaced his own knows why."""
        return not self.missing and not self.links


def compare(before: Ledger, after: Ledger, own: Own) -> Difference:
    """What of others' is missing or changed. What is new is nobody's loss.

    The rules every host begins with count as well: without ``lookup local`` it is dead
    (github.com/cilium/cilium/issues/18706), without ``lookup main`` mute
    (github.com/systemd/systemd/issues/41350).
    """
    there = set(after.objects())
    gone = [each for each in before.objects() if each not in there and _is_kept(each, own)]
    if not gone:
        return Difference()
    were = set(before.objects())
    new = {each.key: each for each in after.objects() if each not in were}
    missing: list[Object] = []
    replaced: list[tuple[Object, Object]] = []
    links: list[LinkChange] = []
    for each in gone:
        instead = new.get(each.key)
        if instead is None:
            missing.append(each)
        elif isinstance(each, LinkState) and isinstance(instead, LinkState):
            fields = ["mac", "mtu", "master", "state"]
            if _ports(before, each.name) != _ports(after, each.name):
                fields = fields[2:]
            what = tuple(
                field for field in fields if getattr(each, field) != getattr(instead, field)
            )
            if what:
                links.append(LinkChange(each, instead, what))
        else:
            replaced.append((each, instead))
    return Difference(tuple(missing), tuple(replaced), tuple(links))


def _ports(ledger: Ledger, bridge: str) -> frozenset[str]:
    """What is in a bridge: by it the kernel chooses its MAC and MTU, as pods come and go."""
    return frozenset(link.name for link in ledger.links if link.master == bridge)


def _is_kept(thing: Object, own: Own) -> bool:
    whose = origin(thing, own)
    return whose is Origin.FOREIGN or (whose is Origin.SYSTEM and isinstance(thing, Rule))
