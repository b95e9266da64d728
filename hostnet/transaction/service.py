"""A change of the running host, performed by a transient service of systemd.

The command line only watches it. So a killed command, a torn-down SSH session, a killed
or hanging performer all end in the same undo, which systemd starts however the service
ends (ExecStopPost), unless the journal says ``committed``.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from hostnet.host.bus import Bus
from hostnet.transaction.journal import Journal
from hostnet.transaction.timing import LIMIT, UNDO_LIMIT
from hostnet.transaction.trust import demand_trusted_program

if TYPE_CHECKING:
    from hostnet.host.files import Files
    from hostnet.plan import Plan
    from hostnet.transaction.marks import Asked


def begin(plan: Plan, asked: Asked, files: Files) -> Journal:
    """Write the journal and have systemd start its service. For whoever holds the lock.

    Raises Unsuitable, WriteFailed, BusError; then nothing was done.
    """
    demand_trusted_program()
    token = os.urandom(3).hex()
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    journal = Journal.create(files, f"{moment}-{token}", plan, asked)
    with Bus() as bus:
        bus.start_transient_service(
            journal.unit,
            description=f"hostnet changes {plan.subject}",
            exec_start=_program("run", journal.folder),
            exec_stop_post=_program("undo", journal.folder),
            runtime_max=LIMIT + asked.longest,
            timeout_stop=UNDO_LIMIT,
        )
    return journal


def _program(verb: str, folder: str) -> tuple[str, ...]:
    # -I: neither the environment nor the working directory adds to the search path.
    return (sys.executable, "-I", "-m", "hostnet.transaction", verb, folder)
