"""hostnet validate."""

from __future__ import annotations

import sys

import click

from hostnet.cli.completing import files, folders, rule_ids
from hostnet.cli.options import exit_code_option, json_option
from hostnet.cli.output import findings, out, out_json, reporting
from hostnet.errors import EXIT_CHANGES


@click.command(
    "validate",
    epilog="""\b
Examples:
  hostnet validate                            the files of this host
  hostnet validate my.yaml other.yaml         these, as one configuration
  hostnet validate --root /mnt/image --json
  hostnet validate --rules                    every rule, by its id
""",
)
@click.argument("paths", nargs=-1, metavar="[FILE]...", shell_complete=files)
@click.option(
    "--root",
    default="/",
    metavar="DIR",
    shell_complete=folders,
    help="Check the files of an image tree.",
)
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
    ignore: tuple[str, ...],
    rules: bool,
    as_json: bool,
    exit_code: bool,
) -> None:
    """Check netplan files, all findings at once. Exits 3 if netplan would refuse them."""
    with reporting(as_json=as_json):
        if rules:
            _list_rules(as_json=as_json)
            return
        from hostnet.inspection import validate

        verdict = validate(paths, root=root, ignore=ignore)
        if as_json:
            from hostnet import report

            out_json(report.verdict(verdict))
        else:
            findings(verdict.findings)
            out("valid" if verdict.valid else "invalid")
    if not verdict.valid:
        sys.exit(3)
    if exit_code and verdict.findings:
        sys.exit(EXIT_CHANGES)


def _list_rules(*, as_json: bool) -> None:
    from hostnet.findings import rules

    if as_json:
        from hostnet import report

        out_json(report.rules(rules()))
        return
    for rule in rules():
        out(f"{rule.id}  {rule.severity:7}  {rule.kind:7}  {rule.name}: {rule.summary}")
