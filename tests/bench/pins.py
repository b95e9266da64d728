"""For how long a host has no names while its DNS is pinned, and while the pin is taken away."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from tests.lab.host import Host
from tests.lab.lookups import measure_silence
from tests.lab.names import PINNED, Names

AT_MOST = {"bookworm": "at most 500 ms"}
"""systemd 252 can only restart resolved; later ones reload it."""
ELSE = "at most 100 ms"
MODES = ("resolved", "direct")

Row = Callable[[str, str, str, str], None]


def measure(host: Host, rounds: int, row: Row) -> None:
    """Print for each mode the longest silence of all pins, of all unpins, and what one took."""
    with Names(host.router):
        for mode in MODES:
            pins, unpins, taken = [], [], []
            for _ in range(rounds):
                begun = perf_counter()
                pins.append(_silence(host, "pin", PINNED.ipv4, "--mode", mode))
                taken.append(perf_counter() - begun)
                unpins.append(_silence(host, "unpin"))
            bar = AT_MOST.get(host.suite, ELSE)
            row(f"dns pin --mode {mode}, no names for", f"{max(pins):.0f} ms", "", bar)
            row("... dns unpin", f"{max(unpins):.0f} ms", "", "")
            row("... the pin takes", f"{median(taken):.2f} s", "", "")


def _silence(host: Host, *argv: str) -> float:
    with measure_silence(host) as seen:
        host.run(["hostnet", "dns", *argv], timeout=120)
    return max(seen.longest_ms(way) for way in ("raw", "nss"))
