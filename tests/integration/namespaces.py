"""Machines that differ from this one in one thing, as namespaces of its own kernel."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import needs
from tests.integration.cli import Ran, process

BOOTED = """
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
mount -t sysfs sysfs /sys
for folder in /etc/netplan /etc/cni /etc/systemd/network; do
    if [ -d "$folder" ]; then mount -t tmpfs tmpfs "$folder"; fi
done
printf 'network:\\n  version: 2\\n  ethernets:\\n    ens33: {dhcp4: true}\\n' >/etc/netplan/a.yaml
chmod 600 /etc/netplan/a.yaml
ip link add ens33 type veth peer name peer0
ip link set ens33 up
ip link set peer0 up
ip address add 10.0.0.9/24 dev ens33 valid_lft 600 preferred_lft 600
ip route add default via 10.0.0.1 dev ens33
"""
"""As far as anyone can see who only looks, systemd runs this one, and ens33 has a lease."""
NO_SYSTEMD = "mount -t tmpfs tmpfs /run"
NO_NETPLAN = """
for file in /usr/sbin/netplan /usr/lib*/netplan/generate /usr/libexec/netplan/configure; do
    if [ -e "$file" ]; then mount --bind /dev/null "$file"; fi
done
"""
NOT_ADMIN = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
"""Root as in most containers."""
_CODE = """
import sys
from tests.integration.cli import as_nobody
done = as_nobody(*sys.argv[4:])
print(done.out, end="")
print(done.err, end="", file=sys.stderr)
sys.exit(done.code)
"""
AS_NOBODY = (sys.executable, "-c", _CODE)
"""An ordinary user; what follows is `PYTHON -m hostnet`, which it does by itself."""


def run_in(machine: str, *argv: str, behind: tuple[str, ...] = ()) -> Ran:
    """Run hostnet there, with what the script makes of the machine; nothing of it is left."""
    needs.tool("netplan")
    needs.link_kind("veth")
    unshare = (needs.tool("unshare"), "--mount", "--net", "--propagation", "private")
    return process(*argv, before=(*unshare, "sh", "-ec", f'{machine}\nexec "$@"', "sh", *behind))


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A file system of this size; only a process that is gone afterwards has mounted it."""
    needs.root()
    script = f"mount -t tmpfs -o size={size} tmpfs /mnt; echo ready; read -r _ || :"
    holder = subprocess.Popen(
        [needs.tool("unshare"), "--mount", "--propagation", "private", "sh", "-ec", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    try:
        assert holder.stdout.readline() == "ready\n"
        yield Path(f"/proc/{holder.pid}/root/mnt")
    finally:
        holder.communicate()
