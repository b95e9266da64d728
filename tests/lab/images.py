"""The trees hosts are booted from: one for each suite, made by mmdebstrap and kept in the cache.

cloud-init is installed everywhere, as on every Ubuntu server, and switched off by
/etc/cloud/cloud-init.disabled; a host that wants it removes that file. That halves building
time and disk, and a host without cloud-init pays only a generator that looks at one file.
What only few hosts need and takes much room (CONTAINERS) is in images of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import cache, sources, strangers
from tests.lab.errors import LabError

PACKAGES = (
    # a host as the installer leaves it; libnss-resolve is a package of its own, and Ubuntu has it
    *("systemd", "systemd-sysv", "dbus", "udev", "netplan.io", "systemd-resolved"),
    *("libnss-resolve", "iproute2", "iputils-ping", "procps", "cloud-init", "openssh-server"),
    *("libpam-systemd", "sudo"),
    # what hostnet depends on
    *("python3", "python3-click", "python3-jinja2", "python3-ruamel.yaml", "python3-dbus-next"),
    "python3-dnspython",
)
CONTAINERS = (
    *("containernetworking-plugins", "docker.io", "iptables", "nftables", "keepalived"),
    "busybox-static",
)
"""What a host `with_containers` has beside: a node's own programs, and what to make pods of."""
_ONLY_SINCE_TRIXIE = ("docker-cli",)
"""It was a part of docker.io before."""

_QUIET = (
    "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer "
    "e2scrub_reap.service fstrim.timer man-db.timer systemd-tmpfiles-clean.timer "
    "console-getty.service getty.target"
)
_COLDPLUG = (
    "[Service]\\nExecStart=\\n"
    "ExecStart=-udevadm trigger --type=devices --action=add --subsystem-match=net\\n"
)
CUSTOMISE = (
    # Ubuntu's state: both daemons enabled, resolv.conf a link to the stub
    'chroot "$1" systemctl --quiet enable systemd-networkd.service systemd-resolved.service',
    'ln -sfn ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"',
    # nothing that wakes up by itself may run beside a test; sshd is started by those who need it
    f'chroot "$1" systemctl --quiet mask {_QUIET}',
    'chroot "$1" systemctl --quiet disable ssh.service',
    'touch "$1/etc/cloud/cloud-init.disabled"',
    # systemd's own file would run DHCP on a host0 that no test asked for
    'ln -s /dev/null "$1/etc/systemd/network/80-container-host0.network"',
    # coldplug the cards only: /sys shows the machine's own devices too, and every event a host
    # triggers for one of those goes to all other hosts as well
    'install -d "$1/etc/systemd/system/systemd-udev-trigger.service.d"',
    f"printf '{_COLDPLUG}' > \"$1/etc/systemd/system/systemd-udev-trigger.service.d/10-lab.conf\"",
    *strangers.FETCH,
    # what systemd does once after an upgrade of /usr counts as done: ldconfig, journal catalogue
    'touch "$1/etc/.updated" "$1/var/.updated"',
    'rm -f "$1/etc/hostname" "$1/etc/machine-id" "$1/var/lib/dbus/machine-id"',
)
_SERVICES = "docker.service docker.socket containerd.service keepalived.service nftables.service"
"""Of CONTAINERS: whoever wants one starts it."""
_MMDEBSTRAP = (
    *("mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"),
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    # sid's Release file is short-lived, and a mirror may lag behind
    '--aptopt=Acquire::Check-Valid-Until "false"',
)


def key(suite: str, *, containers: bool = False) -> str:
    """Name an image by what it is made from, so that a changed recipe never meets an old tree."""
    parts = (*_packages(suite, containers), *_customise(containers))
    recipe = "\0".join((suite, *parts, *_MMDEBSTRAP))
    return f"{suite}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def image(suite: str, *, containers: bool = False) -> Path:
    """Return the unpacked tree of a suite, building it first where the cache has none.

    The tree is read-only by agreement: hosts lay an overlay over it. Parallel callers build once
    (flock), and both tar and tree get their name by a rename only when complete.
    """
    images = cache.folder("images")
    tree = images / key(suite, containers=containers)
    if tree.is_dir():
        return tree
    with _locked(images / f"{suite}.lock"):
        if not tree.is_dir():
            tar = tree.with_name(f"{tree.name}.tar")
            if not tar.is_file():
                _build(suite, containers, tar)
            _unpack(tar, tree)
    return tree


def _packages(suite: str, containers: bool) -> tuple[str, ...]:  # noqa: FBT001
    if not containers:
        return PACKAGES
    return (*PACKAGES, *CONTAINERS, *(() if suite == "bookworm" else _ONLY_SINCE_TRIXIE))


def _customise(containers: bool) -> tuple[str, ...]:  # noqa: FBT001
    if not containers:
        return CUSTOMISE
    return (*CUSTOMISE, f'chroot "$1" systemctl --quiet disable {_SERVICES} || true')


def _build(suite: str, containers: bool, tar: Path) -> None:  # noqa: FBT001
    say(f"building the image {tar.name} (about half a minute)")
    unfinished = tar.with_name(f".{tar.name}.unfinished")
    argv = [*_MMDEBSTRAP, f"--include={','.join(_packages(suite, containers))}"]
    argv += [f"--aptopt={option}" for option in sources.apt_options()]
    argv += [f"--customize-hook={line}" for line in _customise(containers)]
    argv += [suite, str(unfinished)]
    if address := sources.mirror():
        argv.append(address)
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise LabError(f"mmdebstrap cannot make {suite}:\n{done.stderr or done.stdout}")
    unfinished.rename(tar)


def _unpack(tar: Path, tree: Path) -> None:
    say(f"unpacking {tar.name}")
    unfinished = tree.with_name(f".{tree.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # ours alone: the lock is held
    unfinished.mkdir(mode=0o755)
    argv = ["tar", "--extract", "--numeric-owner", "--xattrs", "--xattrs-include=*"]
    argv += ["--directory", str(unfinished), "--file", str(tar)]
    subprocess.run(argv, check=True)
    os.chmod(unfinished, 0o755)
    unfinished.rename(tree)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(message: str) -> None:
    """Tell the developer what takes so long."""
    print(f"lab: {message}", file=sys.stderr, flush=True)
