"""Texts of the files that hostnet owns.

A template with variables is jinja2's; one without is a file that is read as it is, so
that the common path does not pay for importing jinja2.
"""

from __future__ import annotations


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
