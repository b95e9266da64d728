"""How a walk tells whoever called it what it does; what it returns comes at its end."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str], None]
"""Takes one line, such as ``verifying ens33``."""


def silent(_message: str) -> None:
    """Nobody listens."""


def quoted(text: str) -> str:
    """The text as a message shows it: quoted, control characters escaped, not too long."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
