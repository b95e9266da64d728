"""What a test needs of the machine it runs on, asked at its start.

A missing thing skips the test and the reason says what would bring it. With CI=true in the
environment it fails instead: there a skip would be a test that nobody ever runs. Only what no
installation can bring, `link_kind`, skips there too.

`python -m tests.needs` prints the missing Debian packages, one a line, for tests/setup.sh.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.lab import MACHINE_PACKAGES

PACKAGE_OF = {
    "dbus-daemon": "dbus",
    "fish": "fish",
    "git": "git",
    "ip": "iproute2",
    "lintian": "lintian",
    "mandoc": "mandoc",
    "mkfs.ext4": "e2fsprogs",
    "netplan": "netplan.io",
    "openssl": "openssl",
    "ping": "iputils-ping",
    "shellcheck": "shellcheck",
    "strace": "strace",
    "unshare": "util-linux",
    "zsh": "zsh",
}
"""Programs that tests run on this machine itself, and the Debian package each is in."""

# An ordinary user's PATH lacks the folders where Debian keeps ip and its like.
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))


def tool(name: str) -> str:
    """Return the path of a program, one of PACKAGE_OF."""
    path = shutil.which(name, path=_PATH)
    require(path, f"{name} is not installed (Debian package {PACKAGE_OF[name]})")
    return path or ""


def root() -> None:
    """Require root: namespaces, booted hosts and the like."""
    require(os.geteuid() == 0, "not root")


def require(found: object, why: str) -> None:
    """Skip the test unless found is true, or fail it under CI; why says what is missing."""
    __tracebackhide__ = True
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"needed, and CI skips nothing: {why}", pytrace=False)
    pytest.skip(why)


def link_kind(kind: str, *options: str) -> None:
    """Require a kind of link (`bond`, `vlan` with `id 5`) of the running kernel, under CI as well.

    The kernel is asked to make one in a network namespace that is gone right after.
    """
    root()
    lines = (
        "link add name below0 type veth peer name below1",
        " ".join(("link add link below0 name probe0 type", kind, *options)),
    )
    done = subprocess.run(
        [tool("unshare"), "--net", tool("ip"), "-batch", "-"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=10,
    )
    if done.returncode != 0:
        pytest.skip(f"this kernel has no {kind} links")


def missing_packages() -> tuple[str, ...]:
    """Name the Debian packages that tests want and this machine lacks."""
    wanted = {*PACKAGE_OF.values(), *MACHINE_PACKAGES}
    if shutil.which("dpkg-query", path=_PATH) is None:
        return tuple(sorted({pkg for name, pkg in PACKAGE_OF.items() if not _has(name)}))
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *sorted(wanted)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    installed = {line.removesuffix(" installed") for line in done.stdout.splitlines()}
    return tuple(sorted(wanted - installed))


def _has(name: str) -> bool:
    return shutil.which(name, path=_PATH) is not None


if __name__ == "__main__":
    for package in missing_packages():
        print(package)
