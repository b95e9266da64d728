"""Several files changed as one: all of them, or none.

Everything that can fail for want of space or permission is done before the first name
changes: the new content of every file lies complete and synced beside its target, *and the
old one has a second name there*. So the renames need nothing more, and neither does taking
them back.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack, suppress
from shlex import quote
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError, RolledBack, Stranded
from hostnet.host.beneath import (
    Place,
    Unreadable,
    cannot,
    image_at,
    make_directories,
    walk,
)
from hostnet.host.temporary import temporary_name
from hostnet.model import ABSENT, Image, Kind
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.change import Change

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class StalePlan(HostnetError):
    """A file is not what the plan was made for; nothing was changed."""

    exit_code = 3

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} is not as it was when the plan was made",
            f"{why}; nothing was changed",
            "Run the command again: it plans for what is there now.",
        )
        self.path = path


class WriteFailed(RolledBack):
    """A file could not be written; every file is as it was before."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}", "every file is as it was before"
        )
        self.path = path
        self.errno = error.errno


class _Staged(Value):
    """A change whose new and old content lie ready under temporary names."""

    change: Change
    place: Place
    new: str | None
    old: str | None


class Commit:
    """One run of `Files.commit`, which says what it does and raises."""

    def __init__(self, root: int, root_path: str, changes: Sequence[Change]) -> None:
        self._root = root
        self._root_path = root_path.rstrip("/")
        self._changes = changes
        self._places: list[Place] = []
        self._folders: list[Place] = []
        self._temporary: list[tuple[Place, str]] = []
        self._begun: list[_Staged] = []

    def run(self) -> None:
        paths = [change.path for change in self._changes]
        if len(set(paths)) < len(paths):
            raise ValueError("a file stands twice in one commit")
        for change in self._changes:
            self._demand(change)
        with ExitStack() as held:
            # Last in, first out, whatever exception comes through, a signal's too.
            held.callback(self._close)
            with ExitStack() as unless_done:
                unless_done.callback(self._remove_folders)
                held.callback(self._remove_temporary)
                unless_done.callback(self._undo)
                staged = [self._stage(c) for c in self._changes if c.before != c.after]
                for item in staged:
                    self._swap(item)
                unless_done.pop_all()

    def _demand(self, change: Change, place: Place | None = None) -> None:
        """Stop unless the file is what the change starts from, and where it was staged."""
        try:
            with walk(self._root, change.path, follow=False) as now:
                found = image_at(now)
                if place and not os.path.sameopenfile(now.parent, place.parent):
                    raise StalePlan(change.path, "its folder has been replaced")
        except (FileNotFoundError, NotADirectoryError):
            if place:
                raise StalePlan(change.path, "its folder is gone") from None
            found = ABSENT
        except Unreadable as error:
            raise StalePlan(change.path, f"it {error.problem}") from None
        except OSError as error:
            raise StalePlan(change.path, f"it {cannot(error)}") from None
        if not _same(found, change.before):
            raise StalePlan(change.path, _difference(found, change.before))

    # --- staging -----------------------------------------------------------------------

    def _stage(self, change: Change) -> _Staged:
        try:
            make_directories(self._root, change.path.rpartition("/")[0], self._folders)
            place = walk(self._root, change.path, follow=False)
            self._places.append(place)
            new = self._write(place, change.after, exactly=False)
            old = self._keep(place, change.before)
        except OSError as error:
            raise WriteFailed(change.path, error) from None
        return _Staged(change, place, new, old)

    def _keep(self, place: Place, image: Image) -> str | None:
        """Give what is there a second name: that takes no room, also where a disk is full."""
        if image.kind is Kind.ABSENT:
            return None
        name = temporary_name()
        self._temporary.append((place, name))
        here = place.parent
        try:
            os.link(place.name, name, src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)
        except OSError:
            # Not on this file system, or not for this user (protected_hardlinks, proc(5)).
            # What must be put back must be put back with its owner, or not be taken away.
            return self._write(place, image, exactly=True)
        return name

    def _write(self, place: Place, image: Image, *, exactly: bool) -> str | None:
        """Put the image under a temporary name beside the place."""
        if image.kind is Kind.ABSENT:
            return None
        name = temporary_name()
        self._temporary.append((place, name))
        if image.kind is Kind.SYMLINK:
            os.symlink(os.fsdecode(image.data), name, dir_fd=place.parent)
            descriptor = os.open(
                name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place.parent
            )
        else:
            descriptor = os.open(name, NEW, 0o600, dir_fd=place.parent)
        try:
            if image.kind is Kind.FILE:
                write_all(descriptor, image.data)
            _give(descriptor, image, exactly=exactly)
            if image.kind is Kind.FILE:
                os.fchmod(descriptor, image.mode)  # after the owner: chown(2) clears bits
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return name

    # --- the names change ----------------------------------------------------------------

    def _swap(self, item: _Staged) -> None:
        self._demand(item.change, item.place)
        self._begun.append(item)
        try:
            _put(item.place, item.new)
        except OSError as error:
            raise WriteFailed(item.change.path, error) from None

    def _undo(self) -> None:
        """Put back every name that may have changed; raises Stranded if one stays changed."""
        lost = []
        for item in reversed(self._begun):
            try:
                why = _put_back(item)
            except (OSError, Unreadable) as error:
                why = error.problem if isinstance(error, Unreadable) else str(error.strerror)
            if why:
                lost.append((item, why))
        if lost:
            # Their old content is all that is left of them.
            keep = {item.old for item, _ in lost}
            self._temporary = [(place, name) for place, name in self._temporary if name not in keep]
            raise self._stranded(lost)

    def _stranded(self, lost: list[tuple[_Staged, str]]) -> Stranded:
        commands = []
        for item, _ in lost:
            path = quote(self._root_path + item.place.path)
            if item.old is None:
                commands.append(f"rm {path}")
            else:
                folder = item.place.path.rpartition("/")[0]
                commands.append(f"mv {quote(f'{self._root_path}{folder}/{item.old}')} {path}")
        return Stranded(
            "could not be put back: " + ", ".join(item.change.path for item, _ in lost),
            "; ".join(f"{item.change.path}: {why}" for item, why in lost),
            "Put them back by hand: " + "; ".join(commands),
        )

    # --- tidying up ----------------------------------------------------------------------

    def _remove_temporary(self) -> None:
        for place, name in self._temporary:
            with suppress(OSError):  # renamed, never made, or the disk is read-only by now
                os.unlink(name, dir_fd=place.parent)

    def _remove_folders(self) -> None:
        self._remove_temporary()
        for folder in reversed(self._folders):
            with suppress(OSError):  # somebody else has put a file there
                os.rmdir(folder.name, dir_fd=folder.parent)

    def _close(self) -> None:
        for place in (*self._places, *self._folders):
            place.close()


def _put(place: Place, name: str | None) -> None:
    """Give the temporary file its name, or remove what has it, durably."""
    if name is None:
        os.unlink(place.name, dir_fd=place.parent)
    else:
        os.rename(name, place.name, src_dir_fd=place.parent, dst_dir_fd=place.parent)
    # One after the other reaches the disk: a later file never without the earlier ones.
    os.fsync(place.parent)


def _put_back(item: _Staged) -> str:
    """Undo one swap and look at the result; an empty text, or what is wrong."""
    found = image_at(item.place)
    if _same(found, item.change.before):  # the rename itself had failed
        return ""
    if not _alike(found, item.change.after):
        return "it was changed by somebody else meanwhile"
    _put(item.place, item.old)
    return "" if _same(image_at(item.place), item.change.before) else "its old state did not stay"


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it; raises OSError."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _give(descriptor: int, image: Image, *, exactly: bool) -> None:
    """Give the file its owner; without ``exactly``, a user who is not root keeps it himself."""
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) == (image.uid, image.gid):
        return
    if image.kind is Kind.SYMLINK and not stat.S_ISLNK(status.st_mode):
        # Replaced since it was made; a file of somebody else must not change its owner.
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
    # fchown(2) takes no O_PATH descriptor; its name in /proc leads to the very symlink.
    target = f"/proc/self/fd/{descriptor}" if image.kind is Kind.SYMLINK else descriptor
    try:
        os.chown(target, image.uid, image.gid)
    except PermissionError:
        if exactly or os.geteuid() == 0:
            raise


def _alike(found: Image, wanted: Image) -> bool:
    """Whether they are the same but for the owner; Linux knows no mode of a symlink."""
    same = (found.kind, found.data) == (wanted.kind, wanted.data)
    return same and (found.kind is not Kind.FILE or found.mode == wanted.mode)


def _same(found: Image, wanted: Image) -> bool:
    owner = found.kind is Kind.ABSENT or (found.uid, found.gid) == (wanted.uid, wanted.gid)
    return owner and _alike(found, wanted)


def _difference(found: Image, wanted: Image) -> str:
    if found.kind is not wanted.kind:
        return f"it was {wanted.kind.value} and is {found.kind.value}"
    if found.data != wanted.data:
        return "its content is another"
    if not _alike(found, wanted):
        return f"its mode was {wanted.mode:04o} and is {found.mode:04o}"
    return f"its owner was {wanted.uid}:{wanted.gid} and is {found.uid}:{found.gid}"
