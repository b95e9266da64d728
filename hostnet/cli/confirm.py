"""hostnet confirm."""

from __future__ import annotations

import click

from hostnet.cli.options import ignore_option, json_option
from hostnet.cli.output import out_result, progress, reporting

_WORDS = {
    "committed": "confirmed, verified, and kept for every boot",
    "already-so": "is kept already",
}


@click.command(
    "confirm",
    epilog="""\b
Examples:
  hostnet confirm
  hostnet confirm 5f3a9c
""",
)
@click.argument("token", required=False, metavar="[TOKEN]")
@ignore_option
@json_option
def command(token: str | None, *, as_json: bool, ignore: tuple[str, ...]) -> None:
    """Keep the change that waits for it: `hostnet static --confirm SECONDS` made it.

    Say it over a new connection to the new address: that you can shows that it works. It
    returns once the change is in force without the old address, verified, and kept for
    every boot. TOKEN names the change where you want to be sure which one it is.
    """
    with reporting(as_json=as_json):
        from hostnet.confirmation import confirm

        with progress(quiet=as_json) as step:
            result = confirm(token, ignore=ignore, progress=step)
        out_result(result, _WORDS, as_json=as_json)
