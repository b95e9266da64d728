"""What the transient service runs: ``python -m hostnet.transaction run|undo FOLDER``.

systemd starts ``undo`` after every change, also after one that is kept, and the operator waits
for it: each half imports what it needs, and for a change that is settled that is nothing.
"""

from __future__ import annotations

import sys

from hostnet.errors import Busy, HostnetError, Stranded
from hostnet.host.files import Files
from hostnet.transaction.journal import Journal
from hostnet.transaction.marks import State


def main(verb: str, folder: str) -> int:
    """Perform a journal's plan, or undo it unless it is committed."""
    with Files("/") as files:
        journal = Journal(files, folder)
        return _run(journal, files) if verb == "run" else _undo(journal, files)


def _run(journal: Journal, files: Files) -> int:
    from hostnet.host.announce import CONFIRMED, announce
    from hostnet.transaction.perform import perform
    from hostnet.transaction.waiting import await_confirmation, demand_not_cancelled

    try:
        if journal.state is not State.PREPARED:
            # It was settled before systemd came to start this: nobody waits for it any more.
            raise Busy("the change is no longer waiting", f"it is {journal.state.value}")
        plan, asked = journal.plan(), journal.asked
        journal.mark(State.TRIAL)
        perform(plan.trial, files, journal)
        demand_not_cancelled(journal)
        if asked.window is not None:
            await_confirmation(journal, plan.subject, asked.window, asked.longest)
        journal.mark(State.PROMOTING)
        perform(plan.promotion, files, journal)
        journal.mark(State.COMMITTED)
        if asked.window is not None:
            announce(f"hostnet: the change of {plan.subject} is confirmed and kept", CONFIRMED)
    except HostnetError as error:
        journal.keep("failure", error)
        print(f"{error.what}: {error.why}", file=sys.stderr)
        return error.exit_code
    return 0


def _undo(journal: Journal, files: Files) -> int:
    if journal.state.is_settled:
        return 0
    from hostnet.host.announce import REVERTED, announce, announce_stranded
    from hostnet.transaction.undo import undo

    try:
        undo(journal, files)
    except Stranded as error:
        announce_stranded(error)
        return error.exit_code
    if journal.deadline:
        failure = journal.kept("failure")
        why = f": {failure.what}" if failure else ""
        announce(f"hostnet: a change is undone, and the old state is back{why}", REVERTED)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
