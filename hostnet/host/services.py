"""Services brought to be as they shall: their jobs awaited, their start limits forgotten.

A change asks over D-Bus, which tells how a job ended. An undo, and a boot, ask by systemctl,
which as root reaches systemd by its own socket: there may be no bus then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.host.command import run

if TYPE_CHECKING:
    from hostnet.ops import Wish


class NotBrought(HostnetError):
    """The unit did not become as wished."""

    exit_code = 6


def reread() -> None:
    """systemd reads its unit files anew. Raises BusError."""
    from hostnet.host.bus import Bus

    with Bus() as bus:
        bus.reread_units()


def bring(unit: str, wish: Wish, timeout: float) -> None:
    """The unit becomes as wished, however often it was started lately.

    Raises NotBrought, BusError.
    """
    from hostnet.host.bus import Bus

    with Bus() as bus:
        # Else the sixth start in ten seconds is refused, for good (systemd.unit(5)).
        bus.reset_failed_unit(unit)
        if wish == "stopped":
            done = bus.stop_unit_at_once(unit, timeout)
        else:
            done = bus.reload_or_restart_unit(unit, timeout)
    if not done:
        what = "run with its files read anew" if wish == "fresh" else "stop"
        raise NotBrought(f"{unit} does not {what}", f"see journalctl -u {unit}")


def reread_without_bus(timeout: float) -> None:
    """As `reread`. Raises CommandError."""
    run(["systemctl", "daemon-reload"], timeout=timeout)


def bring_without_bus(unit: str, wish: Wish, timeout: float, *, wait: bool = True) -> None:
    """As `bring`; without ``wait``, for a boot that waits for us, its job is only queued.

    Raises CommandError.
    """
    run(["systemctl", "reset-failed", unit], timeout=timeout, accept=None)
    verb = "reload-or-restart" if wish == "fresh" else "stop"
    block = [] if wait else ["--no-block"]
    run(["systemctl", *block, verb, unit], timeout=timeout)
