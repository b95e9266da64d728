"""Completions for bash, zsh and fish, which ask the command itself what could be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import get_completion_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

_PATHS = {
    "bash": "bash-completion/completions/hostnet",
    "zsh": "zsh/vendor-completions/_hostnet",
    "fish": "fish/vendor_completions.d/hostnet.fish",
}
"""Where a distribution's packages put them, below /usr/share."""


def completions(root: click.Command) -> Iterator[tuple[str, str]]:
    """Each shell's file and its text."""
    for shell, path in _PATHS.items():
        complete = get_completion_class(shell)
        assert complete is not None
        yield path, complete(root, {}, "hostnet", "_HOSTNET_COMPLETE").source()
