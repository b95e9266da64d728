"""What udev still has to name, waited for."""

from __future__ import annotations

from hostnet.host.command import CommandError, run


def settle(seconds: float, *, unless: str | None = None) -> None:
    """Let udev end with what the kernel has found so far, or have made the path ``unless``.

    It gets so many seconds (udevadm(8), settle); what is missing then is told of by whoever
    looks for it.
    """
    found = [f"--exit-if-exists={unless}"] if unless else []
    try:
        run(["udevadm", "settle", f"--timeout={seconds:.0f}", *found], timeout=seconds + 1)
    except CommandError:
        return
