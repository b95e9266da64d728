"""Texts of the files that hostnet owns.

A template with variables is jinja2's; one without is a file that is read as it is, so
that the common path does not pay for importing jinja2.
"""

from __future__ import annotations

from pathlib import Path


def constant(name: str) -> bytes:
    """The bytes of a template without variables."""
    return (Path(__file__).parent / name).read_bytes()
