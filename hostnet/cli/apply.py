"""hostnet apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hostnet.cli.changing import change_and_show
from hostnet.cli.completing import files
from hostnet.cli.options import attempt, attempt_options, change_options
from hostnet.cli.output import out_change, out_json

if TYPE_CHECKING:
    from hostnet.applied import Applied


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

    def make(**manner: Any) -> Applied:
        from hostnet.nodes import apply

        return apply(path, node=values["node"], **attempt(values), **manner)

    def show(done: Applied) -> None:
        if values["as_json"]:
            from hostnet import report

            out_json(report.applied(done))
            return
        for result in done.results:
            out_change(result.plan.subject, result, as_json=False, quiet=values["quiet"])

    change_and_show(make, show, values)
