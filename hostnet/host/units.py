"""What hostnet asks of systemd: the state of a unit, and a service that undoes what it left."""

from __future__ import annotations

import time
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

from hostnet.errors import Busy, Unsuitable
from hostnet.host.calls import ERROR, BusError, Calls, NoAnswer, NotRunning, Typed, Unreachable
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_POLL = 0.1
"""Between two looks at a unit: unseen by a human, and little to PID 1 (a look is 1 ms)."""

_JOB_POLL = 0.01
"""While a job is awaited, and lookups with it: a reload takes 15 ms."""

_SYSTEMD = "org.freedesktop.systemd1"
_NO_UNIT = f"{_SYSTEMD}.NoSuchUnit"
_NO_UNIT_FILE = (_NO_UNIT, f"{ERROR}.FileNotFound")
_CHANGED_BY_RELOAD = frozenset("$;")
_PROPERTIES: dict[str, tuple[str, object]] = {
    "LoadState": ("s", ""),
    "ActiveState": ("s", "inactive"),
    "SubState": ("s", "dead"),
    "Result": ("s", ""),
    "Job": ("(uo)", (0, "/")),
}
"""Of each its signature, and what it is for a unit that is not loaded."""


class UnitState(Value):
    """What systemd says of a unit, in its words; ``load`` is "" if it is not loaded.

    A stopped unit that nothing refers to is not loaded, though its file exists; whether
    it does, ``file_state`` says ("" if not; "masked", "enabled", "transient", ...).
    ``result`` is how a service ended ("success", "signal", "timeout", ...).
    """

    load: str = ""
    active: str = "inactive"
    sub: str = "dead"
    result: str = ""
    file_state: str = ""


class Units(Calls):
    """The questions and the orders."""

    def unit_state(self, name: str) -> UnitState:
        """How a unit is, without loading it."""
        try:
            (file_state,) = self._systemd("GetUnitFileState", "s", name)
        except BusError as error:
            if error.name not in _NO_UNIT_FILE:
                raise
            file_state = ""
        path = self._unit(name)
        if path is None:
            return UnitState(file_state=file_state)
        return UnitState(
            load=self._of_unit(path, "LoadState"),
            active=self._of_unit(path, "ActiveState"),
            sub=self._of_unit(path, "SubState"),
            result=self._of_unit(path, "Result", "Service") if name.endswith(".service") else "",
            file_state=file_state,
        )

    def start_transient_service(
        self,
        name: str,
        *,
        description: str,
        exec_start: Sequence[str],
        exec_stop_post: Sequence[str] = (),
        runtime_max: float,
        timeout_stop: float,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Have systemd start a service that exists in its memory and /run only.

        ``exec_stop_post`` runs however the main process ends: by itself, by SIGKILL, or
        because ``runtime_max`` seconds are over; it has ``timeout_stop`` seconds, as has
        what the main process left behind to end. Programs are absolute paths. The unit is
        gone once both have ended, failed or not. Returns at once, before the program
        runs: see `unit_state` and `wait_unit_gone`.

        Raises Busy if there is a unit of this name, Unsuitable for a $ or ; in an argument.
        """
        properties = {
            "Description": Typed("s", description),
            # Not oneshot: it is never "running", and RuntimeMaxSec= does not apply to it.
            "Type": Typed("s", "exec"),
            "ExecStart": _commands(exec_start),
            "ExecStopPost": _commands(exec_stop_post),
            "RuntimeMaxUSec": _microseconds(runtime_max),
            "TimeoutStopUSec": _microseconds(timeout_stop),
            "CollectMode": Typed("s", "inactive-or-failed"),
            "DefaultDependencies": Typed("b", value=False),
            # All processes get SIGTERM: `netplan apply` must have ended when the undo begins.
            "KillMode": Typed("s", "control-group"),
            # It may ask to be watched (host/watchdog.py); a stopped process ends by KILL alone.
            "NotifyAccess": Typed("s", "main"),
            "WatchdogSignal": Typed("i", int(SIGKILL)),
            "StandardOutput": Typed("s", "journal"),
            "StandardError": Typed("s", "journal"),
            "WorkingDirectory": Typed("s", "/"),
            "Environment": Typed("as", [f"{k}={v}" for k, v in (environment or {}).items()]),
        }
        pairs = Typed("a(sv)", [[key, value] for key, value in properties.items()])
        try:
            self._systemd("StartTransientUnit", "o", name, "fail", pairs, Typed("a(sa(sv))", []))
        except BusError as error:
            if error.name == f"{_SYSTEMD}.UnitExists":
                raise Busy(f"{name} is already there", error.why) from None
            raise

    def stop_unit(self, name: str) -> None:
        """Begin to stop a unit (see `wait_unit_gone`); nothing if it is not loaded."""
        self._unless_unknown("StopUnit", "o", name, "replace")

    def reset_failed_unit(self, name: str) -> None:
        """Forget that a unit failed, and how often it started; nothing if not loaded."""
        self._unless_unknown("ResetFailedUnit", "", name)

    def reread_units(self) -> None:
        """Have systemd read all unit files anew (systemctl(1), daemon-reload)."""
        self._systemd("Reload", "")

    def reload_or_restart_unit(self, name: str, timeout: float) -> bool:
        """Have a unit run with its files read anew, and wait until it does; False if it fails.

        One that can reload keeps its process (systemctl(1), reload-or-restart).
        """
        return self._job("ReloadOrRestartUnit", name, timeout) == "active"

    def stop_unit_at_once(self, name: str, timeout: float) -> bool:
        """Stop a unit and wait until it has; False if it has not in time."""
        return self._job("StopUnit", name, timeout) in ("inactive", "failed")

    def _job(self, member: str, name: str, timeout: float) -> str:
        """The state that the unit has once its job has ended."""
        end = time.monotonic() + timeout
        begun = self._unless_unknown(member, "o", name, "replace")
        if not begun and member == "StopUnit":
            return "inactive"  # not loaded
        while True:
            path = self._unit(name)
            if path is None:
                return "inactive"
            number, _ = self._of_unit(path, "Job")
            state: str = self._of_unit(path, "ActiveState")
            if number == 0 or time.monotonic() >= end:
                return state if number == 0 else "waiting"
            time.sleep(_JOB_POLL)

    def wait_unit_gone(self, name: str, timeout: float) -> bool:
        """Wait until a unit is no more loaded, or neither runs nor starts nor stops.

        False if it still does after ``timeout`` seconds. A bus that restarts meanwhile is
        waited for as well, and so is systemd until it is on it again.
        """
        end = time.monotonic() + timeout
        while True:
            try:
                if self._is_gone(name):
                    return True
            except (Unreachable, NotRunning, NoAnswer):
                if time.monotonic() >= end:
                    raise
            if time.monotonic() >= end:
                return False
            time.sleep(_POLL)

    def _is_gone(self, name: str) -> bool:
        path = self._unit(name)
        if path is None:
            return True
        if self._of_unit(path, "ActiveState") not in ("inactive", "failed"):
            return False
        # One whose start is still queued is inactive as well.
        number, _ = self._of_unit(path, "Job")
        return bool(number == 0)

    def _unit(self, name: str) -> str | None:
        """The object of a unit that is loaded."""
        found = self._unless_unknown("GetUnit", "o", name)
        return found[0] if found else None

    def _of_unit(self, path: str, name: str, kind: str = "Unit") -> Any:  # noqa: ANN401 (by signature)
        signature, gone = _PROPERTIES[name]
        try:
            return self.property_of(_SYSTEMD, path, f"{_SYSTEMD}.{kind}", name, signature)
        except BusError as error:
            if error.name == f"{ERROR}.UnknownObject":
                return gone  # collected since GetUnit
            raise

    def _unless_unknown(self, member: str, answer: str, *arguments: str) -> tuple[Any, ...]:
        try:
            return self._systemd(member, answer, *arguments)
        except BusError as error:
            if error.name == _NO_UNIT:
                return ()
            raise

    def _systemd(self, member: str, answer: str, *arguments: str | Typed) -> tuple[Any, ...]:
        typed = (Typed("s", text) if isinstance(text, str) else text for text in arguments)
        return self.call(_SYSTEMD, f"{_SYSTEMD}.Manager", member, answer, *typed)


def _commands(argv: Sequence[str]) -> Typed:
    """A list of one command, or none, for ExecStart= and the like.

    systemd also writes the unit into /run, and at the next daemon-reload (`netplan apply`
    causes one) that text is what counts. Seen there: $$ becomes $$$$ (257, 262), so a $
    cannot be escaped for both; a ; becomes an unknown escape (252); and ExecStopPostEx,
    which could say "no-env-expand", an unknown key (252): then nothing would undo.
    """
    for argument in argv:
        if not _CHANGED_BY_RELOAD.isdisjoint(argument):
            raise Unsuitable("systemd cannot keep an argument with $ or ;", argument)
    return Typed("a(sasb)", [[argv[0], list(argv), False]] if argv else [])


def _microseconds(seconds: float) -> Typed:
    return Typed("t", round(seconds * 1_000_000))
