"""A disk that takes seconds for each sync takes none of the operator's time to confirm."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hostnet.host.files import Files
from hostnet.transaction.journal import Journal
from hostnet.transaction.marks import Asked, State
from hostnet.transaction.waiting import now
from tests import needs
from tests.integration.trees import ROOT
from tests.unit.crash_plan import PLAN

ASKED = Asked("hostnet static ens33 10.0.0.5/24", 60.0, 100.0)
SLOW = 3
"""Seconds that each sync takes longer."""
NAME = "20260101T000000Z-abc"

_OPENED = """
import json, os, sys, time
from hostnet.host.files import Files
from hostnet.transaction.journal import Journal
from hostnet.transaction.waiting import NotConfirmed, await_confirmation, extend, seconds_left
files = Files(sys.argv[1])
journal = Journal.newest(files)
"""
_EXTENDS = """
extend(journal, 80)
print(json.dumps(seconds_left(journal)))
"""
_WAITS = """
try:
    await_confirmation(journal, "ens33", 2.0, 10.0)
except NotConfirmed:
    marked = os.stat(f"{sys.argv[1]}{journal.folder}/state").st_ctime
    print(json.dumps(time.time() - marked))
"""


def _on_a_busy_disk(script: str, root: Path) -> float:
    """What the script prints, each of whose syncs returns late."""
    argv = [needs.tool("strace"), "-f", "-o", "/dev/null", "-e", "trace=fsync"]
    argv += ["-e", f"inject=fsync:delay_exit={SLOW}000000", sys.executable]
    argv += ["-c", _OPENED + script, str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    value: float = json.loads(done.stdout)
    return value


def test_an_extended_window_is_as_long_as_it_was_asked_for(files: Files, root: Path) -> None:
    journal = Journal.create(files, NAME, PLAN, ASKED)
    journal.wait_until(now() + 60, now() + ASKED.longest)
    journal.mark(State.WAITING)
    assert 80 - SLOW < _on_a_busy_disk(_EXTENDS, root) <= 80


def test_the_window_begins_when_the_disk_has_kept_the_mark(files: Files, root: Path) -> None:
    Journal.create(files, NAME, PLAN, ASKED)
    assert _on_a_busy_disk(_WAITS, root) >= SLOW + 2
