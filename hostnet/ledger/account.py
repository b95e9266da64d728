"""The account of a change that is over: what became of all that is foreign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.ledger.difference import compare
from hostnet.ledger.fates import Fates, Lost, Restored
from hostnet.ledger.replay import clinging, replay
from hostnet.ledger.watched import absences
from hostnet.ledger.words import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostnet.ledger.objects import Key, Ledger, Object
    from hostnet.ledger.own import Own
    from hostnet.ledger.owners import Owners
    from hostnet.ledger.watched import Watch
    from hostnet.model import IP


def account(
    before: Ledger,
    after: Ledger,
    own: Own,
    watch: Watch,
    moved: Mapping[IP, IP],
    owners: Owners,
    refused: Mapping[Key, str],
) -> Fates:
    """What became of it; ``refused`` is what could not be put back, and why.

    What its owner removed himself is in none of it.
    """
    difference = compare(before, after, own)
    plan = replay(difference, before, after, own, watch, moved)
    lost = [_lost(left.thing, left.why, owners) for left in plan.left if not left.by_owner]
    lost += [
        _lost(line.thing, refused.get(line.thing.key, "it went again"), owners)
        for line in plan.lines
    ]
    lost += [_lost(left.thing, left.why, owners) for left in clinging(after, moved)]
    gone = {thing.key for thing in difference.missing}
    now = {each.key: each for each in after.objects()}
    restored = tuple(
        Restored(
            shown(now.get(each.thing.key, each.thing)),
            owners.of(each.thing).name,
            round(each.milliseconds, 1),
        )
        for each in absences(before, own, watch)
        if each.is_over and each.thing.key not in gone
    )
    return Fates(restored, tuple(lost), tuple(map(str, difference.links)))


def _lost(thing: Object, why: str, owners: Owners) -> Lost:
    owner = owners.of(thing)
    return Lost(shown(thing), owner.name, why, owner.needs)
