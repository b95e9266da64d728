"""hostnet firstboot."""

from __future__ import annotations

import click

from hostnet.cli.options import json_option
from hostnet.cli.output import findings, out, out_json, out_result, progress, reporting

_WORDS = {
    "already-so": "already so",
    "written": "written; the network comes up with it",
}


@click.command(
    "firstboot",
    epilog="""\b
Examples:
  hostnet firstboot                           what hostnet-firstboot.service runs
  hostnet firstboot --json
""",
)
@json_option
def command(*, as_json: bool) -> None:
    """Make this machine its node before its network comes up, once for each machine-id.

    hostnet-firstboot.service runs it at a boot that finds a description (hostnet-node(5)):
    /etc/hostnet/node.yaml; hostnet/node.yaml below /boot, /boot/efi, /boot/firmware or /efi;
    the systemd credential hostnet.node; node.yaml on a volume labelled HOSTNET, if
    /etc/hostnet/volume is there. What is refused leaves the image's own network as it was.
    """
    with reporting(as_json=as_json):
        from hostnet.initial import firstboot

        with progress(quiet=as_json) as step:
            done = firstboot(progress=step)
        if as_json:
            from hostnet import report

            out_json(report.applied(done))
            return
        if not done.results:
            out("nothing to do")
        for result in done.results:
            findings(result.findings)
            out_result(result, _WORDS, as_json=False)
