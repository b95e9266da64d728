"""Back or forward from any point of a change: decided on real files below a scratch root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostnet.change import Change, Write
from hostnet.errors import HostnetError, Stranded
from hostnet.host.files import Files
from hostnet.model import ABSENT, Image, Kind
from hostnet.plan import Plan
from hostnet.transaction import journal as journals
from hostnet.transaction.images import Foreign, backward, forward
from hostnet.transaction.journal import FOLDER, KEPT, OPEN, Journal, State
from hostnet.transaction.recover import recover
from hostnet.transaction.redo import redo
from hostnet.transaction.undo import undo

OURS, OWNER = "/etc/netplan/90-hostnet.yaml", "/etc/netplan/50-cloud-init.yaml"
TRIED = "/run/netplan/90-hostnet.yaml"


def text(content: str) -> Image:
    return Image(Kind.FILE, content.encode(), 0o600, os.geteuid(), os.getegid())


OLD, NEW, TRIAL = text("old\n"), text("new\n"), text("trial\n")
TRIAL_WRITE = Write(Change(TRIED, ABSENT, TRIAL, "trial"))
PROMOTION = (
    Write(Change(OURS, ABSENT, NEW, "ours")),
    Write(Change(OWNER, OLD, NEW, "gives up")),
    Write(TRIAL_WRITE.change.inverse),
)
# Without Apply and Verify: below a scratch root nothing is put in force.
PLAN = Plan("ens33", trial=(TRIAL_WRITE,), promotion=PROMOTION)
BEFORE = {OWNER: OLD}
PREFIXES = [
    BEFORE,
    {OWNER: OLD, TRIED: TRIAL},
    {OWNER: OLD, TRIED: TRIAL, OURS: NEW},
    {OWNER: NEW, TRIED: TRIAL, OURS: NEW},
    {OWNER: NEW, OURS: NEW},
]
"""The files after each step of the plan."""
AFTER = PREFIXES[-1]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    with Files(str(tmp_path)) as files:
        yield files


def put(files: Files, images: dict[str, Image]) -> None:
    files.commit([Change(path, ABSENT, image, "test") for path, image in images.items()])


def there(files: Files) -> dict[str, Image]:
    images = {path: files.image(path) for path in (OURS, OWNER, TRIED)}
    return {path: image for path, image in images.items() if image != ABSENT}


def begun(files: Files, state: State, name: str = "20260101T000000Z-abc") -> Journal:
    journal = Journal.create(files, name, PLAN)
    if state is not State.PREPARED:
        journal.mark(state)
    return journal


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


# --- the journal -------------------------------------------------------------------------


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
