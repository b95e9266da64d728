"""What is on disk before the first effect, so that a crash can be undone or redone.

One folder a transaction, `/var/lib/hostnet/journal/<time>-<token>/`, for root alone::

    plan.json   the ops in their order, with kind, mode and owner of every image
    before/N    the bytes of write number N's before-image
    after/N     the bytes of its after-image
    state       one word: the last mark that was made

Marks: ``prepared`` (nothing done yet), ``trial``, ``promoting`` (from here on recovery
goes forward), ``committed``, ``undoing``, ``undone``, ``stranded``.
"""

from __future__ import annotations

import json
from enum import Enum
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from hostnet.change import Apply, Change, Expectation, ExpectedRoute, Op, Verify, Write
from hostnet.errors import HostnetError
from hostnet.model import ABSENT, Image, Kind
from hostnet.plan import Plan

if TYPE_CHECKING:
    from hostnet.host.files import Files

FOLDER = "/var/lib/hostnet/journal"
FORMAT = 1
"""Of plan.json; a journal of another format is not touched, but reported."""
_MODE = 0o600
_FOLDER_MODE = 0o700


class State(Enum):
    """How far a transaction came."""

    PREPARED = "prepared"
    TRIAL = "trial"
    PROMOTING = "promoting"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    STRANDED = "stranded"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (State.COMMITTED, State.UNDONE, State.STRANDED)


class Journal:
    """The folder of one transaction."""

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self.folder = folder

    @classmethod
    def create(cls, files: Files, name: str, plan: Plan) -> Journal:
        """Write all of it, synced to disk; only then may the first effect happen."""
        journal = cls(files, f"{FOLDER}/{name}")
        blobs: dict[str, bytes] = {}
        data = {
            "format": FORMAT,
            "subject": plan.subject,
            "reasons": list(plan.reasons),
            "before": _expectation_to(plan.before) if plan.before else None,
            "trial": [_op_to(op, blobs) for op in plan.trial],
            "promotion": [_op_to(op, blobs) for op in plan.promotion],
        }
        files.make_folders(journal.folder, _FOLDER_MODE)
        blobs["plan.json"] = json.dumps(data, indent=1).encode()
        blobs["state"] = State.PREPARED.value.encode()
        files.commit([journal._new(blob, content) for blob, content in blobs.items()])
        return journal

    def _new(self, name: str, data: bytes) -> Change:
        uid, gid = self._files.owner
        after = Image(Kind.FILE, data, _MODE, uid, gid)
        return Change(f"{self.folder}/{name}", ABSENT, after, "journal")

    def plan(self) -> Plan:
        """The plan as it was when the transaction began. Raises HostnetError."""
        data = json.loads(self._read("plan.json"))
        if data.get("format") != FORMAT:
            raise HostnetError(
                f"{self.folder} was written by another version of hostnet",
                f"format {data.get('format')!r}, this one reads {FORMAT}",
            )
        before = data["before"]
        return Plan(
            data["subject"],
            trial=tuple(self._op_from(op) for op in data["trial"]),
            promotion=tuple(self._op_from(op) for op in data["promotion"]),
            before=_expectation_from(before) if before else None,
            reasons=tuple(data["reasons"]),
        )

    @property
    def is_whole(self) -> bool:
        """Whether its creation was completed; else nothing was ever done."""
        return bool(self._read("state"))

    @property
    def state(self) -> State:
        """The last mark."""
        return State(self._read("state").decode())

    def mark(self, state: State) -> None:
        """Make a mark that a crash cannot take back: synced before this returns."""
        self._put("state", state.value.encode())

    def keep(self, name: str, error: HostnetError) -> None:
        """Keep an error (``failure``, ``stranded``); of several the first counts."""
        if not self._read(f"{name}.json"):
            words = {"what": error.what, "why": error.why, "remedy": error.remedy}
            self._put(f"{name}.json", json.dumps(words).encode())

    def kept(self, name: str) -> HostnetError | None:
        """The error of this name, if there was one."""
        data = self._read(f"{name}.json")
        if not data:
            return None
        words = json.loads(data)
        return HostnetError(words["what"], words["why"], words["remedy"])

    def tell(self, message: str) -> None:
        """Add a line to what the watching command line shows."""
        self._put("progress", self._read("progress") + message.encode() + b"\n")

    def told(self) -> tuple[str, ...]:
        """All lines so far."""
        return tuple(self._read("progress").decode().splitlines())

    def _put(self, name: str, data: bytes) -> None:
        path = f"{self.folder}/{name}"
        new = self._new(name, data)
        self._files.commit([Change(path, self._files.image(path), new.after, "journal")])

    def _read(self, name: str) -> bytes:
        return self._files.read(f"{self.folder}/{name}").data

    def _op_from(self, data: dict[str, Any]) -> Op:
        if data["op"] == "apply":
            return Apply()
        if data["op"] == "verify":
            return Verify(_expectation_from(data["expectation"]))
        return Write(
            Change(
                data["path"],
                self._image_from(data["before"]),
                self._image_from(data["after"]),
                data["reason"],
            )
        )

    def _image_from(self, data: dict[str, Any]) -> Image:
        blob = data["bytes"]
        content = self._read(blob) if blob else b""
        return Image(Kind(data["kind"]), content, data["mode"], data["uid"], data["gid"])


def _op_to(op: Op, blobs: dict[str, bytes]) -> dict[str, Any]:
    match op:
        case Apply():
            return {"op": "apply"}
        case Verify(expectation):
            return {"op": "verify", "expectation": _expectation_to(expectation)}
        case Write(change):
            number = sum(name.startswith("before/") for name in blobs)
            return {
                "op": "write",
                "path": change.path,
                "reason": change.reason,
                "before": _image_to(change.before, f"before/{number}", blobs),
                "after": _image_to(change.after, f"after/{number}", blobs),
            }


def _image_to(image: Image, name: str, blobs: dict[str, bytes]) -> dict[str, Any]:
    blobs[name] = image.data
    return {
        "kind": image.kind.value,
        "mode": image.mode,
        "uid": image.uid,
        "gid": image.gid,
        "bytes": name,
    }


def _expectation_to(expected: Expectation) -> dict[str, Any]:
    def texts(values: tuple[object, ...] | None) -> list[str] | None:
        return None if values is None else [str(value) for value in values]

    return {
        "link": expected.link,
        "addresses": texts(expected.addresses),
        "absent": texts(expected.absent),
        "routes": [
            [str(route.to), str(route.via) if route.via else None, route.metric]
            for route in expected.routes
        ],
        "nameservers": texts(expected.nameservers),
        "search": texts(expected.search),
        "mtu": expected.mtu,
        "network_file": expected.network_file,
    }


def _expectation_from(data: dict[str, Any]) -> Expectation:
    servers, search = data["nameservers"], data["search"]
    return Expectation(
        data["link"],
        tuple(ip_interface(text) for text in data["addresses"]),
        tuple(ip_address(text) for text in data["absent"]),
        tuple(
            ExpectedRoute(ip_network(to), ip_address(via) if via else None, metric)
            for to, via, metric in data["routes"]
        ),
        None if servers is None else tuple(ip_address(text) for text in servers),
        None if search is None else tuple(search),
        data["mtu"],
        data["network_file"],
    )
