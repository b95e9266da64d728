"""How a walk tells whoever called it what it does; what it returns comes at its end."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str], None]
"""Takes one line, such as ``verifying ens33``."""


def silent(_message: str) -> None:
    """Nobody listens."""
