"""hostnet schema."""

from __future__ import annotations

import click

from hostnet.schema_files import NAMES, schema

_HELP = f"""\
Print a JSON Schema: of netplan's language, of nodes, or of what --json prints.

NAME is one of {", ".join(NAMES)}.

Editors check a netplan file by it whose first line is
`# yaml-language-server: $schema=netplan.schema.json`.
"""


@click.command(
    "schema",
    help=_HELP,
    epilog="""\b
Examples:
  hostnet schema netplan > netplan.schema.json
  hostnet schema result                         what `hostnet static --json` prints
""",
)
@click.argument("name", metavar="NAME", type=click.Choice(NAMES))
def command(name: str) -> None:
    """Print the schema of that name."""
    click.echo(schema(name), nl=False)
