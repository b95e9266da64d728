"""`python -m tests.bench.language`: `hostnet validate` beside netplan's C core. Needs root.

A folder of files of 25 lines each is judged at once, on all processors, and a sample of them by
the core of each release, one process a file, in turns, so that a busy moment meets both alike.
At most 1 ms a file a core is wanted, at least 15 times as fast as the core, and as much memory for
all the files as for a tenth of them.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from hostnet.netplan.releases import RELEASES, Release
from tests.checkout import ROOT
from tests.language.core import Core

FILE = """\
# a typical file
network:
  version: 2
  renderer: networkd
  ethernets:
    ens33:
      match:
        macaddress: 00:0c:29:aa:bb:cc
      set-name: ens33
      dhcp4: false
      dhcp6: false
      mtu: 1500
      addresses:
        - 192.168.%d.%d/24
        - 2001:db8::5/64
      routes:
        - to: default
          via: 192.168.%d.2
          metric: 100
        - to: 10.20.0.0/16
          via: 192.168.%d.1
      nameservers:
        addresses: [1.1.1.1, 8.8.8.8]
        search: [lab.example]
    ens34: {dhcp4: true}
"""
SAMPLE = 40
"""Files that each core judges in each round."""


def main(argv: list[str] | None = None) -> int:
    """Print a row for each release."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.language", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="(10000)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="hostnet-bench-") as scratch:
        many = _folder(Path(scratch, "many"), given.files)
        few = _folder(Path(scratch, "few"), given.files // 10)
        small = _judge(few).memory
        taken = []
        cores: dict[Release, list[_Taken]] = {release: [] for release in RELEASES}
        for _ in range(given.rounds):
            taken.append(_judge(many))
            for release in RELEASES:
                cores[release].append(_core(release))
    ours = min(taken, key=lambda one: one.cpu)
    cpu, processors = ours.cpu / given.files, os.cpu_count() or 1
    print(f"  a file a processor: {cpu * 1000:.2f} ms of it (at most 1)")
    print(f"  memory of {given.files // 10} and {given.files} files: {small}, {ours.memory} MB")
    wall = min(one.wall for one in taken) / given.files
    for release, runs in cores.items():
        core = min(one.cpu for one in runs) / SAMPLE
        on_the_clock = median(one.wall for one in runs) / SAMPLE / wall
        print(
            f"  the core of {release}: {core * 1000:.2f} ms of a processor a file; on {processors} "
            f"of them hostnet is {core / cpu * processors:.1f} times as fast, on the clock "
            f"{on_the_clock:.1f} times (at least 15)",
            flush=True,
        )
    return 0


class _Taken:
    """What one run took: seconds on the clock and of all processors, MB of its largest process."""

    def __init__(self, wall: float, before: resource.struct_rusage) -> None:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.wall = wall
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.memory = after.ru_maxrss // 1024


def _folder(path: Path, many: int) -> Path:
    path.mkdir()
    for number in range(many):
        third, last = number >> 7 & 255, (number & 127) + 3
        (path / f"{number:05}.yaml").write_text(FILE % (third, last, third, third))
    return path


def _judge(folder: Path) -> _Taken:
    argv = [sys.executable, "-m", "hostnet", "validate", str(folder), "--netplan", "1.2"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    return _Taken(time.perf_counter() - begun, before)


def _core(release: Release) -> _Taken:
    """Of all the sample."""
    with Core(release) as core:
        trees = [{"a.yaml": (FILE % (n, n + 3, n, n)).encode()} for n in range(SAMPLE)]
        core.judge(trees[0])
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        for tree in trees:
            assert core.judge(tree).accepted
        return _Taken(time.perf_counter() - begun, before)


if __name__ == "__main__":
    sys.exit(main())
