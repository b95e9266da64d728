"""hostnet validate."""

from __future__ import annotations

import click

from hostnet.cli.checking import check
from hostnet.cli.completing import files, folders, rule_ids
from hostnet.cli.options import exit_code_option, json_option
from hostnet.cli.output import out, out_json, reporting


@click.command(
    "validate",
    epilog="""\b
Examples:
  hostnet validate                            the files of this host
  hostnet validate my.yaml other.yaml         these, as one configuration
  hostnet validate hosts/                     each file there by itself, in netplan/ as one
  hostnet validate --release 22.04 my.yaml    as Ubuntu 22.04 would take it
  hostnet validate -                          standard input
  hostnet validate --root /mnt/image --json
  hostnet validate --rules                    every rule, by its id
""",
)
@click.argument("paths", nargs=-1, metavar="[FILE|DIR|-]...", shell_complete=files)
@click.option(
    "--root",
    default="/",
    metavar="DIR",
    shell_complete=folders,
    help="Check the files of an image tree.",
)
@click.option("--netplan", metavar="0.106|1.1|1.2", help="As this release of netplan takes them.")
@click.option(
    "--release", metavar="22.04|bookworm|...", help="As this Ubuntu or Debian takes them."
)
@click.option("--all-releases", is_flag=True, help="Say which releases of netplan take them.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="HN...",
    shell_complete=rule_ids,
    help="Leave out this finding.",
)
@click.option("--rules", is_flag=True, help="List every rule and exit.")
@json_option
@exit_code_option
def command(
    paths: tuple[str, ...],
    *,
    root: str,
    netplan: str | None,
    release: str | None,
    all_releases: bool,
    ignore: tuple[str, ...],
    rules: bool,
    as_json: bool,
    exit_code: bool,
) -> None:
    """Check netplan files, all findings at once. Exits 3 if netplan would refuse them.

    Needs no netplan. Without --netplan or --release the release that is installed here counts,
    else the newest, and netplan itself is asked, too, where it is installed.
    """
    if rules:
        with reporting(as_json=as_json):
            _list_rules(as_json=as_json)
        return
    check(
        paths, root=root, netplan=netplan, release=release, all_releases=all_releases,
        ignore=ignore, as_json=as_json, exit_code=exit_code,
    )  # fmt: skip


def _list_rules(*, as_json: bool) -> None:
    from hostnet.findings import rules

    if as_json:
        from hostnet import report

        out_json(report.rules(rules()))
        return
    for rule in rules():
        out(f"{rule.id}  {rule.severity:7}  {rule.kind:7}  {rule.name}: {rule.summary}")
