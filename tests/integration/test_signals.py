"""Ctrl-C, SIGTERM and a lost terminal while `hostnet static --root` is at work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.integration.cli import OURS, content, tree
from tests.integration.schemas import check

ASKED = ("static", "ens33", "10.0.0.5/24", "--gateway", "none")


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """An image with so many files that reading them takes a while."""
    body = "network:\n  version: 2\n  ethernets:\n"
    for number in range(150):
        netdefs = "".join(f"    e{number}n{n}: {{dhcp4: true}}\n" for n in range(10))
        tree(tmp_path, {f"etc/netplan/{number:03}.yaml": body + netdefs})
    return tmp_path


def interrupted(root: Path, number: signal.Signals) -> tuple[int, str]:
    """Send the signal when it has begun; its exit code and what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "hostnet", *ASKED, "--root", str(root)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stderr
        assert child.stderr.readline() == "looking at the host ...\n"
        child.send_signal(number)
        said = child.stderr.read()
    return child.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_every_file_as_it_was(number: signal.Signals, slow: Path) -> None:
    before = content(slow)
    code, said = interrupted(slow, number)
    # Before that it may have come to another step, and told of it.
    assert (code, said.splitlines()[-1]) == (6, "hostnet: interrupted; nothing was changed")
    assert content(slow) == before


def test_a_terminal_that_is_lost_does_not_stop_it(slow: Path) -> None:
    code, _ = interrupted(slow, signal.SIGHUP)
    assert (code, (slow / OURS).exists()) == (0, True)


def test_an_interrupt_is_told_as_json_too(slow: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "hostnet", *ASKED, "--root", str(slow), "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        while child.poll() is None and not (slow / "run/hostnet/lock").exists():
            pass
        child.send_signal(signal.SIGINT)
        document = json.loads(child.stdout.read())
    check("error", document)
    assert (child.returncode, document["exit"]) == (6, 6)


def test_an_interrupt_while_it_starts_is_no_traceback() -> None:
    code = "import signal, os, sys; from hostnet.cli import main\n"
    # By no clock: in the midst of an import, which is most of how it starts.
    code += "class Now:\n"
    code += "    def find_spec(self, name, *_):\n"
    code += "        if name == 'hostnet.cli.commands': signal.raise_signal(signal.SIGINT)\n"
    code += "sys.meta_path.insert(0, Now())\n"
    code += "sys.argv = ['hostnet', 'validate', '--rules']; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (6, "")
