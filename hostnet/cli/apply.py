"""hostnet apply."""

from __future__ import annotations

import sys
from typing import Any

import click

from hostnet.cli.completing import files
from hostnet.cli.options import attempt_options, change_options
from hostnet.cli.output import attend, notice, out_change, out_json, progress, reporting
from hostnet.errors import EXIT_CHANGES


@click.command(
    "apply",
    epilog="""\b
Examples:
  hostnet apply node.yaml                     the one node, or the one that this machine is
  hostnet apply site.yaml --dry-run
  hostnet apply site.yaml --node k8s-1 --root /mnt/image
  hostnet apply node.yaml --root /.           in a chroot: write this very tree, start nothing
""",
)
@click.argument("path", metavar="NODE.yaml", shell_complete=files)
@click.option("--node", metavar="NAME", help="Take the node of this name, not the one it selects.")
@attempt_options
@change_options
def command(path: str, **values: Any) -> None:
    """Make this machine what a file says of it: addresses, gateways, nameservers, and more.

    The file describes one node or many, hostnet-node(5) says how. Of many the one is taken
    that selects this machine by its hostname, a MAC address, its machine-id or its serial
    number; none or several are refused.

    On the running host all is planned first; then one interface after the other is tried,
    verified and kept, as `hostnet static` does. Below another root the files are written.
    """
    as_json, quiet = values["as_json"], values["quiet"]
    with reporting(as_json=as_json):
        from hostnet.nodes import apply

        with progress(quiet=quiet or as_json) as step:
            done = apply(
                path,
                node=values["node"],
                root=values["root"],
                dry_run=values["dry_run"],
                confirm=values["confirm"],
                probes=values["probes"],
                no_probe=values["no_probe"],
                ignore=values["ignore"],
                progress=step,
                notice=notice,
                attend=attend(),
            )
        if as_json:
            from hostnet import report

            out_json(report.applied(done))
        else:
            for result in done.results:
                out_change(result.plan.subject, result, as_json=False, quiet=quiet)
    if values["exit_code"] and done.changed:
        sys.exit(EXIT_CHANGES)
