"""What keeps a pin: `hostnet-pin.service` runs it whenever a file changed that the pin lives by.

It puts back what differs and says who it was; where it finds no end of that, it ends the fight.
While a change of hostnet's own is under way it leaves all as it is: it is called again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.change import Change
from hostnet.comparing import Found, look
from hostnet.dns import networkmanager
from hostnet.dns.facts import RESOLVED
from hostnet.dns.resolvconf import PATH
from hostnet.errors import Busy, HostnetError, needs_root
from hostnet.findings import NAMESERVER_SILENT, NAMESERVER_UNREACHABLE
from hostnet.host import culprit, dns_facts, observe as observing
from hostnet.host.announce import FOUGHT_OVER, announce
from hostnet.host.files import Files
from hostnet.host.immutable import set_immutable
from hostnet.model import Image, Kind
from hostnet.netplan.tree import load
from hostnet.pinned import from_bytes, to_bytes
from hostnet.pinsteps import PATH_UNIT
from hostnet.plan import PINNED
from hostnet.tampering import (
    GIVEN_UP,
    LOG,
    MOST,
    WINDOW,
    from_lines,
    is_lost,
    to_lines,
)
from hostnet.transaction import LOCK, OPEN
from hostnet.unitfiles import is_unit_file, mask
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.dns.pin import Pin
    from hostnet.pinned import Pinned
    from hostnet.tampering import Tampering

_ROUNDS = 5
"""Looks in one run: a write while it runs makes no event of its own."""
_SERVICE = 20.0
_MODE = 0o600


def dns_keep() -> tuple[Tampering, ...]:
    """Put back what others changed of the pin; returns what that was. Nothing without a pin.

    Raises HostnetError where it cannot.
    """
    found: list[Tampering] = []
    with Files("/") as files:
        for _ in range(_ROUNDS):
            # Looked at without the lock first: else whoever changes something now were told that
            # he has to wait, and mostly for nothing.
            if not _is_due(files) or not _look(files)[1].entries:
                break
            try:
                with files.lock(LOCK):
                    again, entries = _put_back(files)
            except Busy:
                break
            found += entries
            if again:
                _lay_again(files)
        if _is_due(files):
            _lock_again(files)
    return tuple(found)


def dns_log() -> tuple[Tampering, ...]:
    """What others did to the pin, the oldest first. Raises Unsuitable: only root may read it."""
    if not observing.is_privileged():
        raise needs_root("what others changed can be read by root only", "hostnet dns log")
    with Files("/") as files:
        return from_lines(files.read(LOG, limit=1 << 24).data)


def is_given_up(files: Files) -> bool:
    """Whether the fight for the pin was ended."""
    return files.exists(GIVEN_UP)


def _is_due(files: Files) -> bool:
    return files.exists(PINNED) and not files.exists(OPEN) and not is_given_up(files)


def _look(files: Files) -> tuple[Pinned, Found]:
    """What was pinned, and what is otherwise now."""
    observed = observing.observe(files)
    tree, _ = load(observed.netplan_files)
    pinned = _pinned(files)
    facts = dns_facts.read(files, observed, tree)
    kept = (kept.path for kept in pinned.files)
    paths = (PATH, PINNED, LOG, mask(RESOLVED), networkmanager.OURS, *kept)
    observed = observing.with_images(files, observed, paths)
    return pinned, look(pinned, observed, facts)


def _put_back(files: Files) -> tuple[bool, tuple[Tampering, ...]]:
    # Another run may have ended the fight, or a change have begun, since this one looked.
    if not _is_due(files):
        return False, ()
    pinned, found = _look(files)
    if not found.entries:
        return False, ()
    now = time.time()
    moments = [_moment(files, each, now) for each in found.entries]
    log = from_lines(files.read(LOG, limit=1 << 24).data)
    if is_lost(log, now):
        entries = tuple(replace(each, repaired=False) for each in _named(files, found, moments))
        _write(files, LOG, to_lines((*log, *entries)))
        _give_up(files, entries[-1])
        return False, ()
    if _is_locked(pinned.wish):
        set_immutable(PATH, immutable=False)
    files.commit(found.changes)
    # Asking for names takes longer than the repair, but services that begin anew leave signs.
    entries = _named(files, found, moments)
    _serve(found, pinned.sockets)
    _write(files, LOG, to_lines((*log, *entries)))
    if (kept := found.kept(pinned)) != pinned:
        _write(files, PINNED, to_bytes(kept))
    return found.again, entries


def _pinned(files: Files) -> Pinned:
    return from_bytes(files.image(PINNED).data)


def _named(files: Files, found: Found, moments: list[float]) -> tuple[Tampering, ...]:
    pairs = zip(found.entries, moments, strict=True)
    return tuple(culprit.named(entry, files, moment) for entry, moment in pairs)


def _lock_again(files: Files) -> None:
    """A strict pin's file is immutable, as far as its file system can have it so."""
    if _is_locked(_pinned(files).wish):
        set_immutable(PATH, immutable=True)


def _is_locked(wish: Pin) -> bool:
    return wish.strict and wish.mode == "direct"


def _serve(found: Found, sockets: Sequence[str]) -> None:
    """The services and links, after the files."""
    from hostnet.host.bus import Bus
    from hostnet.host.resolving import revert
    from hostnet.host.services import bring, reread

    if any(is_unit_file(change.path) for change in found.changes):
        reread()
    if found.stop:
        for unit in (*sockets, RESOLVED):
            bring(unit, "stopped", _SERVICE)
    elif found.fresh:
        bring(RESOLVED, "fresh", _SERVICE)
    if found.quiet:
        bring(networkmanager.SERVICE, "fresh", _SERVICE)
    for link in found.reverts:
        revert(link)
    if not found.stop and (found.fresh or found.reverts):
        with Bus() as bus:
            bus.flush_caches()


def _lay_again(files: Files) -> None:
    """The pin over again: a link is there that it does not know.

    What does not answer now is no reason to leave it: it was tried when it was pinned.
    """
    from hostnet.pins import dns_pin

    wish = _pinned(files).wish
    dns_pin(
        [str(server) for server in wish.servers or ()],
        search=wish.search,
        mode=wish.mode,
        strict=wish.strict,
        repoint_kubelet=wish.repoint_kubelet,
        no_probe=("gateway", "nameserver", "lookup", "api-server"),
        ignore=(NAMESERVER_SILENT.id, NAMESERVER_UNREACHABLE.id),
    )


def _give_up(files: Files, last: Tampering) -> None:
    """Loudly, and once."""
    from hostnet.host.services import bring

    _write(files, GIVEN_UP, f"{time.time():.0f}\n".encode())
    announce(
        f"hostnet: DNS is no longer kept as pinned: it was put back {MOST} times within "
        f"{WINDOW:.0f} s, the last time {last.what} (by {last.writer}). See `hostnet dns log`; "
        "`hostnet dns pin` begins anew.",
        FOUGHT_OVER,
    )
    # Else it would be called for nothing at each of his writes.
    with suppress(HostnetError):
        bring(PATH_UNIT, "stopped", _SERVICE)


def _moment(files: Files, entry: Tampering, now: float) -> float:
    """When the file became so, which for a name is its folder's time."""
    if not entry.what.startswith("/") or entry.after.startswith("symlink to "):
        return now
    name = entry.what if entry.after != "absent" else entry.what.rpartition("/")[0]
    changed = files.changed(name)
    return now if changed is None or changed > now else changed


def _write(files: Files, path: str, data: bytes) -> None:
    before = files.image(path)
    after = Image(Kind.FILE, data, _MODE, 0, 0)
    files.make_folders(path.rpartition("/")[0], 0o700)
    try:
        files.commit([Change(path, before, after, "what hostnet remembers")])
    except HostnetError:
        if path == PINNED:
            return  # Told again at the next look, and nothing else.
        raise
