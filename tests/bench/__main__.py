"""`python -m tests.bench`: ratios measured in one run; it prints and never judges.

As root in booted hosts of all suites, with Debian's own Python and packages and hostnet installed
from its wheel; else on this machine with the running interpreter, as far as that goes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hostnet.host import oracle
from hostnet.host.files import Files
from hostnet.netplan.releases import DISTRIBUTIONS, NEWEST, RELEASES, Release
from tests.bench import language, ledger, measure, pins
from tests.checkout import build_wheel
from tests.lab import SUITES, cleanup, fixtures, plugin
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory

Command = list[str]
Medians = dict[str, list[float]]

TREE = {
    "00-installer-config.yaml": fixtures.INSTALLER,
    "50-vlan.yaml": fixtures.VLAN.replace("ens33", "ens34"),
    "70-bridge.yaml": "network:\n  bridges:\n    br0:\n      addresses: [10.7.0.1/24]\n",
}
"""Three files, as `static --dry-run` and `netplan get` are to read them."""


@dataclass(frozen=True)
class Bar:
    """What a ratio (or a number of seconds) shall not exceed, and where we want to be."""

    at_most: float
    reach: float | None = None

    def __str__(self) -> str:
        reach = f", reach {self.reach:g}" if self.reach else ""
        return f"at most {self.at_most:g}{reach}"


DRY_RUN = "static --dry-run / netplan get"
STATUS = "status --json / netplan status"
DNS_STATUS = "dns status --json / both' status"
"""Beside resolvectl and netplan, which together tell about as much."""
VALIDATE = "validate FILE / netplan generate"
"""As a named release takes it: all that is done where netplan is not installed."""
VALIDATE_PROVEN = "... and its core asked, too"
VERSION = "--version / python3 -c pass"
RATIOS = {
    DRY_RUN: Bar(1.0, 0.75), STATUS: Bar(0.8), DNS_STATUS: Bar(0.8), VERSION: Bar(6),
    VALIDATE: Bar(0.5), VALIDATE_PROVEN: Bar(1.0),
}  # fmt: skip
LIVE = Bar(6)
BEYOND = Bar(1.5, 1.2)
"""What a live change takes beyond the two `netplan apply` that it cannot do without."""


def main() -> int:
    """Measure what can be measured here and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of each command (15)")
    parser.add_argument("--suite", action="append", choices=SUITES, help="only this one")
    parser.add_argument("--imports", action="store_true", help="what each command imports")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostnet-bench-") as scratch:
        if reason := plugin.why_not():
            print(f"Booted hosts: {reason}. On this machine, Python {sys.version.split()[0]}:")
            _machine(Path(scratch), given.rounds)
            return 0
        cleanup.install()
        wheel = build_wheel(Path(scratch))
        for suite in given.suite or SUITES:
            with Laboratory() as lab:
                host = lab.host(suite, fixtures.installer_dhcp().with_fsync())
                host.install_wheel(wheel)
                _host(host, given.rounds, imports=given.imports)
    print(
        "\nthe ledger, processor's seconds; 5,000 routes: read and compare 0.6, put back 1, 80 MB"
    )
    ledger.main()
    print("\nnetplan's language, a folder of 10,000 files of 25 lines")
    language.main([])
    return 0


# --- in a host -------------------------------------------------------------------------


def _host(host: Host, rounds: int, *, imports: bool) -> None:
    host.wait_address()
    print(f"\n{host.suite}: {_releases(host)}")
    for name, text in TREE.items():
        host.write(f"/bench/etc/netplan/{name}", text, 0o600)
    pairs = _pairs(
        ["hostnet"], "/bench", "/usr/bin/python3", _other(DISTRIBUTIONS.get(host.suite, NEWEST))
    )
    pairs[STATUS] = [["hostnet", "status", "--json"], ["netplan", "status"]]
    both = ["sh", "-c", "resolvectl status; netplan status"]
    pairs[DNS_STATUS] = [["hostnet", "dns", "status", "--json"], both]
    wanted = json.dumps({"rounds": rounds, "pairs": pairs})
    program = Path(measure.__file__).read_text()
    argv = ["python3", "-c", program]
    done = host.run(argv, input=wanted, timeout=600)
    _print(done.stdout, done.stderr)
    pins.measure(host, max(3, rounds // 5), _row)
    _live(host, max(3, rounds // 3))
    if imports:
        for arguments in (["--version"], ["status", "--json"], pairs[DRY_RUN][0][1:]):
            _imports(host, arguments)


def _live(host: Host, rounds: int) -> None:
    """Good changes of the address, each followed by a run with none to make and two bare applies.

    Another one is watched by fast pings, which take their share of the machine.
    """
    changing, already, beyond, gaps = [], [], [], []
    for last in range(134, 134 + 2 * rounds, 2):
        argv = _change(f"192.168.141.{last}")
        changing.append(_seconds(host, argv))
        already.append(_seconds(host, argv))
        beyond.append(changing[-1] - sum(_seconds(host, ["netplan", "apply"]) for _ in range(2)))
        host.wait_address()
        pinged = f"192.168.141.{last + 1}"
        with host.router.measure_gap(pinged, host.mac("ens33")) as seen:
            host.run(_change(pinged), timeout=120)
        gaps.append(seen.largest_ms)
    _row("static, live, seconds", f"{median(changing):.2f} s", "", f"{LIVE}")
    _row("... beyond two `netplan apply`", f"{median(beyond):.2f} s", "", f"{BEYOND}")
    _row("static, already so", f"{median(already):.2f} s", "", "")
    _row("the new address silent at most", f"{max(gaps):.0f} ms", "", "")


def _change(address: str) -> Command:
    return ["hostnet", "static", "ens33", f"{address}/24"]


def _seconds(host: Host, argv: Command) -> float:
    begun = time.perf_counter()
    host.run(argv, timeout=120)
    return time.perf_counter() - begun


def _imports(host: Host, arguments: Command) -> None:
    """The dearest imports of a command, each with what it brings along."""
    argv = ["python3", "-X", "importtime", "/usr/bin/hostnet", *arguments]
    lines = host.run(argv).stderr.splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines if "|" in line][1:]
    rows.sort(key=lambda row: int(row[1]), reverse=True)
    print(f"  imports of `hostnet {' '.join(arguments[:1])}`, milliseconds with all below them:")
    for _, cumulative, name in rows[:12]:
        print(f"    {int(cumulative) / 1000:7.1f}  {name.strip()}")


def _releases(host: Host) -> str:
    script = "python3 -V; systemctl --version | head -1"
    script += "; dpkg-query -W -f 'netplan ${Version}' netplan.io"
    return ", ".join(host.run(["sh", "-c", script]).stdout.splitlines())


# --- on this machine -------------------------------------------------------------------


def _machine(scratch: Path, rounds: int) -> None:
    netplan = scratch / "root/etc/netplan"
    netplan.mkdir(parents=True)
    for name, text in TREE.items():
        (netplan / name).write_text(text)
        (netplan / name).chmod(0o600)
    with Files() as files:
        other = _other(oracle.release_of(files))
    pairs = _pairs([sys.executable, "-m", "hostnet"], str(scratch / "root"), sys.executable, other)
    if shutil.which("netplan") is None:
        print("  netplan is not installed (or not on PATH), so nothing can be compared with it")
        for name in (DRY_RUN, VALIDATE, VALIDATE_PROVEN):
            del pairs[name]
    argv = [sys.executable, measure.__file__]
    wanted = json.dumps({"rounds": rounds, "pairs": pairs})
    done = subprocess.run(argv, input=wanted, capture_output=True, text=True, check=True)
    _print(done.stdout, done.stderr)


# --- both ------------------------------------------------------------------------------


def _other(installed: Release | None) -> Release:
    """A release of netplan that is not installed: of that one its core would be asked, too."""
    return NEWEST if installed != NEWEST else RELEASES[0]


def _pairs(hostnet: Command, root: str, python: str, other: Release) -> dict[str, list[Command]]:
    options = ["--gateway", "192.168.141.1", "--dns", "192.168.141.1", "--dry-run", "--root", root]
    file = f"{root}/etc/netplan/00-installer-config.yaml"
    generate = ["netplan", "generate", "--root-dir", root]
    return {
        DRY_RUN: [
            [*hostnet, "static", "ens33", "192.168.141.134/24", *options],
            ["netplan", "get", "--root-dir", root],
        ],
        VALIDATE: [[*hostnet, "validate", file, "--netplan", other], generate],
        VALIDATE_PROVEN: [[*hostnet, "validate", file], generate],
        VERSION: [[*hostnet, "--version"], [python, "-c", "pass"]],
    }


def _print(medians: str, complaints: str) -> None:
    print(complaints, end="")
    found: Medians = json.loads(medians)
    for name, (ours, peer) in found.items():
        figures = f"{ours * 1000:.0f} / {peer * 1000:.0f} ms"
        _row(name, figures, f"{ours / peer:.2f}", str(RATIOS[name]))


def _row(what: str, figures: str, ratio: str, bar: str) -> None:
    print(f"  {what:34} {figures:>14} {ratio:>6}  {bar}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
