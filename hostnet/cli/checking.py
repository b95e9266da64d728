"""What `hostnet validate` does, without click, whose import takes as long as all the rest of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hostnet.cli.output import (
    clear_progress,
    finding as print_finding,
    out,
    out_json,
    progress,
    reporting,
)
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.verdict import Verdict


_VALUES = {"--netplan": "netplan", "--release": "release"}


def plain(arguments: list[str]) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """The files and the release of a command line that says `validate` and no more than those.

    So calls it who calls it most: editors, hooks and loops. None: click is to read it.
    """
    paths, values = [], {}
    words = iter(arguments[1:])
    for word in words:
        if word in _VALUES:
            values[_VALUES[word]] = word = next(words, "-")
        else:
            paths.append(word)
        if word[:1] == "-":
            return None
    return (tuple(paths), values) if arguments[:1] == ["validate"] and paths else None


def check(
    paths: tuple[str, ...],
    *,
    root: str = "/",
    netplan: str | None = None,
    release: str | None = None,
    all_releases: bool = False,
    ignore: tuple[str, ...] = (),
    as_json: bool = False,
    exit_code: bool = False,
) -> None:
    """Print the findings and the verdict; ends with the exit code that tells it."""
    with reporting(as_json=as_json):
        from hostnet.model import STDIN
        from hostnet.netplan.document import MAX_BYTES
        from hostnet.validation import validate

        # What is longer is refused, however long.
        stdin = sys.stdin.buffer.read(MAX_BYTES + 1) if STDIN in paths else b""
        with progress(quiet=as_json or not sys.stderr.isatty()) as tell:
            verdict = validate(
                paths, root=root, ignore=ignore, netplan=netplan, release=release,
                all_releases=all_releases, stdin=stdin,
                on_finding=None if as_json else _show, tell=tell,
            )  # fmt: skip
        if as_json:
            from hostnet import report

            out_json(report.verdict(verdict))
        else:
            out(_summary(verdict))
    if not verdict.valid:
        sys.exit(3)
    if exit_code and verdict.findings:
        sys.exit(EXIT_CHANGES)


def _show(finding: Finding) -> None:
    clear_progress()
    print_finding(finding)


def _summary(verdict: Verdict) -> str:
    word = "valid" if verdict.valid else "invalid"
    if verdict.configurations != 1:
        word += f" ({verdict.configurations} configurations)"
    if len(verdict.releases) > 1:
        takers = ", ".join(verdict.accepted_by) or "none"
        word += f"; accepted by netplan: {takers}"
    return word
