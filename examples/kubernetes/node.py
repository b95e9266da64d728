#!/usr/bin/env python3
"""Make a host ready for its container network, and tell what else would harm it."""

from __future__ import annotations

import argparse
import sys

import hostnet


def main() -> int:
    """Parse, ask the library, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default="/", help="an image's folder")
    parser.add_argument("--yes", action="store_true", help="do it; else only the plan is shown")
    asked = parser.parse_args()
    try:
        result = hostnet.cni_protect(
            root=asked.root,
            dry_run=not asked.yes,
            progress=lambda step: print(f"{step} ...", file=sys.stderr),
        )
        status = hostnet.cni_status(root=asked.root)
    except hostnet.HostnetError as error:
        for finding in getattr(error, "findings", ()):
            print(finding, finding.advice, sep="\n    ", file=sys.stderr)
        print(error.what, error.why, error.remedy, sep="\n", file=sys.stderr)
        return error.exit_code
    for diff in result.diff:
        print(f"{diff.path}: {diff.reason}")
    for put_back in result.restored:
        print(f"put back for {put_back.owner}: {put_back.what}")
    print(f"protection: {result.outcome}; container networks: {', '.join(status.signs) or 'none'}")
    for finding in status.findings:
        print(finding, finding.advice, sep="\n    ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
