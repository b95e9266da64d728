"""A change that waits: its window, its answer, its journal among others."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostnet.errors import Stranded
from hostnet.host.files import Files
from hostnet.transaction.journal import FOLDER, Journal
from hostnet.transaction.marks import Answer, Asked, State
from hostnet.transaction.recover import recover
from hostnet.transaction.waiting import (
    NotConfirmed,
    demand_not_cancelled,
    extend,
    now,
    seconds_left,
)
from tests.unit.crash_plan import BEFORE, PLAN, PREFIXES, begun, put, there

ASKED = Asked("hostnet static ens33 10.0.0.5/24", 60.0, 100.0)


def waiting(files: Files, name: str = "20260101T000000Z-abc") -> Journal:
    journal = Journal.create(files, name, PLAN, ASKED)
    begin = now()
    journal.wait_until(begin + 60, begin + ASKED.longest)
    journal.mark(State.WAITING)
    return journal


def test_a_journal_keeps_what_was_asked(files: Files) -> None:
    assert waiting(files).asked == ASKED


def test_a_journal_whose_request_is_damaged_says_so(files: Files, tmp_path: Path) -> None:
    journal = waiting(files)
    (tmp_path / journal.folder[1:] / "asked.json").write_text("{")
    with pytest.raises(Stranded, match="cannot be read"):
        _ = journal.asked


def test_seconds_are_counted_up_and_never_below_zero(files: Files) -> None:
    journal = waiting(files)
    assert 59 <= seconds_left(journal) <= 60
    journal.wait_until(now() - 5, now())
    assert seconds_left(journal) == 0


def test_one_that_never_waited_has_no_deadline(files: Files) -> None:
    assert begun(files, State.TRIAL).deadline == 0.0


def test_a_window_begins_anew_but_never_outlasts_the_longest(files: Files) -> None:
    journal = waiting(files)
    extend(journal, 80)
    assert 79 <= seconds_left(journal) <= 80
    extend(journal, 3600)
    assert 99 <= seconds_left(journal) <= 100
    assert journal.deadline == journal.latest


def test_an_answer_is_read_as_it_was_said(files: Files) -> None:
    journal = waiting(files)
    answers = [journal.answer]
    demand_not_cancelled(journal)
    journal.say(Answer.CONFIRM)
    answers.append(journal.answer)
    demand_not_cancelled(journal)
    assert answers == [None, Answer.CONFIRM]
    journal.say(Answer.CANCEL)
    with pytest.raises(NotConfirmed, match="cancelled"):
        demand_not_cancelled(journal)


def test_what_waited_when_the_power_went_is_undone(files: Files) -> None:
    put(files, PREFIXES[1])
    waiting(files)
    assert recover(files).outcome == "undone"
    assert there(files) == BEFORE


def test_the_newest_is_found_also_by_its_token(files: Files) -> None:
    assert Journal.newest(files) is None
    for name in ("20260101T000000Z-aaa", "20260103T000000Z-bbb", "20260102T000000Z-ccc"):
        waiting(files, name)
    newest, named = Journal.newest(files), Journal.newest(files, "ccc")
    assert newest is not None
    assert newest.folder == f"{FOLDER}/20260103T000000Z-bbb"
    assert named is not None
    assert named.token == "ccc"
    assert Journal.newest(files, "zzz") is None
