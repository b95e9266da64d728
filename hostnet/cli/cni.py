"""hostnet cni protect, status, unprotect."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hostnet.cli.changing import change
from hostnet.cli.completing import folders
from hostnet.cli.options import change_options, exit_code_option, ignore_option, json_option
from hostnet.cli.output import findings, out, out_json, reporting
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from hostnet.container_status import ContainerStatus
    from hostnet.result import Result


@click.group(
    "cni",
    epilog="""\b
Examples:
  hostnet cni status
  hostnet cni protect
""",
)
def command() -> None:
    """Protect the container network from networkd, udev and NetworkManager."""


@command.command(
    "protect",
    epilog="""\b
Examples:
  hostnet cni protect
  hostnet cni protect --dry-run
  hostnet cni protect --root /mnt/image
""",
)
@ignore_option
@change_options
def protect(**values: Any) -> None:
    """Have the host leave alone what container networks make, for good.

    networkd takes away routes, rules and addresses that it did not make, whenever it starts
    and at every `netplan apply`. This writes the files that have it leave them alone, and
    restarts it once, which loses nothing either. `hostnet static` does the same where it finds
    a container network, or with --kubernetes.
    """

    def make(**manner: Any) -> Result:
        from hostnet.containers import cni_protect

        return cni_protect(**manner)

    change(make, values)


@command.command(
    "unprotect",
    epilog="""\b
Examples:
  hostnet cni unprotect
  hostnet cni unprotect --ignore HN063      though a container network is there
""",
)
@ignore_option
@change_options
def unprotect(**values: Any) -> None:
    """Remove what `hostnet cni protect` wrote; refused where a container network is found."""

    def make(**manner: Any) -> Result:
        from hostnet.containers import cni_unprotect

        return cni_unprotect(**manner)

    change(make, values)


@command.command(
    "status",
    epilog="""\b
Examples:
  hostnet cni status
  hostnet cni status --json
  hostnet cni status --exit-code              10 if something is to be mended
""",
)
@click.option(
    "--root",
    default="/",
    metavar="DIR",
    shell_complete=folders,
    help="Look at the files of an image tree.",
)
@json_option
@exit_code_option
def status(*, root: str, as_json: bool, exit_code: bool) -> None:
    """Show how the container network is protected, and what else would harm it."""
    with reporting(as_json=as_json):
        from hostnet.containers import cni_status

        value = cni_status(root=root)
        if as_json:
            from hostnet import report

            out_json(report.container_status(value))
        else:
            _show(value)
    if exit_code and value.findings:
        sys.exit(EXIT_CHANGES)


def _show(value: ContainerStatus) -> None:
    out(f"container networks: {', '.join(value.signs) or 'none found'}")
    for file in value.files:
        loaded = {True: ", loaded", False: ", not loaded", None: ""}[file.loaded]
        out(f"{file.path}: {file.state}{loaded}")
    for link in value.links:
        by = f", by {link.network_file}" if link.network_file else ""
        out(f"{link.name}: {link.setup or 'unknown to networkd'}{by}")
    findings(value.findings)
