"""From a completed request to a Plan: every file's change, every step, every reason.

Planning is pure. Here is what every root has, the files; `hostnet.steps` adds what it
takes to put them in force on the running host.
"""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.change import Change, Write
from hostnet.cloudinit import CLOUD_FILE, network_disabled
from hostnet.model import ABSENT, Image, Kind, SourceFile
from hostnet.owner import OUR_FILE
from hostnet.templates import constant
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.complete import Completed
    from hostnet.draft import Draft
    from hostnet.model import Observed
    from hostnet.ops import Op
    from hostnet.verification import Expectation

OUR_MODE = 0o600
TRIAL = "/run/netplan/"
MEMORY = "/var/lib/hostnet/"
PINNED = f"{MEMORY}pinned.json"
"""Is there while DNS is pinned; see `hostnet.pinned`."""


class Plan(Value):
    """What is to be done to the host, and why.

    ``changes`` are the lasting ones, file by file. ``trial`` and ``promotion`` are all
    steps in their order; ``before`` is what must be observed again after an undo.
    ``trial_files`` and ``final_files`` are the netplan files of either state, for the
    oracle; nothing of the plan may be performed before it accepted both.
    """

    subject: str
    changes: tuple[Change, ...] = ()
    trial: tuple[Op, ...] = ()
    promotion: tuple[Op, ...] = ()
    before: Expectation | None = None
    reasons: tuple[str, ...] = ()
    trial_files: tuple[tuple[str, bytes], ...] = ()
    final_files: tuple[tuple[str, bytes], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is already so."""
        return not self.changes and not self.trial and not self.promotion

    @property
    def writes(self) -> tuple[Change, ...]:
        """Every write in its order, trial first."""
        return tuple(op.change for op in (*self.trial, *self.promotion) if isinstance(op, Write))

    @property
    def wanted(self) -> Expectation | None:
        """What must be observed in the end of the link it changes."""
        from hostnet.ops import Verify

        ops = (op for op in self.promotion if isinstance(op, Verify))
        return next((op.expectation for op in ops), None)


def build(
    completed: Completed,
    final: Draft,
    trial: Draft,
    observed: Observed,
) -> Plan:
    """The changes of files; an empty plan if they are as asked.

    On a running host `hostnet.steps` puts the other steps beside them.
    """
    promotion = tuple(map(Write, netplan_changes(final, observed)))
    return Plan(
        completed.id,
        lasting(promotion),
        promotion=promotion,
        reasons=completed.reasons,
        trial_files=_drafted_files(observed, trial),
        final_files=_drafted_files(observed, final),
    )


def netplan_changes(final: Draft, observed: Observed) -> tuple[Change, ...]:
    """The changes that leave the drafted files, with netplan their only source.

    90-hostnet.yaml comes first: between two renames the interface is defined twice, never not.
    """
    changes = [_lasting(file, data, reason, observed) for file, data, reason in final.files]
    changes += _mode_change(changes, observed)
    changes += _cloud_change(observed)
    changes.sort(key=lambda change: change.path != OUR_FILE)
    return tuple(change for change in changes if change.before != change.after)


def lasting(ops: tuple[Op, ...]) -> tuple[Change, ...]:
    """The changes of files that outlive a reboot; the trial's in /run do not.

    Nor is what hostnet remembers a change of the host; it would show secrets, too.
    """
    return tuple(
        op.change
        for op in ops
        if isinstance(op, Write) and not op.change.path.startswith(("/run/", MEMORY))
    )


def _lasting(file: SourceFile, data: bytes, reason: str, observed: Observed) -> Change:
    """The change in /etc.

    A file in /lib is shadowed by one of its name in /etc, and of a symlink the file that
    it leads to is changed.
    """
    uid, gid = observed.system.owner
    fresh = Image(Kind.FILE, data, OUR_MODE, uid, gid)
    if file.path == OUR_FILE and file.image.kind is Kind.ABSENT:
        return Change(OUR_FILE, ABSENT, fresh, reason)
    if file.path.startswith("/lib/"):
        return Change(f"/etc/netplan/{basename(file.path)}", ABSENT, fresh, reason)
    after = replace(file.image, data=data)
    if file.path == OUR_FILE:
        after = replace(after, mode=OUR_MODE)
    return Change(file.target or file.path, file.image, after, reason)


def _mode_change(changes: list[Change], observed: Observed) -> list[Change]:
    """Our own file is root's alone, also where nothing in it changes."""
    ours = next((file for file in observed.netplan_files if file.path == OUR_FILE), None)
    if ours is None or ours.image.kind is not Kind.FILE or ours.image.mode == OUR_MODE:
        return []
    if any(change.path in (OUR_FILE, ours.target) for change in changes):
        return []
    after = replace(ours.image, mode=OUR_MODE)
    reason = f"mode {ours.image.mode:04o} becomes 0600: it may hold secrets"
    return [Change(ours.target or OUR_FILE, ours.image, after, reason)]


def _cloud_change(observed: Observed) -> list[Change]:
    if not observed.system.cloud_init or network_disabled(observed.cloud_files):
        return []
    uid, gid = observed.system.owner
    after = Image(Kind.FILE, constant("99-hostnet-network.cfg"), 0o644, uid, gid)
    reason = "cloud-init would define the network again on the next new instance"
    return [Change(CLOUD_FILE, observed.image(CLOUD_FILE), after, reason)]


def tree_files(files: Iterable[SourceFile]) -> tuple[tuple[str, bytes], ...]:
    """Path and bytes of every netplan file, as the oracle is to see them."""
    return tuple((file.path, file.data) for file in files)


def _drafted_files(observed: Observed, drafted: Draft) -> tuple[tuple[str, bytes], ...]:
    files = dict(tree_files(observed.netplan_files))
    for file, data, _ in drafted.files:
        name = basename(file.path)
        files[f"/etc/netplan/{name}"] = data
    return tuple(files.items())
