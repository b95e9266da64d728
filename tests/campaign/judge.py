"""What is left of a host after a change: exactly the old state, exactly the new one, or neither."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.campaign.changes import Change
from tests.campaign.watch import answers
from tests.e2e.steps import Configuration, Running, configuration
from tests.lab.errors import CommandFailed
from tests.lab.host import Host

UNDONE, COMPLETED = "undone", "completed"
File = tuple[str, int, tuple[int, int], bytes]
_UNKNOWN = "nobody can be asked"
_EVERY = 0.2


@dataclass(frozen=True)
class Look:
    """One look at a host; `state` is UNDONE, COMPLETED, or None for neither."""

    state: str | None
    found: Configuration
    reachable: bool
    status: str
    clean: bool

    @property
    def tells(self) -> bool:
        """Whether `hostnet status` says what to do."""
        return "hostnet recover" in self.status


class Judge:
    """Knows both states a host may be in, and tells which one it is in."""

    def __init__(self, host: Host, change: Change, address: str) -> None:
        self._host = host
        self._change = change
        self._address = address
        self.before = configuration(host)
        self._after: Configuration | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The old ones and the new one, without their prefix."""
        old = (each.partition("/")[0] for each in self.before.addresses)
        return tuple(dict.fromkeys((*old, self._address)))

    def learn(self, running: Running) -> None:
        """Take from the journal which files the change shall leave, once it is there."""
        files = None
        # Once is enough: after a power cut it may be gone, or worse.
        if self._after is None:
            files = _planned(running.journal, self.before.files)
        if files is not None:
            link, colon, _ = self.before.nameservers.partition(": ")
            self._after = Configuration(
                files,
                (f"{self._address}/24",),
                (f"{self._change.gateway} static",),
                f"{link}{colon}{self._change.dns}\n",
            )

    def look(self, within: float) -> Look:
        """Look until the host is in one of its states, is reachable, and has nothing to say."""
        deadline = time.monotonic() + within
        while True:
            found = self._found()
            state = self._state(found)
            reachable = self._reachable(state)
            if (state and reachable) or time.monotonic() > deadline:
                done = self._host.run(["hostnet", "status", "--exit-code"], check=False)
                return Look(state, found, reachable, done.output, done.returncode == 0)
            time.sleep(_EVERY)

    def explain(self, found: Configuration) -> str:
        """What keeps the host from being in either state."""
        lines = []
        for name, wanted in (("before", self.before), ("after", self._after)):
            if wanted is not None:
                lines += [f"not as {name}: {line}" for line in _difference(found, wanted)]
        return "\n".join(lines)

    def _state(self, found: Configuration) -> str | None:
        for state, wanted in ((UNDONE, self.before), (COMPLETED, self._after)):
            if wanted is None:
                continue
            if found.nameservers == _UNKNOWN:
                wanted = replace(wanted, nameservers=_UNKNOWN)
            if found == wanted:
                return state
        return None

    def _reachable(self, state: str | None) -> bool:
        """From beyond the gateway, unless the host was given one that does not exist."""
        router = self._host.router
        if state == UNDONE:
            return answers(router, self.addresses[0])
        if state == COMPLETED:
            return answers(router, self._address, beyond=self._change.works)
        return any(answers(router, address, beyond=False) for address in self.addresses)

    def _found(self) -> Configuration:
        try:
            return configuration(self._host)
        except CommandFailed:  # resolvectl needs the bus
            return configuration(self._host, nameservers=lambda: _UNKNOWN)


def _planned(journal: Path | None, before: Mapping[str, File]) -> dict[str, File] | None:
    if journal is None or not (journal / "state").exists():
        return None
    try:
        plan = json.loads((journal / "plan.json").read_text())
    except ValueError:  # a power cut before it was synced: then nothing may have been done yet
        return None
    files = dict(before)
    for op in plan["promotion"]:
        if op["op"] == "write":
            image = op["after"]
            files.pop(op["path"], None)
            if image["kind"] != "absent":
                data = (journal / image["bytes"]).read_bytes()
                files[op["path"]] = (
                    image["kind"],
                    image["mode"],
                    (image["uid"], image["gid"]),
                    data,
                )
    return files


def _difference(found: Configuration, wanted: Configuration) -> list[str]:
    lines = [
        f"{path} is {_brief(found.files.get(path))}, not {_brief(wanted.files.get(path))}"
        for path in sorted({*found.files, *wanted.files})
        if found.files.get(path) != wanted.files.get(path)
    ]
    for name in ("addresses", "default_routes", "nameservers"):
        have, want = getattr(found, name), getattr(wanted, name)
        if have != want:
            lines.append(f"{name} {have!r}, not {want!r}")
    return lines


def _brief(file: File | None) -> str:
    if file is None:
        return "absent"
    kind, mode, (uid, gid), data = file
    return f"{kind} {mode:04o} {uid}:{gid} {len(data)} bytes"
