"""Many configurations, each judged by itself, on all processors.

A folder of 10,000 files takes as much memory as one of 100: a worker returns the findings of a
few dozen files, and those are told at once.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from hostnet.host import configurations
from hostnet.host.workers import over_all_processors
from hostnet.judgement import judged
from hostnet.model import STDIN, SourceFile
from hostnet.netplan.document import parse
from hostnet.telling import silent
from hostnet.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hostnet.findings import Finding, Rule
    from hostnet.netplan.releases import Release
    from hostnet.telling import Tell

    Paths = tuple[str, ...]

_AT_ONCE = 50
"""Configurations a worker gets at once: 30 ms of work, 100 times what handing them over takes."""

_BAR = 24
"""Characters of the bar that shows how far it is."""


def validate_folders(
    paths: Sequence[str],
    releases: tuple[Release, ...],
    ignored: tuple[Rule, ...],
    stdin: bytes,
    on_finding: Callable[[Finding], None],
    tell: Tell,
) -> Verdict:
    """One verdict on all configurations in the folders; what is no folder is one by itself."""
    found: list[Finding] = []
    accepted = set(releases)
    done = 0
    # Counted before for an eye that watches only, since it takes a walk of its own.
    total = 0 if tell is silent else sum(1 for _ in _found(paths))
    work = partial(_judge, releases=releases, ignored=ignored, stdin=stdin)
    for verdicts in over_all_processors(work, _chunks(_found(paths))):
        for findings, takers in verdicts:
            for finding in findings:
                on_finding(finding)
            found += findings
            accepted.intersection_update(takers)
        done += len(verdicts)
        tell(_progress(done, total))
    takers = tuple(release for release in releases if release in accepted)
    return Verdict(
        tuple(found), proven=False, releases=releases, accepted_by=takers, configurations=done
    )


def _progress(done: int, total: int) -> str:
    whole = max(done, total, 1)  # more files may have come meanwhile
    return f"[{'#' * (_BAR * done // whole):.<{_BAR}}] {done} of {whole} configurations"


def _found(paths: Sequence[str]) -> Iterator[Paths]:
    for path in paths:
        if path != STDIN and configurations.is_folder(path):
            yield from configurations.below(path)
        else:
            yield (path,)


def _chunks(found: Iterator[Paths]) -> Iterator[tuple[Paths, ...]]:
    while chunk := tuple(islice(found, _AT_ONCE)):
        yield chunk


def _judge(
    chunk: tuple[Paths, ...],
    releases: tuple[Release, ...],
    ignored: tuple[Rule, ...],
    stdin: bytes,
) -> list[tuple[tuple[Finding, ...], tuple[Release, ...]]]:
    verdicts = []
    for paths in chunk:
        sources = [_source(path, stdin) for path in paths]
        verdict = judged(sources, releases, ignored, is_named=True)
        verdicts.append((verdict.findings, verdict.accepted_by))
        # Nobody reads it again, and what is kept drives what is used out of the caches.
        parse.cache_clear()
    return verdicts


def _source(path: str, stdin: bytes) -> SourceFile:
    if path == STDIN:
        return SourceFile(STDIN, stdin, target=STDIN)
    return configurations.load(path)
