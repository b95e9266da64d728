"""The one place where a plan's Ops become effects: one match over them."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from itertools import groupby
from threading import Thread
from typing import TYPE_CHECKING

from hostnet.change import Write
from hostnet.errors import HostnetError
from hostnet.host.apply import netplan_apply
from hostnet.host.hold import hold, release
from hostnet.host.immutable import set_immutable
from hostnet.host.networkd import restart_networkd
from hostnet.host.services import bring, reread
from hostnet.ops import (
    Announce,
    Apply,
    Demand,
    Hold,
    Lock,
    Op,
    Release,
    Reread,
    Resolve,
    Restart,
    Revert,
    Service,
    Verify,
)
from hostnet.transaction.keeping import demand_links, keeping
from hostnet.transaction.timing import APPLY, DEMAND, RESTART, SERVICE, VERIFY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.host.files import Files
    from hostnet.host.keeping import Keeping
    from hostnet.probes import Probe
    from hostnet.transaction.journal import Journal


def perform(ops: Iterable[Op], files: Files, journal: Journal) -> None:
    """Do the Ops in order; neighbouring writes as one commit, all of them or none.

    Reads nothing but the Ops. Raises HostnetError at the first that fails.
    """
    with ExitStack() as held:
        _perform(ops, files, journal, held)


def _perform(ops: Iterable[Op], files: Files, journal: Journal, held: ExitStack) -> None:
    tell = journal.tell
    kept: Keeping | None = None
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
                case Restart():
                    tell("restarting systemd-networkd")
                    restart_networkd(RESTART)
                case Verify(expectation):
                    from hostnet.host.verify import verify

                    tell(f"verifying {expectation.link}")
                    verify(expectation, VERIFY, RESTART, tell=tell)
                case Reread():
                    reread()
                case Service(unit, wish):
                    tell(f"{'stopping' if wish == 'stopped' else 'refreshing'} {unit}")
                    bring(unit, wish, SERVICE)
                case Lock(path, immutable):
                    if not set_immutable(path, immutable=immutable):
                        tell(f"{path} cannot be made immutable on its file system")
                case Revert(link):
                    from hostnet.host.resolving import revert

                    tell(f"taking back what was set for {link} by call")
                    revert(link)
                case Resolve(whom):
                    from hostnet.host.resolving import verify_resolving

                    tell("verifying systemd-resolved")
                    verify_resolving(whom, VERIFY)
                case Announce(link, addresses):
                    from hostnet.host.neighbours import announce

                    # Who does not hear it finds out a little later (ARP caches age).
                    with suppress(OSError):
                        announce(link, addresses)
                case Demand(probes):
                    tell("asking " + ", ".join(map(str, probes)))
                    _demand(probes)
                case Hold():
                    tell("holding what is there")
                    kept = held.enter_context(keeping(op, journal))
                    hold(op.held)
                case Release():
                    held.close()
                    release()
                    if kept is not None:
                        demand_links(kept)
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
