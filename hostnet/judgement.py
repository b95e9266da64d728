"""hostnet's own verdict on one configuration: netplan's language, and what is regretted."""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING

from hostnet.checks import tree as tree_checks
from hostnet.findings import FILE_MODE, FILE_UNREADABLE, YAML_TOO_LARGE, Finding, without
from hostnet.netplan.language.judging import judge
from hostnet.netplan.secrets import Excerpts
from hostnet.netplan.tree import merge_documents, read, wrapped
from hostnet.value import replace
from hostnet.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostnet.findings import Rule
    from hostnet.model import SourceFile
    from hostnet.netplan.document import Document
    from hostnet.netplan.releases import Release

_OF_THE_FILE = (FILE_MODE, FILE_UNREADABLE, YAML_TOO_LARGE)
"""Rules that speak of a file as a whole, of which no line tells anything."""


def judged(
    sources: Sequence[SourceFile],
    releases: tuple[Release, ...],
    ignored: tuple[Rule, ...],
    *,
    is_named: bool,
) -> Verdict:
    """The verdict of these releases, unproven.

    ``is_named``: the files were named one by one, so that they may be cloud-init's.
    """
    documents, faults = read(sources)
    if is_named:
        documents = tuple(map(_as_meant, documents))
    lint = (
        *tree_checks.check_modes(sources),
        *tree_checks.check(merge_documents(documents)),
    )
    by_release = {one: judge(documents, one) for one in releases}
    accepted = tuple(
        one for one, found in by_release.items() if Verdict((*faults, *found), proven=False).valid
    )
    found = without(ordered((*faults, *lint, *_together(by_release))), ignored)
    return Verdict(
        with_excerpts(found, sources), proven=False, releases=releases, accepted_by=accepted
    )


def _as_meant(document: Document) -> Document:
    """A file from a folder of netplan's is netplan's; another may be cloud-init's."""
    return document if basename(dirname(document.path)) == "netplan" else wrapped(document)


def _together(by_release: dict[Release, tuple[Finding, ...]]) -> Iterable[Finding]:
    """Each finding once; what only some of the releases refuse says which."""
    of: dict[Finding, list[Release]] = {}
    for release, found in by_release.items():
        for finding in dict.fromkeys(found):
            of.setdefault(finding, []).append(release)
    for finding, releases in of.items():
        if len(releases) == len(by_release):
            yield finding
        else:
            message = f"{finding.message} (netplan {', '.join(releases)})"
            yield replace(finding, message=message)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, file by file and line by line."""

    def place(finding: Finding) -> tuple[str, int, int]:
        at = finding.position
        return (at.path, at.line, at.column) if at else ("", 0, 0)

    return tuple(sorted(dict.fromkeys(found), key=place))


def with_excerpts(found: Iterable[Finding], sources: Sequence[SourceFile]) -> tuple[Finding, ...]:
    """The findings, each with the line it is in."""
    files = {source.path: source for source in sources}
    made: dict[str, Excerpts] = {}

    def shown(finding: Finding) -> Finding:
        at = finding.position
        source = files.get(at.path) if at else None
        if at is None or source is None or not source.data or finding.rule in _OF_THE_FILE:
            return finding
        if at.path not in made:
            made[at.path] = Excerpts(source.path, source.data)
        return replace(finding, excerpt=made[at.path].at(at))

    return tuple(map(shown, found))
