"""The walk that holds netplan files against netplan's language, and against netplan itself."""

from __future__ import annotations

from posixpath import basename, dirname
from shlex import join
from typing import TYPE_CHECKING

from hostnet.errors import UsageError
from hostnet.findings import UNPROVEN, Finding, without
from hostnet.host import configurations, oracle
from hostnet.host.files import Files
from hostnet.judgement import judged, ordered, with_excerpts
from hostnet.model import STDIN, Observed, Position, SourceFile, System
from hostnet.netplan.releases import DISTRIBUTIONS, NEWEST, RELEASES, Release
from hostnet.netplan.tree import DIRECTORIES
from hostnet.telling import quoted, silent
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.findings import Rule
    from hostnet.model import Netplan
    from hostnet.telling import Tell
    from hostnet.verdict import Verdict


def validate(
    paths: Sequence[str] = (),
    *,
    root: str = "/",
    ignore: Sequence[str] = (),
    netplan: str | None = None,
    release: str | None = None,
    all_releases: bool = False,
    stdin: bytes = b"",
    on_finding: Callable[[Finding], None] | None = None,
    tell: Tell = silent,
) -> Verdict:
    """Check netplan files: those named, as one configuration, or all below a root.

    A folder among ``paths`` is searched: the files of each folder called ``netplan`` are one
    configuration, as netplan reads them, every other ``*.yaml`` is one by itself. ``-`` is
    ``stdin``. The verdict is that of a release of netplan (``0.106``, ``1.1``, ``1.2``) or of
    the one an Ubuntu or Debian ``release`` has, else of the one installed, else of the newest.
    Where that one is installed, netplan's own core is asked, too.
    ``on_finding`` hears of each finding as it is made, ``tell`` of the progress.

    Raises UsageError for an ``ignore`` that names no rule, an unknown release, and two files of
    one name, Unsuitable for files that only root can read.
    """
    ignored = _ignored(ignore)
    releases = _releases(netplan, release, all_releases=all_releases)
    if any(path != STDIN and configurations.is_folder(path) for path in paths):
        from hostnet.bulk import validate_folders

        return validate_folders(
            paths, releases or (NEWEST,), ignored, stdin, on_finding or _nobody, tell
        )
    with Files("/" if paths else root) as files:
        sources = _named(files, paths, stdin) if paths else _of_root(files)
        installed = oracle.release_of(files)
        core = oracle.locate(files) if releases in (None, (installed,)) else None
    if any(source.problem for source in sources):
        _demand_readable(sources, _again(paths, root, ignored))
    verdict = judged(sources, releases or (installed or NEWEST,), ignored, is_named=bool(paths))
    if releases in (None, (installed,)):
        verdict = _proven(verdict, sources, core, ignored)
    for finding in verdict.findings if on_finding else ():
        assert on_finding is not None
        on_finding(finding)
    return verdict


# Those alone import what they need that need it: an editor asks at each keystroke.


def _ignored(ignore: Sequence[str]) -> tuple[Rule, ...]:
    if not ignore:
        return ()
    from hostnet.request import ignored_rules

    return ignored_rules(ignore)


def _of_root(files: Files) -> tuple[SourceFile, ...]:
    from hostnet.host.observe import netplan_files

    return netplan_files(files)


def _demand_readable(sources: tuple[SourceFile, ...], again: str) -> None:
    from hostnet.host.observe import is_privileged
    from hostnet.suitability import demand_readable

    demand_readable(Observed(System(privileged=is_privileged()), sources), again)


def _nobody(_finding: Finding) -> None:
    """Nobody hears of a finding before all are there."""


def _releases(
    netplan: str | None, release: str | None, *, all_releases: bool
) -> tuple[Release, ...] | None:
    """Those that were asked for; None: the one that is installed. Raises UsageError."""
    if sum((netplan is not None, release is not None, all_releases)) > 1:
        raise UsageError(
            "more than one way to name the release of netplan",
            remedy="Say one of --netplan, --release and --all-releases.",
        )
    if all_releases:
        return RELEASES
    if release is not None:
        if release not in DISTRIBUTIONS:
            known = ", ".join(DISTRIBUTIONS)
            raise UsageError(
                f"{quoted(release)} is no release of Ubuntu or Debian that is known here",
                remedy=f"Known are {known}; or name netplan's own: --netplan {NEWEST}.",
            )
        return (DISTRIBUTIONS[release],)
    for known_release in RELEASES:
        if netplan == known_release:
            return (known_release,)
    if netplan is None:
        return None
    raise UsageError(
        f"{quoted(netplan)} is no release of netplan that is known here",
        remedy=f"Known are {', '.join(RELEASES)}.",
    )


def _named(files: Files, paths: Sequence[str], stdin: bytes) -> tuple[SourceFile, ...]:
    """The files named, which netplan would read from one folder. Raises UsageError."""
    import os

    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(basename(path), path)
        if other != path and dirname(path) not in DIRECTORIES:
            raise UsageError(
                f"{quoted(other)} and {quoted(path)} have one name",
                "of two files of one name netplan reads only one",
                "Check them one after the other.",
            )
    named = (
        SourceFile(STDIN, stdin, target=STDIN)
        if path == STDIN
        else replace(files.read(os.path.abspath(path)), path=path)
        for path in paths
    )
    return tuple(
        file if file.problem or file.target else replace(file, problem="does not exist")
        for file in named
    )


def _again(paths: Sequence[str], root: str, ignored: tuple[Rule, ...]) -> str:
    words = ["hostnet", "validate", *paths]
    words += [] if root == "/" else ["--root", root]
    for rule in ignored:
        words += ["--ignore", rule.id]
    return join(words)


# --- netplan itself ----------------------------------------------------------------------


def _proven(
    verdict: Verdict,
    sources: tuple[SourceFile, ...],
    core: Netplan | None,
    ignored: tuple[Rule, ...],
) -> Verdict:
    """The same with netplan's own word.

    It is not asked where faults were found: it would name only the first of them again.
    """
    if core is None:
        unproven = without((Finding(UNPROVEN, "netplan is not installed here"),), ignored)
        return replace(verdict, findings=(*unproven, *verdict.findings))
    if not verdict.valid:
        return verdict
    by_name = {_judged(source.path): source for source in sources}
    said = oracle.prove(core.core, {path: s.data for path, s in by_name.items()}).findings
    moved = (replace(one, position=_back(one.position, by_name)) for one in said)
    found = with_excerpts(without(moved, ignored), sources)
    return replace(
        verdict,
        findings=ordered((*verdict.findings, *found)),
        proven=True,
        accepted_by=() if found else verdict.accepted_by,
    )


def _judged(path: str) -> str:
    """A name that netplan's glob finds, whatever the file is called."""
    name = basename(path)
    if not name.endswith(".yaml") or name.startswith("."):
        name = f"{name.lstrip('.')}.yaml"
    return f"/etc/netplan/{name}"


def _back(position: Position | None, by_name: dict[str, SourceFile]) -> Position | None:
    """The position in the file as it was named, not where the oracle saw it."""
    if position is None or position.path not in by_name:
        return position
    return replace(position, path=by_name[position.path].path)
