"""Texts of the files that hostnet owns, signed in their first line.

A file of the folder without variables is read as it is: who writes no other does not pay for
importing a language of templates.
"""

from __future__ import annotations

SIGNATURE = b"# Made by hostnet"
"""How the first line of every file begins that is hostnet's, and no one else's."""


def constant(name: str) -> bytes:
    """The bytes of a template without variables."""
    from pkgutil import get_data

    data = get_data(__name__, name)
    assert data is not None  # only a loader without files has none
    return data


def rendered(name: str, **values: object) -> bytes:
    """The bytes of a template with these variables; all that it names must be given."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    return environment.from_string(constant(name).decode()).render(values).encode()
