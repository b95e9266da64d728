"""Texts of the files that hostnet owns.

A template with variables is jinja2's; one without is a file that is read as it is, so
that the common path does not pay for importing jinja2.
"""

from __future__ import annotations


def constant(name: str) -> bytes:
    """The bytes of a template without variables."""
    from pathlib import Path

    return (Path(__file__).parent / name).read_bytes()
