"""`make demo`: hostnet at work, each command with its real output, each claim proved.

Any user sees it on a scratch root like a DHCP machine's. As root it goes on with a throw-away
host, booted behind a router of its own: a live change, a reboot, and proof by ping and DNS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import join

from tests.checkout import build_wheel
from tests.lab import cleanup, fixtures, plugin
from tests.lab.commands import Completed
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.router import Router

ADDRESS = "192.168.141.134"
SUITE = "trixie"
CLOUD = """\
# This file is generated from information provided by the datasource.
network:
  version: 2
  ethernets:
    ens34:
      match: {macaddress: "52:54:00:c1:00:02"}
      set-name: ens34
      dhcp4: true
"""
_LIVE = ("static", "ens33", f"{ADDRESS}/24")
_OFFLINE = (*_LIVE, "--gateway", "192.168.141.1", "--dns", "192.168.141.1")


class NotProved(Exception):
    """Something that the demo claims is not so."""


def main() -> int:
    """Show both parts; 1 if a proof fails."""
    try:
        with tempfile.TemporaryDirectory(prefix="hostnet-demo-") as scratch:
            show_image(Path(scratch))
            if os.geteuid() != 0:
                say("As root, the demo goes on with a booted host that is changed live.")
            elif reason := plugin.why_not():
                raise NotProved(reason)
            else:
                cleanup.install()
                show_host(build_wheel(Path(scratch)))
    except (NotProved, LabError) as error:
        print(f"\nNOT PROVED: {error}", flush=True)
        return 1
    say("Everything that was claimed has been proved; nothing of it is left on this machine.")
    return 0


# --- an image, as any user -------------------------------------------------------------


def show_image(scratch: Path) -> None:
    """The files of a machine that is not running."""
    root = scratch / "image"
    netplan = root / "etc/netplan"
    netplan.mkdir(parents=True)
    for name, text in {"00-installer-config": fixtures.INSTALLER, "50-cloud-init": CLOUD}.items():
        (netplan / f"{name}.yaml").write_text(text)
        (netplan / f"{name}.yaml").chmod(0o600)

    say("An image of a machine that gets its address by DHCP, as the installer leaves it.")
    here(["cat", str(netplan / "00-installer-config.yaml")])
    say("A dry run prints every change with its reason, and writes nothing.")
    before = contents(root)
    hostnet(*_OFFLINE, "--root", str(root), "--dry-run")
    prove(contents(root) == before, "the dry run wrote nothing")
    say("The run writes: netplan has checked the result in a scratch copy before.")
    hostnet(*_OFFLINE, "--root", str(root), "--quiet")
    here(["grep", "-rn", ".", str(netplan / "90-hostnet.yaml")])
    cloud = netplan / "50-cloud-init.yaml"
    prove(cloud.read_text() == CLOUD, "the other card's file is as it was")
    say("The same again: there is nothing to do, and nothing is touched.")
    before = contents(root)
    again = hostnet(*_OFFLINE, "--root", str(root))
    prove("already so" in again.stdout, "hostnet says so")
    prove(contents(root) == before, "no file was touched")


def hostnet(*argv: str) -> Completed:
    """Run this checkout's hostnet on this machine."""
    return here(["hostnet", *argv], [sys.executable, "-m", "hostnet", *argv])


def here(shown: Sequence[str], argv: Sequence[str] = ()) -> Completed:
    """Run a command on this machine."""

    def run(argv: Sequence[str]) -> Completed:
        done = subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
        )
        return Completed(tuple(argv), done.returncode, done.stdout, "")

    return show("$", shown, run, argv or shown)


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of every file below."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


# --- a running host, as root -----------------------------------------------------------


def show_host(wheel: Path) -> None:
    """The real thing."""
    say(f"A real host ({SUITE}), booted behind a router with DHCP and DNS of its own.")
    with Laboratory() as lab:
        host = lab.host(SUITE, fixtures.installer_dhcp(), name="demo")
        host.install_wheel(wheel)
        leased = host.wait_address()
        inside(host, "ip", "-brief", "-4", "address", "show", "ens33")
        inside(host, "cat", "/etc/netplan/00-installer-config.yaml")
        say("What would change? Gateway and nameserver are taken over from the lease.")
        inside(host, "hostnet", *_LIVE, "--dry-run")
        say("The change is tried in /run, verified, then kept; the old state stays one step away.")
        with host.router.measure_gap(ADDRESS, host.mac("ens33")) as seen:
            inside(host, "hostnet", *_LIVE, "--quiet")
            host.router.wait_reachable(ADDRESS)
        say(f"Once it answered, the new address was silent for {seen.largest_ms:.0f} ms at most.")
        inside(host, "hostnet", "status")
        prove_static(host, leased, "www.example.test")
        say("The same again: nothing to do.")
        again = inside(host, "hostnet", *_LIVE)
        prove("already so" in again.stdout, "hostnet says so")
        say("A reboot. /run is empty then: what counts is in /etc.")
        shown("$", ["systemctl", "reboot"])
        host.run(["systemctl", "reboot"], check=False)
        host.wait_off()
        host.boot()
        prove_static(host, leased, "rebooted.example.test")


def prove_static(host: Host, leased: str, name: str) -> None:
    """By ping from the router, and by a name that only the router knows."""
    host.router.wait_reachable(ADDRESS)
    from_router(host.router, "ping", "-c", "1", ADDRESS)
    inside(host, "getent", "hosts", name)
    prove(host.addresses() == [f"{ADDRESS}/24"], f"{ADDRESS} is the only address")
    prove(not host.router.ping(leased), f"{leased}, the lease, answers no more")
    prove(name in host.router.queries(), f"the router's DNS was asked for {name}")


def inside(host: Host, *argv: str) -> Completed:
    """Run a command on the host, both its streams as a terminal would show them."""
    both = ["sh", "-c", 'exec "$@" 2>&1', "sh"]
    return show("$", argv, lambda argv: host.run([*both, *argv], check=False, timeout=120), argv)


def from_router(router: Router, *argv: str) -> Completed:
    """Run a command on the router."""
    return show("router$", argv, lambda argv: router.run(argv, check=False), argv)


# --- showing ---------------------------------------------------------------------------


def show(
    prompt: str,
    words: Sequence[str],
    run: Callable[[Sequence[str]], Completed],
    argv: Sequence[str],
) -> Completed:
    """Print a command and all it says; one that fails ends the demo."""
    shown(prompt, words)
    done = run(argv)
    print(done.output, end="", flush=True)
    prove(done.returncode == 0, f"`{join(words)}` exits 0, and not {done.returncode}", quiet=True)
    return done


def shown(prompt: str, words: Sequence[str]) -> None:
    """Print a command as one would type it."""
    print(f"{prompt} {join(words)}", flush=True)


def say(text: str) -> None:
    """Explain the next step."""
    print(f"\n== {text}", flush=True)


def prove(true: bool, what: str, *, quiet: bool = False) -> None:  # noqa: FBT001 (a claim)
    """Go on only if it is so."""
    if not true:
        raise NotProved(what)
    if not quiet:
        print(f"   proved: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
