"""The command line: parse, call the library, print, exit. No logic lives here."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """The console script ``hostnet``."""
    # Nothing here lives long enough to be worth collecting, nor is it at the end, when the
    # interpreter would look at each object once more: 10 and 15 of 160 ms (tests/bench).
    gc.disable()
    atexit.register(gc.freeze)
    if sys.argv[1:] == ["--version"]:
        from hostnet import __version__

        print(f"hostnet {__version__}")
        return
    try:
        from hostnet.cli.commands import hostnet

        hostnet(prog_name="hostnet")
    except KeyboardInterrupt:
        sys.exit(6)  # While it was still being imported: nothing was begun.
