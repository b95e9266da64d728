"""`python -m tests.bench.ledger`: the ledger at the scale of big nodes, as a table. Needs root.

Each size in a network namespace of its own and with a process of its own, so that the memory is
that size's. 5,000 foreign routes, 1,000 links and 500 rules shall be read and compared within
0.6 s and 80 MB, 1,000 routes put back within 1 s, and all of it grow linearly. Seconds are the
processor's, of this process and those it starts, and the best of five rounds: what it takes on a
machine that has nothing else to do.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace as changed
from typing import TypeVar

from hostnet.host import ledger
from hostnet.host.watch import Watching
from hostnet.ledger.difference import compare
from hostnet.ledger.objects import Ledger
from hostnet.ledger.own import Own
from hostnet.ledger.replay import replay
from hostnet.ledger.watched import absences
from tests.checkout import ROOT

Found = TypeVar("Found")

SIZES = (1000, 2500, 5000, 10000)
"""How many routes; there is a link for each five and a rule for each ten."""
ROUNDS = 5
LOST = 1000
_COLUMNS = ("routes", "links", "rules", "read", "compare", "lost", "plan", "put back", "memory")
_NETWORKS = 250


def main() -> int:
    """Print a row for each size, measured by a process of its own."""
    print("".join(f"{name:>10}" for name in _COLUMNS))
    for size in SIZES:
        argv = ["unshare", "--net", sys.executable, "-m", "tests.bench.ledger", str(size)]
        subprocess.run(argv, cwd=ROOT, check=True)
    return 0


def _measure(size: int) -> None:
    _batch((), _links(size // 10), _up(size // 10), _routes(size, 4), _rules(size // 10))
    _batch(("-6",), _routes(size, 6))
    read = min(_timed(ledger.read)[0] for _ in range(ROUNDS))
    before = ledger.read()
    compared = min(_compared(before, ledger.read()) for _ in range(ROUNDS))
    with Watching(before) as watching:
        _batch((), (f"route del 10.{_network(n)}" for n in range(min(LOST, size // 2))))
    after = ledger.read()
    own = Own()
    # As networkd's: all that was seen to delete.
    seen = watching.watch()
    watch = changed(seen, networkd=frozenset(event.port for event in seen.events))
    planned, plan = _timed(
        lambda: replay(compare(before, after, own), before, after, own, watch, {})
    )
    absences(before, own, watch)
    back, refused = _timed(lambda: ledger.put_back(plan.lines))
    assert not refused
    assert compare(before, ledger.read(), own).is_none
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = (
        *(len(before.routes), len(before.links), len(before.rules)),
        *(f"{read:.3f} s", f"{compared:.3f} s", len(plan.lines), f"{planned:.3f} s"),
        *(f"{back:.3f} s", f"{memory} MB"),
    )
    print("".join(f"{figure:>10}" for figure in figures), flush=True)


def _compared(before: Ledger, after: Ledger) -> float:
    return _timed(lambda: compare(before, after, Own()))[0]


def _timed(what: Callable[[], Found]) -> tuple[float, Found]:
    begun = _seconds()
    found = what()
    return _seconds() - begun, found


def _seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _links(count: int) -> Iterator[str]:
    yield "link add br0 type bridge"
    yield "link set br0 up"
    yield "address add 10.0.0.1/16 dev br0"
    for n in range(count):
        yield f"link add cali{n:011x} type veth peer name pod{n}"


def _up(count: int) -> Iterator[str]:
    for n in range(count):
        yield f"link set cali{n:011x} up"


def _routes(size: int, family: int) -> Iterator[str]:
    links = size // 10
    for n in range(size // 2):
        if family == 6:
            yield f"route add fd00:{n:x}::/64 via fe80::{n % 200 + 2:x} dev br0 proto 80"
        elif n % 2:
            yield f"route add 10.{_network(n)} dev cali{n % links:011x} scope link"
        else:
            yield f"route add 10.{_network(n)} via 10.0.{n % 200}.7 dev br0 proto 80 onlink"


def _network(n: int) -> str:
    return f"{100 + n // _NETWORKS}.{n % _NETWORKS}.0/24"


def _rules(count: int) -> Iterator[str]:
    for n in range(count):
        yield f"rule add pref 512 to 10.9.{n // _NETWORKS}.{n % _NETWORKS} lookup main"


def _batch(options: tuple[str, ...], *lines: Iterator[str]) -> None:
    text = "\n".join(line for each in lines for line in each)
    subprocess.run(["ip", *options, "-batch", "-"], input=text.encode(), check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(int(sys.argv[1]))
    else:
        sys.exit(main())
