"""The group of commands; each is imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from hostnet import __version__

COMMANDS = ("static", "render", "validate", "status")


class _Lazy(click.Group):
    """Imports only the command that is run: each import costs what others do not need."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"hostnet.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  hostnet static ens33 192.168.141.134/24
  hostnet static ens33 --dry-run
  hostnet status
""",
)
@click.version_option(__version__, message="hostnet %(version)s")
def hostnet() -> None:
    """Give an Ubuntu host a fixed address, gateway and nameservers, and keep them.

    Exit codes: 0 as asked or already so; 2 usage; 3 refused by findings, 4 host
    unsuitable, 5 busy (all three: the host is untouched); 6 failed, the old state is
    verified back; 7 failed and not verified back; 10 with --exit-code: would change.
    """
