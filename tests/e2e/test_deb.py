"""The Debian packages as Debian's own checks see them, and built twice."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.checkout import ROOT, build_debs


def test_lintian_finds_nothing(debs: list[Path]) -> None:
    (changes,) = debs[0].parent.glob("*.changes")
    argv = [needs.tool("lintian"), "--pedantic", "--fail-on", "error,warning", "--allow-root"]
    done = subprocess.run(
        [*argv, str(changes)], env=system(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_built_again_they_are_the_same_bytes(
    debs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another folder, at another time of another zone, by somebody with other habits."""
    for name, value in {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "TMPDIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        again = build_debs(tmp_path / "again")
    finally:
        os.umask(before)
    assert len(again) == len(debs) == 2
    for one, other in zip(debs, again, strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()


def test_what_debconf_asks_can_be_translated() -> None:
    told = sentences(ROOT / "debian/po/templates.pot")
    asked = {
        line.partition(" ")[2].strip()
        for line in (ROOT / "debian/hostnet.templates").read_text().splitlines()
        if line.startswith("_Description")
    }
    assert asked
    assert asked <= told


def sentences(template: Path) -> set[str]:
    lines = template.read_text().splitlines()
    return {line[7:-1] for line in lines if line.startswith('msgid "')}


def system() -> dict[str, str]:
    """Debian's own Perl and tools, whatever else the developer has."""
    return {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
