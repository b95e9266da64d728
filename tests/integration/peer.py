"""A small program that behaves like resolved, networkd and systemd on a private bus.

    python -m tests.integration.peer ADDRESS [BEHAVIOUR]

BEHAVIOUR is a JSON object: `names` (which of them it is), `hang` (methods it never answers),
`die` (methods at which it exits), `refuse` (method to error name), `answer` (property or method
to a [signature, value] that replaces the right one), `queued` (starts stay queued). It says
"ready", and then prints what a transient unit was given, one JSON line each.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import MessageType, RequestNameReply
from dbus_next.message import Message
from dbus_next.signature import Variant

RESOLVED = "org.freedesktop.resolve1"
NETWORKD = "org.freedesktop.network1"
SYSTEMD = "org.freedesktop.systemd1"
LINK = 2
"""The index of the one link that resolved and networkd know."""
STOPPING = 0.3
"""Seconds a unit takes to stop."""

Answer = tuple[str, list[Any]]


class Refused(Exception):
    """An answer that is an error, by its name."""


def ip(text: str, *before: int) -> list[Any]:
    """Spell an address as resolved does: its family, its bytes."""
    address = ip_address(text)
    return [*before, 2 if address.version == 4 else 10, address.packed]


PROPERTIES: dict[str, Variant] = {
    f"{RESOLVED}.Link.DNS": Variant("a(iay)", [ip("10.77.0.9"), ip("fd77::1")]),
    f"{RESOLVED}.Link.Domains": Variant("a(sb)", [["corp.example", False], ["lan", True]]),
    f"{RESOLVED}.Manager.DNS": Variant("a(iiay)", [ip("9.9.9.9", 0), ip("10.77.0.9", LINK)]),
    f"{RESOLVED}.Manager.Domains": Variant(
        "a(isb)", [[0, ".", True], [LINK, "corp.example", False]]
    ),
}
NETWORK_FILE = "/run/systemd/network/10-netplan-ens33.network"
FILE_STATES = {"stopped.service": "enabled", "masked.service": "masked"}


class Peer:
    """The state of the three, and their methods."""

    def __init__(self, bus: MessageBus, behaviour: dict[str, Any]) -> None:
        self.bus = bus
        self.behaviour = behaviour
        self.units = {"masked.service": ["masked", "inactive", "dead", "success", 0]}
        self.methods: dict[str, tuple[str, Callable[..., Answer]]] = {
            "GetLink": ("i", self.get_link),
            "GetLinkByIndex": ("i", self.get_link_by_index),
            "Describe": ("", self.describe),
            "Get": ("ss", self.get),
            "GetUnit": ("s", self.get_unit),
            "GetUnitFileState": ("s", self.get_unit_file_state),
            "StartTransientUnit": ("ssa(sv)a(sa(sv))", self.start_transient_unit),
            "StopUnit": ("ss", self.stop_unit),
            "ResetFailedUnit": ("s", self.reset_failed_unit),
        }

    def hear(self, message: Message) -> bool | Message:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        member = message.member
        if member in self.behaviour.get("die", ()):
            sys.exit(0)
        if member in self.behaviour.get("hang", ()):
            return True
        try:
            if name := self.behaviour.get("refuse", {}).get(member):
                raise Refused(name)
            signature, method = self.methods[member]
            if message.signature != signature:
                raise Refused("org.freedesktop.DBus.Error.InvalidArgs")
            answer = method(message.path, *message.body)
        except Refused as error:
            return Message.new_error(message, str(error), "as was asked for")
        if replaced := self.behaviour.get("answer", {}).get(member):
            answer = replaced[0], [replaced[1]]
        return Message.new_method_return(message, *answer)

    # --- resolved and networkd

    def get_link(self, _: str, index: int) -> Answer:
        if index != LINK:
            raise Refused(f"{RESOLVED}.NoSuchLink")
        return "o", [f"/org/freedesktop/resolve1/link/_3{index}"]

    def get_link_by_index(self, _: str, index: int) -> Answer:
        if index != LINK:
            raise Refused(f"{RESOLVED}.NoSuchLink")
        return "so", ["ens33", f"/org/freedesktop/network1/link/_3{index}"]

    def describe(self, _: str) -> Answer:
        return "s", [json.dumps({"Index": LINK, "NetworkFile": NETWORK_FILE})]

    def get(self, path: str, interface: str, name: str) -> Answer:
        if replaced := self.behaviour.get("answer", {}).get(name):
            return "v", [Variant(*replaced)]
        if not interface.startswith(SYSTEMD):
            return "v", [PROPERTIES[f"{interface}.{name}"]]
        unit = next((unit for known, unit in self.units.items() if path == path_of(known)), None)
        if unit is None:
            raise Refused("org.freedesktop.DBus.Error.UnknownObject")
        load, active, sub, result, job = unit
        values = {"LoadState": load, "ActiveState": active, "SubState": sub, "Result": result}
        if name == "Job":
            return "v", [Variant("(uo)", [job, "/"])]
        return "v", [Variant("s", values[name])]

    # --- systemd

    def get_unit(self, _: str, name: str) -> Answer:
        self.known(name)
        return "o", [path_of(name)]

    def get_unit_file_state(self, _: str, name: str) -> Answer:
        if name in self.units and name not in FILE_STATES:
            return "s", ["transient"]
        if name not in FILE_STATES:
            raise Refused("org.freedesktop.DBus.Error.FileNotFound")
        return "s", [FILE_STATES[name]]

    def start_transient_unit(
        self, _: str, name: str, mode: str, properties: list[Any], others: list[Any]
    ) -> Answer:
        if name in self.units:
            raise Refused(f"{SYSTEMD}.UnitExists")
        told = {key: [value.signature, value.value] for key, value in properties}
        print(json.dumps([name, mode, told, others]), flush=True)
        if self.behaviour.get("queued"):
            self.units[name] = ["loaded", "inactive", "dead", "success", 7]
        else:
            self.units[name] = ["loaded", "active", "running", "success", 0]
        return "o", ["/org/freedesktop/systemd1/job/7"]

    def stop_unit(self, _: str, name: str, mode: str) -> Answer:
        assert mode == "replace"
        self.known(name)[1:3] = ["deactivating", "stop-post"]
        asyncio.get_running_loop().call_later(STOPPING, self.units.pop, name)
        return "o", ["/org/freedesktop/systemd1/job/8"]

    def reset_failed_unit(self, _: str, name: str) -> Answer:
        self.known(name)[3] = "success"
        return "", []

    def known(self, name: str) -> list[Any]:
        if name not in self.units:
            raise Refused(f"{SYSTEMD}.NoSuchUnit")
        return self.units[name]


def path_of(unit: str) -> str:
    """Name the object of a unit."""
    escaped = "".join(letter if letter.isalnum() else f"_{ord(letter):02x}" for letter in unit)
    return f"/org/freedesktop/systemd1/unit/{escaped}"


async def main(address: str, behaviour: dict[str, Any]) -> None:
    """Be there until the bus is not."""
    bus = MessageBus(address)
    peer = Peer(bus, behaviour)
    bus.add_message_handler(peer.hear)
    await bus.connect()
    for name in behaviour.get("names", (RESOLVED, NETWORKD, SYSTEMD)):
        assert await bus.request_name(name) is RequestNameReply.PRIMARY_OWNER
    print("ready", flush=True)
    with suppress(EOFError):  # the bus was killed
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}))
