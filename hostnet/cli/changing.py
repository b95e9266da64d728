"""What all commands that change something do alike: tell the steps, and what became of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hostnet.cli.output import notice, out_change, progress, reporting
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.result import Result


class _Done(Protocol):
    @property
    def changed(self) -> bool: ...


_D = TypeVar("_D", bound=_Done)


def change(
    make: Callable[..., Result], values: dict[str, Any], *, subject: str | None = None
) -> None:
    """Make a change as ``options.change_options`` say, and show all of it.

    ``make`` takes them, and imports what it needs: an interrupt meanwhile is told as any other.
    ``subject`` is what the operator calls it, if not as the plan does.
    """

    def show(result: Result) -> None:
        out_change(
            subject or result.plan.subject, result, as_json=values["as_json"], quiet=values["quiet"]
        )

    change_and_show(make, show, values)


def change_and_show(
    make: Callable[..., _D], show: Callable[[_D], None], values: dict[str, Any]
) -> None:
    """The same with words of its own; ends with --exit-code's code."""
    with reporting(as_json=values["as_json"]):
        with progress(quiet=values["quiet"] or values["as_json"]) as step:
            done = make(
                root=values["root"],
                dry_run=values["dry_run"],
                ignore=values["ignore"],
                progress=step,
                notice=notice,
            )
        show(done)
    if values["exit_code"] and done.changed:
        sys.exit(EXIT_CHANGES)
