"""What a pin changed, kept until it is taken away: every file as it was, and resolved.

Kept in a file of its own, since journals are cleared in time, and since below another root
there is none. A pin is laid on the host as it was before any pin, so the first images stay.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from hostnet.dns.pin import Pin
from hostnet.dns.server import servers_of
from hostnet.errors import Unsuitable
from hostnet.model import ABSENT, Image, Kind
from hostnet.plan import PINNED
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.dns.facts import Service

MODE = 0o600
"""netplan's files may hold secrets."""
_VERSION = 1


class Kept(Value):
    """A file as it was before the pin, and as the pin left it."""

    path: str
    before: Image
    after: Image


class Pinned(Value):
    """All that the pin changed. ``resolved`` is how the service was."""

    files: tuple[Kept, ...]
    resolved: Service
    sockets: tuple[str, ...] = ()
    """resolved's sockets that listened."""
    wish: Pin = Pin()
    """The pin as it was laid: its mode, servers and domains."""
    conf: Image = ABSENT
    """/etc/resolv.conf as the pin left it."""
    seen: tuple[tuple[str, Image], ...] = ()
    """Strangers' files that resolved reads, as they are known to be."""


def to_bytes(pinned: Pinned) -> bytes:
    """The content of the file."""
    data = {
        "version": _VERSION,
        "resolved": pinned.resolved,
        "sockets": list(pinned.sockets),
        "wish": _wish_to(pinned.wish),
        "conf": _to(pinned.conf),
        "seen": [{"path": path, "image": _to(image)} for path, image in pinned.seen],
        "files": [
            {"path": kept.path, "before": _to(kept.before), "after": _to(kept.after)}
            for kept in pinned.files
        ],
    }
    return json.dumps(data, indent=1).encode() + b"\n"


def from_bytes(data: bytes) -> Pinned:
    """What the content says. Raises Unsuitable for any other."""
    try:
        found = json.loads(data)
        if found["version"] != _VERSION:
            raise ValueError(f"version {found['version']!r}")
        files = tuple(
            Kept(str(each["path"]), _from(each["before"]), _from(each["after"]))
            for each in found["files"]
        )
        return Pinned(
            files,
            found["resolved"],
            tuple(map(str, found["sockets"])),
            _wish_from(found["wish"]),
            _from(found["conf"]),
            tuple((str(each["path"]), _from(each["image"])) for each in found["seen"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Unsuitable(
            f"{PINNED} cannot be understood",
            f"what was before the pin stands there ({error})",
            "Restore the file from a backup, or remove it: then what is now counts as before.",
        ) from None


def _wish_to(pin: Pin) -> dict[str, Any]:
    return {
        "servers": [str(server) for server in pin.servers or ()],
        "search": list(pin.search or ()),
        "mode": pin.mode,
        "strict": pin.strict,
        "repoint_kubelet": pin.repoint_kubelet,
    }


def _wish_from(data: dict[str, Any]) -> Pin:
    return Pin(
        servers_of(data["servers"]) or None,
        tuple(map(str, data["search"])) or None,
        data["mode"],
        bool(data["strict"]),
        bool(data["repoint_kubelet"]),
    )


def _to(image: Image) -> dict[str, Any]:
    return {
        "kind": image.kind.value,
        "data": b64encode(image.data).decode(),
        "mode": image.mode,
        "uid": image.uid,
        "gid": image.gid,
    }


def _from(data: dict[str, Any]) -> Image:
    numbers = (int(data[key]) for key in ("mode", "uid", "gid"))
    return Image(Kind(data["kind"]), b64decode(data["data"], validate=True), *numbers)
