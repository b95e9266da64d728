"""hostnet without root: what he owns he may write, what he may not read is said with the cure."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.integration.cli import DHCP, NOBODY, as_nobody, content, times, tree

CLOUD = "etc/netplan/50-cloud-init.yaml"
ASKED = ("static", "ens33", "192.168.141.134/24", "--gateway", "192.168.141.1")


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that an ordinary user can reach and owns; pytest's are root's alone."""
    with tempfile.TemporaryDirectory(prefix="hostnet-test-") as folder:
        yield tree(Path(folder), {CLOUD: DHCP})


def give(root: Path) -> None:
    if os.geteuid() == 0:
        for path in (root, *root.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def test_an_ordinary_user_writes_his_own_tree(public: Path) -> None:
    give(public)
    done = as_nobody(*ASKED, "--root", str(public))
    assert done.code == 0, done.err
    owner = public.stat().st_uid
    assert {path.stat().st_uid for path in public.rglob("*")} == {owner}
    before = times(public)
    assert as_nobody(*ASKED, "--root", str(public)).out == "ens33: already so\n"
    assert times(public) == before


def test_a_file_that_he_cannot_read_names_the_command_to_run(public: Path) -> None:
    needs.root()
    public.chmod(0o755)
    before = content(public)
    argv = (*ASKED, "--dns", "10.0.0.1", "--root", str(public), "--dry-run", "--ignore", "HN012")
    done = as_nobody(*argv)
    assert done.code == 4
    assert f"/{CLOUD} can be read by root only" in done.err
    words = (*ASKED, "--dns", "10.0.0.1", "--root", str(public), "--dry-run", "--ignore", "HN012")
    assert f"Run: sudo hostnet {' '.join(words)}\n" in done.err
    assert content(public) == before


def test_what_does_not_parse_is_told_first_since_the_command_would_lack_it(public: Path) -> None:
    needs.root()
    public.chmod(0o755)
    done = as_nobody("static", "ens33", "10.0.0.5", "--root", str(public), "--dry-run")
    assert (done.code, "sudo" in done.err) == (2, False)


def test_a_tree_of_somebody_else_is_left_as_it_is(public: Path) -> None:
    needs.root()
    public.chmod(0o755)
    (public / CLOUD).chmod(0o644)
    before = content(public)
    done = as_nobody(*ASKED, "--root", str(public))
    assert done.code in (4, 6)
    assert "Permission denied" in done.err
    assert content(public) == before
