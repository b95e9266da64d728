"""A change of the running host, performed by a transient service of systemd.

The command line only watches it. So a killed command, a torn-down SSH session, a killed
or hanging performer all end in the same undo, which systemd starts however the service
ends (ExecStopPost), unless the journal says ``committed``.
"""

from __future__ import annotations

import secrets
import sys
import time
from typing import TYPE_CHECKING

from hostnet.errors import RolledBack, Stranded
from hostnet.host.bus import Bus
from hostnet.transaction.journal import Journal, State
from hostnet.transaction.timing import LIMIT, POLL, UNDO_LIMIT, WATCH
from hostnet.transaction.trust import demand_trusted_program
from hostnet.transaction.undo import undo

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.host.files import Files
    from hostnet.plan import Plan

_LOOK_AT_UNIT = 10
"""Every how many looks at the journal the service manager is asked as well."""


def run(plan: Plan, files: Files, progress: Callable[[str], None]) -> None:
    """Perform the plan and wait for the verdict; returns if it is committed.

    An interrupt (Ctrl-C) stops the service, which undoes, and is waited for as well.
    Raises RolledBack if the old state is verified back, Stranded if it is not.
    """
    demand_trusted_program()
    token = secrets.token_hex(3)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    journal = Journal.create(files, f"{moment}-{token}", plan)
    with Bus() as bus:
        bus.start_transient_service(
            journal.unit,
            description=f"hostnet changes {plan.subject}",
            exec_start=_program("run", journal.folder),
            exec_stop_post=_program("undo", journal.folder),
            runtime_max=LIMIT,
            timeout_stop=UNDO_LIMIT,
        )
        _watch(journal, journal.unit, bus, progress)
        if not journal.state.is_final:
            # Service and undo were both killed; their work is taken over here.
            undo(journal, files)
    _verdict(journal)


def _program(verb: str, folder: str) -> tuple[str, ...]:
    # -I: neither the environment nor the working directory adds to the search path.
    return (sys.executable, "-I", "-m", "hostnet.transaction", verb, folder)


def _watch(journal: Journal, unit: str, bus: Bus, progress: Callable[[str], None]) -> None:
    shown = 0
    looks = 0
    deadline = time.monotonic() + WATCH
    while time.monotonic() < deadline:
        try:
            told = journal.told()
            for line in told[shown:]:
                progress(line)
            shown = len(told)
            if journal.state.is_final:
                # It says so before it ends; whoever returns leaves nothing at work behind.
                bus.wait_unit_gone(unit, UNDO_LIMIT)
                return
            looks += 1
            if looks % _LOOK_AT_UNIT == 0 and bus.wait_unit_gone(unit, 0):
                return
            time.sleep(POLL)
        except KeyboardInterrupt:
            progress("interrupted: undoing")
            bus.stop_unit(unit)


def _verdict(journal: Journal) -> None:
    state = journal.state
    if state is State.COMMITTED:
        return
    failure = journal.kept("failure")
    what = failure.what if failure else "the change was stopped before it was complete"
    why = failure.why if failure else ""
    if state is State.UNDONE:
        raise RolledBack(
            what, why, "The old state is back and was verified; nothing needs to be done."
        )
    stranded = journal.kept("stranded")
    raise Stranded(
        "the change failed, and the old state could not be verified to be back",
        f"{what}: {why}" if why else what,
        stranded.remedy if stranded else f"See {journal.folder}.",
    )
