"""The walk of `hostnet recover`; apart from the others, for it must be quick at boot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.errors import needs_root
from hostnet.host.earlyboot import NETWORKD
from hostnet.host.files import Files
from hostnet.host.observe import is_active, is_privileged
from hostnet.transaction import LOCK, OPEN
from hostnet.transaction.recover import NOTHING_OPEN, recover as settle

if TYPE_CHECKING:
    from hostnet.result import Recovery


def recover(*, at_boot: bool = False) -> Recovery:
    """Undo or complete a change of this host that a crash or a power cut left open.

    Before its promotion a change is undone, after that completed; on a running host it is
    applied and verified. ``at_boot``, as hostnet-recover.service calls it, networkd is not
    up yet and starts with the files put right. Where nothing is open nothing is touched.

    Raises Unsuitable, Busy (the change is under way), Stranded.
    """
    if not is_privileged():
        raise needs_root("recovering needs root", "hostnet recover")
    with Files() as files:
        if not files.exists(OPEN):
            return NOTHING_OPEN
        with files.lock(LOCK):
            # Started by hand on a running host, the unit does what the command does.
            booting = at_boot and not is_active(NETWORKD)
            return settle(files, at_boot=booting, retry=not at_boot)
