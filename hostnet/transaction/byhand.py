"""What an operator types where hostnet could go neither back nor forward."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hostnet.model import Image, Kind
from hostnet.ops import Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hostnet.plan import Plan
    from hostnet.transaction.journal import Journal

    Copies = Mapping[str, tuple[str, Image]]


def back(plan: Plan, journal: Journal) -> str:
    """The commands that put the old state back, to be pasted."""
    copies: dict[str, tuple[str, Image]] = {}
    for number, change in enumerate(plan.writes):
        copies.setdefault(change.path, (f"{journal.folder}/before/{number}", change.before))
    units = [(op.unit, op.ran) for op in (*plan.trial, *plan.promotion) if isinstance(op, Service)]
    return _commands("To put the old state back by hand:", copies, units)


def forward(plan: Plan, journal: Journal) -> str:
    """The commands that put the new state in force, to be pasted."""
    copies = {
        change.path: (f"{journal.folder}/after/{number}", change.after)
        for number, change in enumerate(plan.writes)
    }
    units = [(op.unit, op.wish == "fresh") for op in plan.trial if isinstance(op, Service)]
    return _commands("To complete the change by hand:", copies, units)


def _commands(title: str, copies: Copies, units: Iterable[tuple[str, bool]]) -> str:
    lines = [f"  {_command(path, copy, image)}" for path, (copy, image) in copies.items()]
    services = [
        f"  systemctl {'reload-or-restart' if runs else 'stop'} {unit}"
        for unit, runs in dict.fromkeys(units)
    ]
    lines += ["  systemctl daemon-reload", *services] if services else []
    hint = "Or put right what is in the way and run `hostnet recover`."
    return "\n".join([title, *lines, "  netplan apply", hint])


def _command(path: str, copy: str, image: Image) -> str:
    if image.kind is Kind.ABSENT:
        return shlex.join(["rm", "-f", path])
    if image.kind is Kind.SYMLINK:
        return shlex.join(["ln", "-sfn", image.data.decode(errors="replace"), path])
    owner = ["-o", str(image.uid), "-g", str(image.gid), "-m", f"{image.mode:04o}"]
    return shlex.join(["install", *owner, copy, path])
