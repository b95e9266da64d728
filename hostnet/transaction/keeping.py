"""The ledger of a change: in its journal before networkd is touched, its account there after."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.host import ledger
from hostnet.host.keeping import Keeping
from hostnet.transaction.fates import add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.ops import Hold
    from hostnet.transaction.journal import Journal


_LEDGER = "ledger.json"


class ForeignLinkChanged(HostnetError):
    """A link of somebody else's is there, but not as it was."""

    exit_code = 6


@contextmanager
def keeping(op: Hold, journal: Journal) -> Iterator[Keeping]:
    """Keep what is others' while the block runs, and write down what became of it.

    What a killed predecessor was keeping is gone on with: what he saw is what was there
    before networkd took it. Raises CommandError or Unreadable where nothing can be seen.
    """
    cut_short = journal.read(_LEDGER)
    taken = tuple(json.loads(cut_short)) if cut_short else ledger.take()
    before = ledger.parse(taken)
    # Without room for it the change goes on: only a crash would want it.
    with suppress(HostnetError):
        journal.put(_LEDGER, json.dumps(taken).encode())
    kept = Keeping(op, before)
    try:
        with kept:
            yield kept
    finally:
        add(journal, kept.fates)
        journal.drop(_LEDGER)


def demand_links(kept: Keeping) -> None:
    """Every foreign link is as it was. Raises ForeignLinkChanged."""
    if kept.fates.links:
        raise ForeignLinkChanged(
            "a link of another program was changed", "; ".join(kept.fates.links)
        )
