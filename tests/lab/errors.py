"""What the laboratory says when it cannot do its work."""

from __future__ import annotations

from collections.abc import Sequence


class LabError(Exception):
    """The laboratory itself failed; the program under test is not to blame."""


class CommandFailed(LabError):
    """A command on a host or on the router ended with a status nobody expected."""

    def __init__(self, where: str, argv: Sequence[str], ending: int | str, output: str) -> None:
        super().__init__(f"{where}: {' '.join(argv)} ended with {ending}\n{output}".rstrip())
        self.argv = tuple(argv)
        self.ending = ending
        self.output = output
