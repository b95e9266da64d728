"""The campaign's plan and its memory: what makes a run repeatable and resumable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.campaign.changes import CHANGES
from tests.campaign.faults import FAULTS
from tests.campaign.results import Result, Results, summary
from tests.campaign.trials import Trial, at_random, matrix
from tests.e2e.moments import MOMENTS


def test_the_matrix_has_every_change_and_every_fault_at_its_moments() -> None:
    trials = list(matrix())
    assert len({trial.key for trial in trials}) == len(trials)
    assert {trial.change for trial in trials} == set(CHANGES)
    assert {trial.fault for trial in trials} == set(FAULTS)
    assert {trial.moment for trial in trials} - {None} == set(MOMENTS)


def test_a_seed_gives_the_same_trials_again_and_another_seed_others() -> None:
    first, again, others = ([at_random(seed, n) for n in range(300)] for seed in (1, 1, 2))
    assert first == again
    assert len({trial.key for trial in (*first, *others)}) == 600
    assert {trial.fault for trial in first} == set(FAULTS)
    assert {trial.change for trial in first} == set(CHANGES)
    assert {trial.moment is None for trial in first} == {True, False}


def result(key: str, outcome: str, silence: float = 0.1) -> Result:
    trial = Trial(key, "address", "192.168.141.10", "power-cut", "trial")
    return Result.of("trixie", trial, ("192.168.141.137/24",), 0, outcome, silence, 5, "", "")


def test_results_are_kept_and_what_failed_in_the_laboratory_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "campaign.jsonl"
    results = Results(path)
    assert results.done() == set()
    results.add(result("one", "undone"))
    results.add(result("two", "error"))
    assert Results(path).done() == {("trixie", "one")}
    results.add(result("two", "completed"))
    with path.open("a") as file:
        file.write('{"suite": "trixie", "key": "thr')  # the run was killed here
    assert Results(path).done() == {("trixie", "one"), ("trixie", "two")}
    results.add(result("three", "undone"))
    assert [each.outcome for each in Results(path).all()] == ["undone", "completed", "undone"]


def test_the_summary_counts_and_names_what_is_bad() -> None:
    many = [result(str(number), "undone", silence=number) for number in range(1, 101)]
    text = summary([*many, result("lost", "stranded"), replace(many[0], key="x", wrong="a lie")])
    total = text.splitlines()[1].split()
    assert total[:7] == ["all", "102", "1", "0", "101", "0", "1"]
    assert [float(each) for each in total[7:]] == [50, 95, 100]
    assert "lost" in text
    assert "a lie" in text
