"""`python3 -m tests.lab`: build the images, or look around in a host."""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.lab import SUITES, cleanup, fixtures, images
from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.router import Router


def main() -> int:
    """Parse the command line and do as asked."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("images", help="build what is missing, two suites at a time")
    build.add_argument("suites", nargs="*", default=list(SUITES), metavar="SUITE")
    build.add_argument("--containers", action="store_true", help="those with containers as well")
    shell = commands.add_parser("shell", help="boot a host and open a shell in it")
    shell.add_argument("suite", choices=SUITES)
    shell.add_argument("--fixture", choices=sorted(fixtures.ALL), default="installer-dhcp")
    commands.add_parser("sweep", help="remove what dead runs left behind")
    given = parser.parse_args()
    cleanup.install()
    if given.command == "images":
        with ThreadPoolExecutor(2) as pool:
            for containers in (False, True)[: 1 + given.containers]:
                for tree in pool.map(partial(images.image, containers=containers), given.suites):
                    print(tree, flush=True)
    elif given.command == "shell":
        _shell(given.suite, given.fixture)
    return 0


def _shell(suite: str, fixture: str) -> None:
    wanted = fixtures.ALL[fixture]()
    router = Router(dual_stack=fixture == "dual-stack")
    with router, Host(suite, router, wanted) as host:
        print(f"router: nsenter --net=/run/netns/{router.namespace}", file=sys.stderr)
        print(f"host:   {' '.join(host.entering)} bash -l", file=sys.stderr)
        print("leave this shell to end both", file=sys.stderr)
        environment = {**ENVIRONMENT, "TERM": "xterm"}
        subprocess.run([*host.entering, "bash", "-l"], env=environment, check=False)


if __name__ == "__main__":
    sys.exit(main())
