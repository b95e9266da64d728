"""The group of commands; each is imported when it is called."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from hostnet import __version__
from hostnet.cli.output import out_json, safe

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = (
    *("static", "apply", "confirm", "cancel", "status", "dns", "cni", "recover", "firstboot"),
    *("render", "validate", "schema", "cloud-init"),
)


_ARGUMENTS = "hostnet.arguments"


@contextmanager
def _told(ctx: click.Context) -> Iterator[None]:
    """Tell of an argument that does not parse as of any other error: safely, and as JSON."""
    try:
        yield
    except click.UsageError as error:
        message = safe(error.format_message(), line=True)
        if not _wants_json(ctx.meta[_ARGUMENTS]):
            raise click.UsageError(message, error.ctx) from None
        from hostnet import report
        from hostnet.errors import UsageError

        path = error.ctx.command_path if error.ctx else "hostnet"
        fault = UsageError(message, remedy=f"`{path} --help` shows what can be said.")
        out_json(report.error(fault))
        ctx.exit(fault.exit_code)


def _wants_json(arguments: tuple[str, ...]) -> bool:
    """Whether -j is among them, alone or with other letters; what follows `--` is no option."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(
        option == "--json" or (option[:1] == "-" and option[1:].isalpha() and "j" in option)
        for option in options
    )


class _Lazy(click.Group):
    """Imports only the command that is run: each import costs what others do not need."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGUMENTS] = tuple(args)
        with _told(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _told(ctx):
            return super().invoke(ctx)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"hostnet.cli.{cmd_name.replace('-', '_')}").command
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

    Exit codes: 0 as asked, already so or waiting for confirmation; 2 usage; 3 refused by
    findings, 4 host unsuitable, 5 busy (all three: the host is untouched); 6 failed, cancelled
    or confirmed too late, the old state is verified back; 7 failed and not verified back; 10
    with --exit-code: would change.
    """
