"""The command line: parse, call the library, print, exit. No logic lives here."""

from __future__ import annotations

import atexit
import gc
import os
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
        if sys.argv[1:2] == ["validate"]:
            from hostnet.cli.checking import check, plain

            wanted = plain(sys.argv[1:])
            if wanted is not None:
                paths, values = wanted
                check(paths, netplan=values.get("netplan"), release=values.get("release"))
                return
        from hostnet.cli.commands import hostnet

        hostnet(prog_name="hostnet")
    except BrokenPipeError:
        # Its reader has heard enough, as click takes it; what is left must not be tried again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(6)  # While it was still being imported: nothing was begun.
