"""What an earlier transaction left open is settled before anything new is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.errors import Busy
from hostnet.transaction.journal import FOLDER, Journal

if TYPE_CHECKING:
    from hostnet.host.files import Files


def settle(files: Files) -> bool:
    """Undo an open transaction whose service is dead; whether there was one.

    Only the newest can be open: nothing new is begun before.

    Raises Busy if its service is still at work, Stranded if the undo fails.
    """
    for name in files.names(FOLDER)[-1:]:
        journal = Journal(files, f"{FOLDER}/{name}")
        if journal.is_whole and not journal.state.is_final:
            _demand_dead(unit_of(name.rpartition("-")[2]))
            from hostnet.transaction.undo import undo

            undo(journal, files)
            return True
    return False


def unit_of(token: str) -> str:
    """A transaction's service; systemd has one unit of a name, which locks as well."""
    return f"hostnet-transaction-{token}.service"


def _demand_dead(unit: str) -> None:
    from hostnet.host.bus import Bus

    with Bus() as bus:
        active = bus.unit_state(unit).active
    if active not in ("inactive", "failed", ""):
        raise Busy(
            "another change is under way",
            f"its service is {unit}",
            f"Wait for it, or have it undone: systemctl stop {unit}",
        )
