"""The names of files that are being made, or kept to be put back, beside their target."""

from __future__ import annotations

import os

_PREFIX = ".hostnet-"
"""netplan, systemd and resolved pass over names that start with a dot."""
_DIGITS = 16


def temporary_name() -> str:
    """One that nothing has yet."""
    return _PREFIX + os.urandom(_DIGITS // 2).hex()


def is_temporary(name: str) -> bool:
    """Whether it is such a name: what a process that was killed leaves behind has one."""
    number = name.removeprefix(_PREFIX)
    return number != name and len(number) == _DIGITS and set(number) <= set("0123456789abcdef")
