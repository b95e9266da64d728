"""hostnet recover."""

from __future__ import annotations

import click

from hostnet.cli.options import json_option
from hostnet.cli.output import foreign, out, out_json, reporting, safe


@click.command(
    "recover",
    epilog="""\b
Examples:
  hostnet recover
  hostnet recover --json
  hostnet recover --boot                      what hostnet-recover.service runs
""",
)
@click.option("--boot", "at_boot", is_flag=True, help="Before networkd starts, without D-Bus.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where nothing was open.")
@json_option
def command(*, at_boot: bool, quiet: bool, as_json: bool) -> None:
    """Settle a change that a crash or a power cut left open.

    One that was still tried is undone, one that was being kept is completed; then it is
    applied and verified. hostnet-recover.service does this at every boot where a change is
    open, and so does the next `hostnet static`. Where nothing is open nothing is touched.
    """
    with reporting(as_json=as_json):
        from hostnet.recovery import recover

        done = recover(at_boot=at_boot)
        if as_json:
            from hostnet import report

            out_json(report.recovery(done))
        elif done.changed or not quiet:
            out(safe(str(done), line=True))
            foreign(done)
            for path in done.files:
                out(safe(f"    {path}", line=True))
