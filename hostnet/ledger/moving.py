"""Others' routes from an address that is about to go, led from the one that takes its place.

While both are there the kernel swaps such a route for another at once, and nobody misses it;
once the address is gone, the kernel has deleted it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hostnet.ledger.origin import Origin, origin
from hostnet.ledger.replay import Line, batch_of, unmakable
from hostnet.ledger.words import replacing
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hostnet.ledger.objects import Ledger
    from hostnet.ledger.own import Own
    from hostnet.model import IP


def moving(before: Ledger, own: Own, moved: Mapping[IP, IP]) -> Iterator[Line]:
    """The lines that do it, each with the route as it is then.

    Of several routes of one key the kernel would swap the first, whichever that is: those
    have to wait for `hostnet.ledger.replay`.
    """
    here = {each.address.ip for each in before.addresses}
    several = Counter(route.key for route in before.routes)
    for route in before.routes:
        source = moved.get(route.source) if route.source is not None else None
        if source is None or source not in here or several[route.key] > 1:
            continue
        if origin(route, own) is Origin.FOREIGN and not unmakable(route):
            again = replace(route, source=source)
            yield Line(batch_of(again), replacing(again), again)
