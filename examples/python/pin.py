#!/usr/bin/env python3
"""Give an interface a fixed address, on this host or in an image, and tell what changed."""

from __future__ import annotations

import argparse
import sys

import hostnet


def main() -> int:
    """Parse, ask the library, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("interface")
    parser.add_argument("addresses", nargs="*", help="ADDRESS/PREFIX; none pins the lease")
    parser.add_argument("--gateway", action="append", default=[])
    parser.add_argument("--dns", action="append")
    parser.add_argument("--root", default="/", help="an image's folder")
    parser.add_argument("--yes", action="store_true", help="do it; else only the plan is shown")
    asked = parser.parse_args()
    try:
        result = hostnet.static(
            asked.interface,
            asked.addresses,
            gateways=asked.gateway,
            dns=asked.dns,
            root=asked.root,
            dry_run=not asked.yes,
            progress=lambda step: print(f"{step} ...", file=sys.stderr),
        )
    except hostnet.Refused as refused:
        for finding in refused.findings:
            print(finding, finding.advice, sep="\n    ", file=sys.stderr)
        return refused.exit_code
    except hostnet.HostnetError as error:
        print(error.what, error.why, error.remedy, sep="\n", file=sys.stderr)
        return error.exit_code
    for diff in result.diff:
        print(f"# {diff.reason}", diff.unified, sep="\n", end="")
    print(f"{asked.interface}: {result.outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
