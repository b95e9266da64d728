"""hostnet cancel."""

from __future__ import annotations

import click

from hostnet.cli.options import json_option
from hostnet.cli.output import out_result, progress, reporting

_WORDS = {
    "undone": "undone; the old state is back and was verified",
    "already-so": "is undone already",
}


@click.command(
    "cancel",
    epilog="""\b
Examples:
  hostnet cancel
  hostnet cancel 5f3a9c
""",
)
@click.argument("token", required=False, metavar="[TOKEN]")
@json_option
def command(token: str | None, *, as_json: bool) -> None:
    """Undo the change that is tried or waits for its confirmation, at once.

    It returns once the old state is back and verified.
    """
    with reporting(as_json=as_json):
        from hostnet.confirmation import cancel

        with progress(quiet=as_json) as step:
            result = cancel(token, progress=step)
        out_result(result, _WORDS, as_json=as_json)
