"""The machine's limits that booted hosts share with everyone.

A host takes about ten inotify instances, and of the usual 128 for all of root's processes a
dozen hosts leave none. A host without one boots, but its udev and networkd see nothing: it has
no address, or its boot does not end. The kernel lends them to users, not to namespaces, so the
limit is the machine's.
"""

from __future__ import annotations

import sys
from pathlib import Path

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH = 1024
"""What systemd's own sysctl.d sets on machines that it runs."""


def raise_limits() -> None:
    """Raise what is too low for many hosts, and say so; it stays until the machine reboots."""
    now = int(INSTANCES.read_text())
    if now < ENOUGH:
        INSTANCES.write_text(str(ENOUGH))
        print(f"lab: raised {INSTANCES} from {now} to {ENOUGH}", file=sys.stderr)
