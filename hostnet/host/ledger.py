"""The ledger of the running kernel, and putting back what a replay says.

Read by three programs in a row, since ``ip -batch`` keeps to one family and shows rules and
nexthop objects of that one only, and FDB entries are `bridge`'s. All of it is of the network
namespace that hostnet runs in.
"""

from __future__ import annotations

import re
from glob import glob
from itertools import groupby
from typing import TYPE_CHECKING

from hostnet.host import command, fields, iproute
from hostnet.host.iprule import rules
from hostnet.ledger.objects import Ledger
from hostnet.ledger.owners import FILES
from hostnet.ledger.replay import Batch
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostnet.host.fields import Entry
    from hostnet.ledger.replay import Line

_TIMEOUT = 10.0
"""A tenth of a second on a host with thousands of routes; longer, and the kernel is stuck."""
_REPLAY_TIMEOUT = 30.0
_ATTEMPTS = 3
_INTERRUPTED = "Dump was interrupted"
"""iproute2 says so, with status 0, if something came or went while it was reading."""
_OPTIONS = ("-json", "-details", "-Numeric", "-force", "-batch", "-")
_NEXTHOPS = "nexthop show"
"""Last: a kernel before 5.3 has none, and then there is no answer."""
QUESTIONS = (
    "address show",
    "route show table all",
    "rule show",
    "neigh show nud permanent",
    _NEXTHOPS,
)
QUESTIONS6 = ("rule show", _NEXTHOPS)
"""What ``ip`` shows of IPv4 alone, or without a family."""
_FAILED = re.compile(r"^Command failed .*:(\d+)$")
_THERE = "File exists"
"""strerror(EEXIST): somebody was quicker, and the object is there."""


class Refusal(Value):
    """A line that the kernel, or iproute2, refused, and in which words."""

    line: Line
    why: str


def take() -> tuple[str, ...]:
    """What the programs show now of all that is kept a ledger of; `parse` reads it.

    Raises CommandError.
    """
    shown = command.run(["bridge", "-json", "fdb", "show"], timeout=_TIMEOUT).text
    return (*_ask(QUESTIONS), *_ask(QUESTIONS6, "-6"), shown)


def read() -> Ledger:
    """The ledger of now. Raises CommandError or Unreadable."""
    return parse(take())


def parse(taken: Sequence[str]) -> Ledger:
    """The ledger of the answers to QUESTIONS, QUESTIONS6 and ``bridge fdb show``.

    Raises Unreadable.
    """
    *shown, fdb = taken
    addresses, routes, rules4, neighbours, nexthops, rules6, nexthops6 = map(_entries, shown)
    links = iproute.links(addresses)
    ipv6 = frozenset(entry.number("id") or 0 for entry in nexthops6)
    return Ledger(
        links,
        iproute.addresses(addresses),
        iproute.neighbours(neighbours),
        iproute.fdb(
            fields.entries(iproute.BRIDGE, fdb or "[]"), {link.name: link.kind for link in links}
        ),
        iproute.nexthops(nexthops, ipv6),
        iproute.routes(routes),
        (*rules(rules4, 4), *rules(rules6, 6)),
    )


def owner_files() -> frozenset[str]:
    """The files on this host that tell owners apart (`hostnet.ledger.owners`)."""
    return frozenset(path for pattern in FILES for path in glob(pattern))


def put_back(lines: Iterable[Line]) -> tuple[Refusal, ...]:
    """Run the lines of a replay; one that is refused stops none of the others.

    Raises CommandError if a program is not there or does not end.
    """
    order = list(Batch)
    batches = groupby(sorted(lines, key=lambda line: order.index(line.batch)), lambda x: x.batch)
    return tuple(refusal for batch, each in batches for refusal in _run(batch, tuple(each)))


def refusals(lines: tuple[Line, ...], stderr: str) -> tuple[Refusal, ...]:
    """Which lines failed, by what ``-force -batch`` says; what is there already did not.

    It gives the reason first, on lines of its own, then ``Command failed -:LINE``.
    """
    found: list[Refusal] = []
    said: list[str] = []
    for text in stderr.splitlines():
        failed = _FAILED.match(text)
        if failed is None:
            said.append(command.printable(text).strip())
            continue
        number = int(failed[1])
        if not any(_THERE in each for each in said) and 0 < number <= len(lines):
            why = "; ".join(each.removeprefix("RTNETLINK answers: ") for each in said if each)
            found.append(Refusal(lines[number - 1], why))
        said.clear()
    return tuple(found)


def _run(batch: Batch, lines: tuple[Line, ...]) -> tuple[Refusal, ...]:
    argv = [*batch.value, "-force", "-batch", "-"]
    text = "".join(f"{line.text}\n" for line in lines)
    done = command.run(argv, timeout=_REPLAY_TIMEOUT, input=text.encode(), accept=None)
    return refusals(lines, done.stderr)


def _ask(questions: tuple[str, ...], *family: str) -> list[str]:
    argv = ("ip", *family, *_OPTIONS)
    text = "".join(f"{question}\n" for question in questions)
    for attempt in range(_ATTEMPTS):
        done = command.run(argv, timeout=_TIMEOUT, input=text.encode(), accept=None)
        if _INTERRUPTED not in done.stderr or attempt == _ATTEMPTS - 1:
            break
    answers = [line for line in done.text.split("\n") if line.strip()]
    if done.returncode != 0 and len(answers) == len(questions) - 1:
        return [*answers, "[]"]
    if done.returncode != 0 or len(answers) != len(questions):
        how = f"{command.ended(done)} after {len(answers)} of {len(questions)} answers"
        raise command.CommandError(argv, how, returncode=done.returncode, stderr=done.stderr)
    return answers


def _entries(answer: str) -> tuple[Entry, ...]:
    return fields.entries(iproute.IP, answer)
