"""What `ip` and `bridge` show of a host, as lines that stay the same as long as nothing changes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from tests.lab.host import Host
from tests.lab.waiting import until

_SHOW = """
ip -o link show
echo ---
ip -N -o address show
echo ---
ip -N -d -o -4 route show table all
ip -N -d -o -6 route show table all
echo ---
ip -N -d -4 rule show | sed 's/^/IPv4 /'
ip -N -d -6 rule show | sed 's/^/IPv6 /'
echo ---
ip -N neighbour show nud permanent
echo ---
bridge fdb show
"""
_KINDS = ("link", "address", "route", "rule", "neighbour", "fdb")
_STILL = 0.4
"""Seconds in which nothing may change."""
_TENTATIVE = 3.0
"""Seconds that an IPv6 address takes at most until it is used, with its routes."""
_ADDRESSES = ("address", "show", "tentative")
_NUMBER = re.compile(r"^\d+:\s+")
_PASSING = {
    "link": re.compile(r" (qdisc|qlen|group|mode|link-netns|link-netnsid) \S+|\\"),
    "address": re.compile(r"\\.*| (secondary|dynamic|tentative|metric \d+)(?= |$)"),
    "route": re.compile(r" (linkdown|dead|expires \S+|pref \S+|hoplimit \S+)|\\"),
    "rule": re.compile(r"(?<=\d:)\t"),
}
"""What counts as no change: how a link queues, how an address's life goes on."""
_PREFERRED = re.compile(r" src \S+")
"""The kernel's own local routes prefer the first address of their subnet, whichever that is."""


def objects(host: Host) -> frozenset[str]:
    """All there is now, each with its kind before it."""
    return frozenset(lines(host.run(["sh", "-ec", _SHOW]).stdout))


def settled(host: Host) -> frozenset[str]:
    """All there is once nothing comes and goes any more (IPv6 takes its time)."""
    seen = [objects(host)]
    begun = time.monotonic()

    def same() -> bool:
        time.sleep(_STILL)
        seen.append(objects(host))
        # A link without a carrier waits for ever.
        is_waiting = time.monotonic() < begun + _TENTATIVE and host.ip("-6", *_ADDRESSES)
        return seen[-1] == seen[-2] and not is_waiting

    until(same, f"{host.suite}: the kernel does not settle", 20)
    return seen[-1]


def lines(text: str) -> Iterator[str]:
    """Read the answers to `_SHOW`."""
    for kind, part in zip(_KINDS, text.split("---\n"), strict=True):
        for line in part.splitlines():
            if kind == "fdb" and not re.search(r"permanent|static", line):
                continue  # learned, and forgotten again
            if kind in ("link", "address"):
                line = _NUMBER.sub("", line)
            if kind in _PASSING:
                line = _PASSING[kind].sub("", line)
            if " table 255 proto 2 " in line:
                line = _PREFERRED.sub("", line)
            yield f"{kind} {' '.join(line.split())}"
