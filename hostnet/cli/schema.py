"""hostnet schema."""

from __future__ import annotations

import click

from hostnet.schema_files import NAMES, schema


@click.command(
    "schema",
    epilog=f"""\b
Examples:
  hostnet schema netplan > netplan.schema.json
  hostnet schema result                         what `hostnet static --json` prints

NAME is one of {", ".join(NAMES)}.
""",
)
@click.argument("name", metavar="NAME", type=click.Choice(NAMES))
def command(name: str) -> None:
    """Print a JSON Schema: of netplan's language, or of what --json prints.

    Editors check a netplan file by it whose first line is
    `# yaml-language-server: $schema=netplan.schema.json`.
    """
    click.echo(schema(name), nl=False)
