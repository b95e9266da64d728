"""What is on disk before the first effect, so that a crash can be undone or redone.

One folder a transaction, `/var/lib/hostnet/journal/<time>-<token>/`, for root alone::

    plan.json   the ops in their order, with kind, mode and owner of every image
    asked.json  what the operator typed, and how long his confirmation is waited for
    before/N    the bytes of write number N's before-image
    after/N     the bytes of its after-image
    state       one word: the last mark that was made
    deadline    until when a tried change waits for its confirmation
    answer      ``confirm`` or ``cancel``, by whoever ran that command
    ledger.json what others had in the kernel, while networkd may take it away
    fates.json  what became of that
    ballast     room on the disk for going back, until it is settled
    words/W     every mark and answer there is, to be linked to: that works on a full disk

Marks: ``prepared`` (nothing done yet), ``trial``, ``waiting`` (tried and verified; not
every change waits), ``promoting`` (from here on recovery goes forward), ``committed``,
``undoing``, ``undone``; and where a stranger's file or a failure ended it, ``stranded``
(on the way back) or ``halted`` (on the way forward).

Beside the folders, `/var/lib/hostnet/open` holds the name of the one that may be open. It
is made before anything else of a transaction and removed after its last mark, both synced:
so whenever anything could be open it is there, and where it is not a boot looks no further
(a condition of hostnet-recover.service, which then starts no process). The other order of
either would leave a moment in which a power cut hides an open journal. If it names a
folder that has no ``state``, creation was cut short and nothing was done. A transaction
that ended badly keeps it, for `hostnet recover`, until the next one takes its place.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from hostnet.change import Change
from hostnet.errors import HostnetError, Stranded
from hostnet.model import ABSENT, Image, Kind
from hostnet.transaction import OPEN
from hostnet.transaction.marks import Answer, Asked, State

if TYPE_CHECKING:
    from hostnet.host.files import Files
    from hostnet.plan import Plan

FOLDER = "/var/lib/hostnet/journal"
FORMAT = 1
"""Of plan.json; a journal of another format is not touched, but reported."""
KEPT = 50
"""Journals that stay for whoever wants to know what was changed."""
KEPT_BYTES = 16 << 20
"""And how large they may be together: a usual one has 10 KB, and /var may be small."""
BALLAST = 32 << 10
"""Beside the old files' own size: they are written in whole blocks, into folders."""
_MODE = 0o600
_FOLDER_MODE = 0o700


class Journal:
    """The folder of one transaction."""

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self.folder = folder

    @classmethod
    def create(cls, files: Files, name: str, plan: Plan, asked: Asked) -> Journal:
        """Write all of it, synced to disk; only then may the first effect happen."""
        from hostnet.transaction.record import plan_to

        prune(files)
        journal = cls(files, f"{FOLDER}/{name}")
        blobs: dict[str, bytes] = {}
        data = {"format": FORMAT, **plan_to(plan, blobs)}
        blobs["plan.json"] = json.dumps(data, indent=1).encode()
        blobs["asked.json"] = json.dumps(asdict(asked)).encode()
        blobs |= {f"words/{word.value}": word.value.encode() for word in (*State, *Answer)}
        old = sum(len(change.before.data) for change in plan.writes)
        blobs["ballast"] = bytes(BALLAST + old)
        # Last: where it is, all the others are whole.
        blobs["state"] = State.PREPARED.value.encode()
        try:
            journal._write(OPEN, name.encode())
            files.make_folders(journal.folder, _FOLDER_MODE)
            files.commit([journal._new(blob, content) for blob, content in blobs.items()])
        except HostnetError:
            journal.close()
            raise
        return journal

    @classmethod
    def open(cls, files: Files) -> Journal | None:
        """The one that may be open; None if none is."""
        name = files.read(OPEN).data.decode(errors="replace")
        return cls(files, f"{FOLDER}/{name}") if name and "/" not in name else None

    def close(self) -> None:
        """Nothing of this transaction is open any more.

        If that cannot be written, or another has just written it, nothing is lost: whoever
        looks next finds the last mark.
        """
        with suppress(HostnetError):
            if self._files.read(OPEN).data == self.name.encode():
                image = self._files.image(OPEN)
                self._files.commit([Change(OPEN, image, ABSENT, "journal")])

    @classmethod
    def newest(cls, files: Files, token: str | None = None) -> Journal | None:
        """The newest, or the newest of this token; None if there is none."""
        names = [
            name
            for name in files.names(FOLDER)
            if token is None or name.rpartition("-")[2] == token
        ]
        return cls(files, f"{FOLDER}/{max(names)}") if names else None

    @property
    def name(self) -> str:
        """Its time and its token."""
        return self.folder.rpartition("/")[2]

    @property
    def token(self) -> str:
        """What `hostnet confirm` calls it by: a name, not a secret."""
        return self.name.rpartition("-")[2]

    @property
    def unit(self) -> str:
        """Its service; systemd has one unit of a name, which locks as well."""
        return f"hostnet-transaction-{self.token}.service"

    def plan(self) -> Plan:
        """The plan as it was when the transaction began. Raises Stranded."""
        from hostnet.transaction.record import plan_from

        try:
            data = json.loads(self.read("plan.json"))
            found = data["format"]
            if found == FORMAT:
                return plan_from(data, self.read)
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable(f"plan.json is damaged: {error!r}") from None
        raise self._unreadable(f"it has format {found!r}, and this hostnet reads {FORMAT}")

    @property
    def asked(self) -> Asked:
        """What the operator asked for. Raises Stranded."""
        try:
            return Asked(**json.loads(self.read("asked.json")))
        except (ValueError, TypeError) as error:
            raise self._unreadable(f"asked.json is damaged: {error!r}") from None

    @property
    def deadline(self) -> float:
        """Until when it waits, by `waiting.now`; 0.0 if it never did."""
        return self._deadlines[0]

    @property
    def latest(self) -> float:
        """Until when it may wait, however often that is extended."""
        return self._deadlines[1]

    @property
    def _deadlines(self) -> tuple[float, float]:
        deadline, latest = (self.read("deadline") or b"0 0").split()
        return float(deadline), float(latest)

    def wait_until(self, deadline: float, latest: float) -> None:
        """Set, or move, the moment at which it is undone. No trial waits after a crash."""
        self._lay("deadline", f"{deadline} {latest}".encode())

    @property
    def answer(self) -> Answer | None:
        """What the operator said; None if nothing yet."""
        data = self.read("answer")
        return Answer(data.decode()) if data else None

    def say(self, answer: Answer) -> None:
        """Say it to the service that waits; its next mark tells whether it came in time."""
        self._link("answer", answer)

    def _unreadable(self, why: str) -> Stranded:
        return Stranded(
            f"{self.folder} cannot be read",
            why,
            f"Compare the files in {self.folder}/before and /after with the system's, put back "
            "what is wanted, and run `netplan apply`.",
        )

    @property
    def is_whole(self) -> bool:
        """Whether its creation was completed; else nothing was ever done."""
        return bool(self.read("state"))

    @property
    def state(self) -> State:
        """The last mark. Raises Stranded."""
        try:
            return State(self.read("state").decode())
        except ValueError as error:
            raise self._unreadable(str(error)) from None

    def mark(self, state: State) -> None:
        """Make a mark that a crash cannot take back: synced before this returns.

        A full disk cannot keep it from being made; else what is undone could be completed.
        """
        self._link("state", state)
        if state.is_settled:
            self.make_room()
            self.close()

    def keep(self, name: str, error: HostnetError) -> None:
        """Keep an error (``failure``, ``stranded``) for who asks; of several the first counts."""
        if not self.read(f"{name}.json"):
            words = {"what": error.what, "why": error.why, "remedy": error.remedy}
            with suppress(HostnetError):
                self.put(f"{name}.json", json.dumps(words).encode())

    def drop(self, name: str) -> None:
        """Remove a file of it, if that can be done."""
        with suppress(HostnetError):
            path = f"{self.folder}/{name}"
            self._files.commit([Change(path, self._files.image(path), ABSENT, "journal")])

    def make_room(self) -> None:
        """Let the ballast go: whoever goes back may need its room on a full disk."""
        self.drop("ballast")

    def kept(self, name: str) -> HostnetError | None:
        """The error of this name, if there was one."""
        data = self.read(f"{name}.json")
        if not data:
            return None
        words = json.loads(data)
        return HostnetError(words["what"], words["why"], words["remedy"])

    def tell(self, message: str) -> None:
        """Add a line to what the watching command line shows; without room for it, none is."""
        with suppress(HostnetError):
            self._lay("progress", self.read("progress") + message.encode() + b"\n")

    def told(self) -> tuple[str, ...]:
        """All lines so far."""
        return tuple(self.read("progress").decode().splitlines())

    def _link(self, name: str, word: State | Answer) -> None:
        self._files.relink(f"{self.folder}/{name}", f"{self.folder}/words/{word.value}")

    def _lay(self, name: str, data: bytes) -> None:
        """Write what counts for this boot only: the disk, which may be busy, is not waited for."""
        self._files.lay(f"{self.folder}/{name}", self._image(data))

    def put(self, name: str, data: bytes) -> None:
        """Write a file of it. Raises WriteFailed."""
        self._write(f"{self.folder}/{name}", data)

    def _write(self, path: str, data: bytes) -> None:
        after = self._image(data)
        self._files.commit([Change(path, self._files.image(path), after, "journal")])

    def _new(self, name: str, data: bytes) -> Change:
        return Change(f"{self.folder}/{name}", ABSENT, self._image(data), "journal")

    def _image(self, data: bytes) -> Image:
        uid, gid = self._files.owner
        return Image(Kind.FILE, data, _MODE, uid, gid)

    def read(self, name: str) -> bytes:
        """A file of it; empty if there is none."""
        return self._files.read(f"{self.folder}/{name}").data


def prune(files: Files) -> None:
    """Make room for one more journal: the oldest go, but never one that may be open.

    So do those whose creation was cut short. Only for whoever holds the lock.
    """
    held = Journal.open(files)
    sizes = {
        name: files.tree_size(f"{FOLDER}/{name}")
        for name in files.names(FOLDER)
        if held is None or name != held.name
    }
    for name in list(sizes):
        room = len(sizes) < KEPT and sum(sizes.values()) <= KEPT_BYTES
        if not room or not Journal(files, f"{FOLDER}/{name}").is_whole:
            files.remove_tree(f"{FOLDER}/{name}")
            del sizes[name]
