"""The journal: what it keeps, for how long, and what a damaged one means."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostnet.errors import HostnetError, Stranded
from hostnet.host.files import Files
from hostnet.transaction import OPEN, journal as journals
from hostnet.transaction.journal import FOLDER, KEPT, Journal
from hostnet.transaction.marks import State
from hostnet.transaction.recover import recover
from tests.unit.crash_plan import (
    PLAN,
    PREFIXES,
    begun,
    put,
    there,
)


def test_a_journal_gives_the_plan_back(files: Files) -> None:
    assert begun(files, State.TRIAL).plan() == PLAN


def test_creation_cut_short_means_nothing_was_done(files: Files, tmp_path: Path) -> None:
    journal = begun(files, State.PREPARED)
    (tmp_path / journal.folder[1:] / "state").unlink()
    assert recover(files).outcome == "nothing-open"
    assert not files.exists(OPEN)


@pytest.mark.parametrize("damage", ["{", "[]", '{"format": 1}', '{"format": 99}'])
def test_a_plan_that_cannot_be_read_is_reported_and_nothing_touched(
    files: Files, tmp_path: Path, damage: str
) -> None:
    put(files, PREFIXES[2])
    journal = begun(files, State.PROMOTING)
    (tmp_path / journal.folder[1:] / "plan.json").write_text(damage)
    with pytest.raises(Stranded, match="cannot be read"):
        recover(files)
    assert there(files) == PREFIXES[2]
    assert files.exists(OPEN)


def test_a_marker_that_names_no_journal_is_not_followed(files: Files, tmp_path: Path) -> None:
    marker = tmp_path / OPEN[1:]
    marker.parent.mkdir(parents=True)
    for content in ("../../../etc", "", "gone"):
        marker.write_text(content)
        assert recover(files).outcome == "nothing-open"


def test_the_oldest_journals_go_but_never_an_open_one(files: Files, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER[1:]
    for number in range(KEPT + 5):
        begun(files, State.UNDONE, f"{number:03}-x")
    assert len(list(folder.iterdir())) == KEPT
    begun(files, State.STRANDED, "000-y")
    (folder / "040-x/state").unlink()
    for number in range(KEPT):
        begun(files, State.UNDONE, f"{900 + number}-x")
    # Its marker was taken over by the next, so it was only as old as any other.
    assert [path.name for path in sorted(folder.iterdir())] == [
        f"{900 + number}-x" for number in range(KEPT)
    ]


def test_an_open_journal_survives_the_pruning(files: Files) -> None:
    for number in range(KEPT - 1):
        begun(files, State.UNDONE, f"{number:03}-x")
    held = begun(files, State.STRANDED, "000-held")
    for _ in range(3):
        journals.prune(files)
    assert held.is_whole
    assert Journal.open(files)


def test_large_journals_go_before_there_are_many(files: Files, tmp_path: Path) -> None:
    begun(files, State.UNDONE, "000-large")
    with (tmp_path / FOLDER[1:] / "000-large/plan.json").open("ab") as plan:
        plan.truncate(journals.KEPT_BYTES + 1)
    begun(files, State.UNDONE, "001-small")
    assert files.names(FOLDER) == ("001-small",)


def test_removing_a_folder_follows_no_symlink(files: Files, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    inside = tmp_path / "a/b/c"
    inside.mkdir(parents=True)
    (inside / "file").write_text("12345")
    (inside / "folder").symlink_to(outside)
    assert files.tree_size("/a") == 5 + len(str(outside))
    files.remove_tree("/a/b")
    assert [path.name for path in (tmp_path / "a").iterdir()] == []
    assert (outside / "kept").exists()
    with pytest.raises(HostnetError):
        files.remove_tree("/a/b")
