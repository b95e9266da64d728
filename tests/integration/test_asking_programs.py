"""Programs as probes: what decides, what is told, and what root does not run."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from hostnet.host.asking import ask
from hostnet.probes import Probe, parse_probe
from tests import needs
from tests.integration.asked import LATE


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that root alone can write to, as /tmp and what is in it never are."""
    needs.root()
    made = Path(tempfile.mkdtemp(dir="/run"))
    yield made
    shutil.rmtree(made)


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def asked(probe: Probe, within: float = 3) -> tuple[bool, str]:
    begin = time.monotonic()
    [answer] = ask([probe], within)
    assert time.monotonic() - begin < within + LATE
    return answer.ok, answer.detail


def test_a_program_decides_and_knows_the_way(folder: Path) -> None:
    script = 'test "$*" = "a b " && test "$HOSTNET_SOURCE $HOSTNET_LINK" = "192.0.2.1 lan0"'
    path = program(folder / "check", f"{script} && test $PWD = /")
    target = parse_probe(f"cmd:{path},a,b,").target
    way = Probe(target, ip_address("192.0.2.1"), "lan0")
    assert asked(way, 5) == (True, "exited with status 0")
    assert asked(Probe(target)) == (False, "exited with status 1")


def test_a_program_is_tried_again(folder: Path) -> None:
    script = f"test -e {folder}/second || {{ touch {folder}/second; exit 1; }}"
    path = program(folder / "check", script)
    assert asked(parse_probe(f"cmd:{path}"), 5) == (True, "exited with status 0")


def test_what_a_program_says_is_told(folder: Path) -> None:
    path = program(folder / "check", r"printf 'first\n\033[31mbroken\n' >&2; exit 3")
    assert asked(parse_probe(f"cmd:{path}")) == (False, "exited with status 3: broken")


def test_a_program_that_hangs_is_ended(folder: Path) -> None:
    path = program(folder / "check", f"echo $$ >{folder}/pid; sleep 60")
    ok, detail = asked(parse_probe(f"cmd:{path}"))
    assert not ok
    assert "did not end" in detail
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


def test_a_program_that_is_not_there(folder: Path) -> None:
    ok, detail = asked(parse_probe(f"cmd:{folder}/none"), 0.3)
    assert not ok
    assert "not found" in detail


@pytest.mark.parametrize("weak", ["program", "folder", "owner", "link"])
def test_what_others_can_change_is_not_run(folder: Path, weak: str) -> None:
    inner = folder / "inner"
    inner.mkdir()
    path = program(inner / "check", f"touch {folder}/ran")
    match weak:
        case "program":
            path.chmod(0o757)
            part = path
        case "folder":
            inner.chmod(0o777)
            part = inner
        case "owner":
            os.chown(path, 65534, 0)
            part = path
        case _:
            # Itself root's alone, but what leads to it is not.
            (folder / "public").mkdir()
            (folder / "public" / "check").symlink_to(path)
            (folder / "public").chmod(0o1777)
            path, part = folder / "public" / "check", folder / "public"
    expected = f"not run: {part} can be changed by users other than root"
    assert asked(parse_probe(f"cmd:{path}"), 0.3) == (False, expected)
    assert not (folder / "ran").exists()


def test_nothing_to_ask() -> None:
    assert ask([], 5) == ()
