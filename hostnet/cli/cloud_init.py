"""hostnet cloud-init."""

from __future__ import annotations

from typing import Any

import click

from hostnet.cli.completing import files, folders
from hostnet.cli.options import ignore_option, json_option
from hostnet.cli.output import findings, out, out_json, reporting


@click.command(
    "cloud-init",
    epilog="""\b
Examples:
  hostnet cloud-init site.yaml                user-data, the same for every node
  hostnet cloud-init site.yaml --hook bootcmd
  hostnet cloud-init site.yaml --format network-config --node k8s-1
  hostnet cloud-init site.yaml --format nocloud-dir -o seeds      seeds/NODE/user-data, ...
""",
)
@click.argument("path", metavar="NODE.yaml", shell_complete=files)
@click.option(
    "--format",
    type=click.Choice(["user-data", "network-config", "nocloud-dir"]),
    default="user-data",
    help="What is wanted; user-data if nothing is said.",
)
@click.option(
    "--hook",
    type=click.Choice(["runcmd", "bootcmd"]),
    default="runcmd",
    help="When hostnet follows the description: once for each instance, or at every boot.",
)
@click.option("--node", metavar="NAME", help="The node of this name alone.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    shell_complete=folders,
    help="The folder for a nocloud-dir; it must be there.",
)
@ignore_option
@json_option
def command(path: str, *, as_json: bool, **values: Any) -> None:
    """Print what cloud-init is to be told, so that machines become their nodes. Needs no host.

    The image must have hostnet; cloud-init brings the description (hostnet-node(5)) and has
    `hostnet apply` follow it. A network-config makes cloud-init come up with the node's
    addresses by itself, before hostnet takes over.
    """
    with reporting(as_json=as_json):
        from hostnet.seeding import cloud_init

        site = cloud_init(path, **values)
        if as_json:
            from hostnet import report

            out_json(report.seed(site))
            return
        findings(site.findings)
        if values["output"] is None:
            out(site.files[0][1].rstrip("\n"))
        else:
            out(f"{len(site.files)} files rendered below {values['output']}")
