"""Back or forward from any point of a change: decided on real files below a scratch root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hostnet.change import Change, Write
from hostnet.errors import Stranded
from hostnet.host.files import Files
from hostnet.host.observe import is_privileged
from hostnet.model import Image
from hostnet.plan import Plan
from hostnet.transaction import OPEN
from hostnet.transaction.images import Foreign, backward, forward
from hostnet.transaction.marks import State
from hostnet.transaction.recover import left_open, recover
from hostnet.transaction.redo import redo
from hostnet.transaction.undo import undo
from tests.unit.crash_plan import (
    AFTER,
    BEFORE,
    NEW,
    OLD,
    OURS,
    OWNER,
    PLAN,
    PREFIXES,
    TRIAL,
    TRIED,
    begun,
    put,
    text,
    there,
)

# --- which files change ------------------------------------------------------------------


@pytest.mark.parametrize("reached", PREFIXES)
def test_forward_completes_whatever_part_is_done(files: Files, reached: dict[str, Image]) -> None:
    put(files, reached)
    files.commit(forward(PLAN, files.image))
    assert there(files) == AFTER
    assert forward(PLAN, files.image) == []


@pytest.mark.parametrize("reached", PREFIXES)
@pytest.mark.parametrize("state", [State.PROMOTING, State.UNDOING, State.STRANDED])
def test_backward_takes_back_whatever_part_is_done(
    files: Files, reached: dict[str, Image], state: State
) -> None:
    put(files, reached)
    files.commit(backward(PLAN, state, files.image))
    assert there(files) == BEFORE
    assert backward(PLAN, state, files.image) == []


def test_ours_comes_first_and_goes_last_of_those_in_etc(files: Files) -> None:
    put(files, PREFIXES[1])
    assert [change.path for change in forward(PLAN, files.image)] == [OURS, OWNER, TRIED]
    files.commit(forward(PLAN, files.image))
    assert [change.path for change in backward(PLAN, State.PROMOTING, files.image)] == [OWNER, OURS]


def test_what_a_reboot_forgot_is_no_stranger_and_does_not_come_back(files: Files) -> None:
    earlier = Write(Change(TRIED, text("earlier\n"), TRIAL, "trial"))
    plan = Plan("ens33", trial=(earlier,), promotion=(Write(earlier.change.inverse),))
    assert backward(plan, State.TRIAL, files.image) == []
    assert forward(plan, files.image) == []


@pytest.mark.parametrize("path", [OURS, OWNER])
def test_a_strangers_file_stops_both_ways_and_is_named(files: Files, path: str) -> None:
    put(files, {OWNER: OLD, path: text("mine\n")})
    with pytest.raises(Foreign) as ahead:
        forward(PLAN, files.image)
    with pytest.raises(Foreign) as back:
        backward(PLAN, State.PROMOTING, files.image)
    assert ahead.value.path == back.value.path == path


def test_a_folder_in_place_of_a_file_is_a_strangers(files: Files, tmp_path: Path) -> None:
    (tmp_path / OURS[1:]).mkdir(parents=True)
    with pytest.raises(Foreign, match=OURS):
        forward(PLAN, files.image)


def test_in_the_trial_a_strangers_file_in_etc_is_not_in_the_way(files: Files) -> None:
    put(files, {OWNER: text("mine\n"), TRIED: TRIAL})
    files.commit(backward(PLAN, State.TRIAL, files.image))
    assert there(files) == {OWNER: text("mine\n")}


# --- which way, and the marks ------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reached", "outcome", "left"),
    [
        (State.PREPARED, BEFORE, "undone", State.UNDONE),
        (State.TRIAL, PREFIXES[1], "undone", State.UNDONE),
        (State.UNDOING, PREFIXES[2], "undone", State.UNDONE),
        (State.PROMOTING, PREFIXES[2], "committed", State.COMMITTED),
        (State.COMMITTED, AFTER, "nothing-open", State.COMMITTED),
        (State.UNDONE, BEFORE, "nothing-open", State.UNDONE),
        (State.STRANDED, BEFORE, "nothing-open", State.STRANDED),
        (State.HALTED, PREFIXES[2], "nothing-open", State.HALTED),
    ],
)
def test_the_mark_decides_the_way(
    files: Files, state: State, reached: dict[str, Image], outcome: str, left: State
) -> None:
    put(files, reached)
    journal = begun(files, state)
    assert recover(files).outcome == outcome
    assert journal.state is left
    expected = {"undone": BEFORE, "committed": AFTER, "nothing-open": reached}
    assert there(files) == expected[outcome]
    assert files.exists(OPEN) == (left in (State.STRANDED, State.HALTED))
    assert recover(files).outcome == "nothing-open"


@pytest.mark.parametrize(("state", "expected"), [(State.STRANDED, BEFORE), (State.HALTED, AFTER)])
def test_what_was_given_up_is_tried_again_when_asked(
    files: Files, state: State, expected: dict[str, Image]
) -> None:
    put(files, PREFIXES[2])
    begun(files, state)
    assert recover(files, retry=True).changed
    assert there(files) == expected
    assert not files.exists(OPEN)


def test_a_redo_in_the_way_of_a_stranger_halts_and_touches_nothing(files: Files) -> None:
    reached = {OWNER: text("mine\n"), OURS: NEW}
    put(files, reached)
    journal = begun(files, State.PROMOTING)
    with pytest.raises(Stranded) as failure:
        redo(journal, files)
    assert OWNER in failure.value.why
    assert f"{journal.folder}/after" in failure.value.remedy
    assert journal.state is State.HALTED
    assert there(files) == reached


def test_an_undo_in_the_way_of_a_stranger_is_stranded_and_touches_nothing(files: Files) -> None:
    reached = {OWNER: text("mine\n"), OURS: NEW}
    put(files, reached)
    journal = begun(files, State.UNDOING)
    with pytest.raises(Stranded) as failure:
        undo(journal, files)
    assert OWNER in failure.value.why
    assert journal.state is State.STRANDED
    assert there(files) == reached


def test_what_a_killed_commit_left_beside_the_files_goes(files: Files, tmp_path: Path) -> None:
    put(files, PREFIXES[2])
    left = tmp_path / "etc/netplan/.hostnet-0123456789abcdef"
    left.write_text("half")
    undo(begun(files, State.PROMOTING), files)
    assert not left.exists()


def test_recovery_brings_no_dbus_along() -> None:
    program = (
        "import sys, hostnet.cli.recover, hostnet.recovery;"
        "sys.exit(any(name.partition('.')[0] == 'dbus_next' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State.PREPARED, ""),
        (State.TRIAL, "was cut short"),
        (State.HALTED, "ended badly"),
        (State.UNDONE, ""),
    ],
)
def test_an_open_change_is_found(files: Files, state: State, says: str) -> None:
    if not is_privileged():
        pytest.skip("an ordinary user is told less")
    begun(files, state)
    assert [says in finding.message for finding in left_open(files)] == [True] * bool(says)
