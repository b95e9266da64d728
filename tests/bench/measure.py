"""Medians of commands, run in turns: `python3 measure.py < SPECIFICATION`, also inside a host.

The specification is JSON: {"rounds": N, "pairs": {NAME: [OURS, PEER]}} with lists of arguments;
the answer {NAME: [SECONDS, SECONDS]}. It stands alone, since it runs where this package is not.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time


def main() -> None:
    """Each round runs every command once, so that a busy moment meets all alike.

    The first fills the caches and counts for nothing; a pair that does not work is left out.
    """
    wanted = json.load(sys.stdin)
    pairs = {name: pair for name, pair in wanted["pairs"].items() if all(map(works, pair))}
    taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in pairs}
    for _ in range(wanted["rounds"]):
        for name, (ours, peer) in pairs.items():
            taken[name][0].append(seconds(ours))
            taken[name][1].append(seconds(peer))
    medians = {name: [statistics.median(each) for each in pair] for name, pair in taken.items()}
    json.dump(medians, sys.stdout)


def works(argv: list[str]) -> bool:
    """Tell whether a command exits well; its last words go to stderr if not."""
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        print(f"  cannot be measured: {' '.join(argv)}: {said}", file=sys.stderr)
    return done.returncode == 0


def seconds(argv: list[str]) -> float:
    """Run a command, and tell how long it took."""
    begun = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
