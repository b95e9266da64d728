"""The command line: parse, call the library, print, exit. No logic lives here."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script ``hostnet``."""
    if sys.argv[1:] == ["--version"]:
        from hostnet import __version__

        print(f"hostnet {__version__}")
        return
    from hostnet.cli.commands import hostnet

    hostnet(prog_name="hostnet")
