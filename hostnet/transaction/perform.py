"""The one place where a plan's Ops become effects: one match over them."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from threading import Thread
from typing import TYPE_CHECKING

from hostnet.change import Write
from hostnet.errors import HostnetError
from hostnet.host.apply import netplan_apply
from hostnet.host.hold import hold, release
from hostnet.ops import Announce, Apply, Demand, Hold, Op, Release, Verify
from hostnet.transaction.timing import APPLY, DEMAND, VERIFY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.host.files import Files
    from hostnet.probes import Probe
    from hostnet.telling import Tell


def perform(ops: Iterable[Op], files: Files, tell: Tell) -> None:
    """Do the Ops in order; neighbouring writes as one commit, all of them or none.

    Reads nothing but the Ops. Raises HostnetError at the first that fails.
    """
    for kind, group in groupby(ops, key=type):
        several = list(group)
        if kind is Write:
            changes = [op.change for op in several if isinstance(op, Write)]
            tell("writing " + ", ".join(change.path for change in changes))
            files.commit(changes)
            continue
        for op in several:
            match op:
                case Apply():
                    tell("netplan apply")
                    Thread(target=_import_rest, daemon=True).start()
                    netplan_apply(APPLY)
                case Verify(expectation):
                    from hostnet.host.verify import verify

                    tell(f"verifying {expectation.link}")
                    verify(expectation, VERIFY)
                case Announce(link, addresses):
                    from hostnet.host.neighbours import announce

                    # Who does not hear it finds out a little later (ARP caches age).
                    with suppress(OSError):
                        announce(link, addresses)
                case Demand(probes):
                    tell("asking " + ", ".join(map(str, probes)))
                    _demand(probes)
                case Hold(held):
                    tell("holding " + ", ".join(each.link for each in held))
                    hold(op)
                case Release():
                    release()
                case Write():
                    raise AssertionError("writes are grouped above")


def _import_rest() -> None:
    """What looks at the network afterwards: D-Bus and DNS take 0.2 s to import, and now is time."""
    from hostnet.host import asking, queries, verify  # noqa: F401


class Unanswered(HostnetError):
    """What must answer over the new path does not."""

    exit_code = 6


def _demand(probes: tuple[Probe, ...]) -> None:
    from hostnet.host.asking import ask

    silent = [answer for answer in ask(probes, DEMAND) if not answer.ok]
    if silent:
        names = ", ".join(str(answer.probe) for answer in silent)
        why = "; ".join(f"{answer.probe}: {answer.detail}" for answer in silent)
        raise Unanswered(f"no answer from {names}", why)
