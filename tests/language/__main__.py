"""`python -m tests.language`: documents by chance, judged by hostnet and by netplan's own cores.

What is in the results file is not tried again, so that a run can be ended at any time and gone on
with later. Exits with 1 if hostnet refused what netplan takes, agrees on less than 99.5 % of what
it refuses, or names another place for more than 5 % of those.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hostnet.netplan.releases import RELEASES, Release
from tests.lab import cleanup, plugin
from tests.language.compare import compare
from tests.language.core import Core
from tests.language.documents import files

RESULTS = Path(".language.jsonl")
MIN_AGREEMENT, MIN_SAME_PLACE = 0.995, 0.95


def main() -> int:
    """Judge what is left, and print the sum of all that ever was."""
    given = _arguments()
    if not given.summary:
        if reason := plugin.why_not():
            print(reason, file=sys.stderr)
            return 2
        cleanup.install()
        _run(given.results, given.releases, given.documents, given.seed)
    return _summary(given.results, given.releases)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.language", description=__doc__)
    parser.add_argument("--releases", nargs="+", choices=RELEASES, default=list(RELEASES))
    parser.add_argument("--documents", type=int, default=10_000, help="a release (10000)")
    parser.add_argument("--seed", type=int, default=0, help="the first document's number (0)")
    parser.add_argument("--results", type=Path, default=RESULTS, help=f"({RESULTS})")
    parser.add_argument("--summary", action="store_true", help="print what is there, try nothing")
    return parser.parse_args()


def _lines(results: Path) -> list[dict[str, object]]:
    if not results.exists():
        return []
    return [json.loads(line) for line in results.read_text().splitlines() if line]


def _run(results: Path, releases: list[Release], many: int, first: int) -> None:
    done = {(line["release"], line["number"]) for line in _lines(results)}
    lock = threading.Lock()
    with results.open("a") as file, ThreadPoolExecutor(2) as pool:

        def work(release: Release) -> None:
            with Core(release) as core:
                for number in range(first, first + many):
                    if (release, number) in done:
                        continue
                    tree = files(number, release)
                    one = compare(release, tree, core.judge(tree))
                    line: dict[str, object] = {
                        "release": release, "number": number, "agree": one.agree,
                        "rejected": one.rejected, "same_place": one.same_place,
                        "known": one.known,
                    }  # fmt: skip
                    if not one.agree or one.same_place is False:
                        line |= {"netplan": one.said, "hostnet": one.found}
                    with lock:
                        file.write(json.dumps(line) + "\n")
                        file.flush()

        for result in [pool.submit(work, release) for release in releases]:
            result.result()


def _summary(results: Path, releases: list[Release]) -> int:
    is_bad = False
    for release in releases:
        lines = [line for line in _lines(results) if line["release"] == release]
        rejected = [line for line in lines if line["rejected"]]
        refused = [line for line in lines if not line["rejected"] and not line["agree"]]
        missed = [line for line in rejected if not line["agree"]]
        placed = [line["same_place"] for line in rejected if line["same_place"] is not None]
        agreed = 1 - len(missed) / max(len(rejected), 1)
        same = sum(map(bool, placed)) / max(len(placed), 1)
        unknown = [line for line in refused if not line["known"]]
        is_bad |= bool(unknown) or agreed < MIN_AGREEMENT or same < MIN_SAME_PLACE
        print(
            f"netplan {release}: {len(lines)} documents, {len(rejected)} refused by netplan; of "
            f"these hostnet refuses {agreed:.2%}, at the same place {same:.2%} of {len(placed)}; "
            f"refused by hostnet alone: {len(refused)} ({len(unknown)} of them unknown)"
        )
        for line in (*refused, *missed)[:20]:
            print(f"  {line['number']}: {line.get('netplan')!r} / {line.get('hostnet')}")
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
