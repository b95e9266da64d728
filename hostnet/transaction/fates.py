"""What became of others' objects, as a change's journal keeps it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.ledger.fates import Fates, Lost, Restored

if TYPE_CHECKING:
    from hostnet.transaction.journal import Journal

_FILE = "fates.json"


def fates(journal: Journal) -> Fates:
    """What became of all that is others' so far."""
    data = json.loads(journal.read(_FILE) or b"{}")
    return Fates(
        tuple(Restored(**each) for each in data.get("restored", ())),
        tuple(Lost(**each) for each in data.get("lost", ())),
        tuple(data.get("links", ())),
    )


def add(journal: Journal, later: Fates) -> None:
    """Add what became of them since; without room for it, it is not told."""
    with suppress(HostnetError):
        journal.put(_FILE, json.dumps(asdict(fates(journal).then(later))).encode())
