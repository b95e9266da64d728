"""What could be typed for an argument, told to the shell (hostnet.cli.manual.completions).

Nothing is imported before a shell asks: no command pays for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def interfaces(_ctx: click.Context, _of: click.Parameter, incomplete: str) -> list[str]:
    """The links of this host, but for the loopback."""
    import socket

    names = (name for _, name in socket.if_nameindex() if name != "lo")
    return [name for name in names if name.startswith(incomplete)]


def rule_ids(_ctx: click.Context, _of: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What --ignore takes, each with its name."""
    from click.shell_completion import CompletionItem

    from hostnet.findings import rules

    return [
        CompletionItem(rule.id, help=rule.name)
        for rule in rules()
        if rule.ignorable and rule.id.startswith(incomplete)
    ]


def probes(_ctx: click.Context, _of: click.Parameter, incomplete: str) -> list[str]:
    """What --no-probe takes."""
    from hostnet.probes.targets import AUTOMATIC

    return [kind for kind in AUTOMATIC if kind.startswith(incomplete)]


def folders(_ctx: click.Context, _of: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A folder; the shell knows best which there are."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def files(_ctx: click.Context, _of: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A file."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]
