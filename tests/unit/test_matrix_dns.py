"""What the matrix of DNS takes for wrong, for how long it was, and what it remembers."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from tests.cells import Results
from tests.lab.names import LEASED, PINNED
from tests.matrix_dns import watcher
from tests.matrix_dns.results import Result, read
from tests.matrix_dns.seen import Seen
from tests.matrix_dns.table import table
from tests.matrix_dns.watching import Look, Stretch, stretches

GOOD = Look(
    0.0, f"file: nameserver {PINNED.ipv4}", "pods", resolved=True, asked=True, answer=PINNED.answer
)
OTHER = f"file: nameserver {LEASED.ipv4}"


def looks(*changes: dict[str, object]) -> list[Look]:
    """One every second."""
    return [replace(GOOD, at=float(n), **each) for n, each in enumerate(changes, 1)]  # type: ignore[arg-type]


def result(mode: str, seen: Seen | None, row: str = "Kubespray") -> Result:
    return Result("trixie", row, mode, "abc", "2026-11-23T12:00", seen, "" if seen else "E: why")


def test_a_fault_lasts_from_the_last_good_look_to_the_next() -> None:
    seen = looks(
        {}, {"conf": OTHER}, {"conf": OTHER, "answer": LEASED.answer}, {}, {}, {"pods": ""}
    )
    assert stretches(seen, GOOD, 0.0) == [
        Stretch(3.0, f"resolv.conf: {OTHER}"),
        Stretch(1.0, "pods: "),
    ]
    changes: list[dict[str, object]] = [
        {"answer": LEASED.answer},
        {"strayed": True},
        {"resolved": False},
    ]
    for change in changes:
        (found,) = stretches(looks({}, change, {}), GOOD, 0.0)
        assert found.seconds == 2.0
        assert found.fault


def test_silence_counts_after_the_act_and_is_no_fault() -> None:
    silent: dict[str, object] = {"answer": None}
    assert stretches(looks(silent, silent, {}), GOOD, 2.5) == []
    assert stretches(looks({}, silent, silent, {}), GOOD, 1.5) == [Stretch(3.0, "")]
    assert stretches(looks({}, {"answer": None, "asked": False}, {}), GOOD, 0.0) == []


def test_a_resolv_conf_says_the_same_in_whatever_order(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "# x\nnameserver 10.0.0.2\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch b a\n"
    )
    told = watcher.said(str(path))
    assert told == "nameserver 10.0.0.1 nameserver 10.0.0.2 search a search b"
    path.write_text("search a b\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n")
    assert watcher.said(str(path)) == told
    path.write_text("")
    assert watcher.said(str(path)) == "empty"
    assert watcher.said(str(tmp_path / "none")) == "No such file or directory"


def test_the_bar_is_five_seconds_and_what_is_complained_of_is_below_it() -> None:
    assert result("direct", Seen(repair=5.0, times=1)).wrong == ""
    assert result("direct", Seen(repair=5.1, times=1)).wrong == "not as pinned for 5.1 s"
    assert result("direct", Seen(silence=6.0)).wrong == "silent for 6.0 s"
    assert result("direct", Seen(complaint="nobody was told of it")).wrong
    assert result("direct", None).wrong == "E: why"
    assert result("direct", Seen(impossible="resolved is masked")).wrong == ""


def test_results_are_kept_and_stand_in_the_table(tmp_path: Path) -> None:
    results = Results(tmp_path / "matrix-dns.jsonl", read)
    told = ("/etc/resolv.conf by unknown",)
    kept = [
        result("resolved", Seen(repair=0.62, fault="pods: empty", times=2, told=told)),
        result("direct", Seen(silence=2.04)),
        result("direct", Seen(impossible="resolved is masked"), "resolvectl dns"),
        result("resolved", Seen(note="gave up after 10 repairs in 12 s"), "a write every second"),
    ]
    for each in (result("resolved", None), *kept):
        results.add(each)
    assert [asdict(each) for each in results.all()] == [asdict(each) for each in kept]
    text = table(results.all())
    assert "| Kubespray |  | 0.6 s |  |  | right, silent 2.0 s |  |" in text
    assert "| resolvectl dns |  |  |  |  | n/a: resolved is masked |  |" in text
    assert "gave up after 10 repairs in 12 s" in text
    assert "| Kubespray | /etc/resolv.conf by unknown |" in text
    assert "Met on 2026-11-23." in text
    assert text.endswith("Nothing is below the bar.")
