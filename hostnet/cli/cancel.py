"""hostnet cancel."""

from __future__ import annotations

import click

from hostnet.cli.options import json_option
from hostnet.cli.output import out, out_json, progress, reporting, safe


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
        if as_json:
            from hostnet import report

            out_json(report.result(result))
            return
    subject = safe(result.plan.subject, line=True)
    words = {
        "undone": f"{subject}: undone; the old state is back and was verified",
        "already-so": f"{subject}: is undone already",
    }
    out(words[result.outcome])
