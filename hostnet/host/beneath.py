"""Names below a root, walked so that nothing can lead out of it, and what is there.

Every component is opened by the file descriptor of the directory before it and with
O_NOFOLLOW; a symlink is read and its target walked the same way, from the root where it
is absolute. ``..`` goes back to a directory that this walk itself came through, never to
what the kernel calls the parent: so neither a link nor a rename that happens meanwhile
leads outside. It is what chroot(2) sees, without being root (openat2(2) with
RESOLVE_IN_ROOT would do, but Python has no call for it).
"""

from __future__ import annotations

import errno
import os
import stat

from hostnet.errors import Unsuitable
from hostnet.model import ABSENT, Image, Kind
from hostnet.value import Value, field

MAX_LINKS = 40
"""How many symlinks one name may lead through, as in the kernel (path_resolution(7))."""
MAX_IMAGE = 64 << 20
"""The largest file an image is made of; what hostnet replaces has a few KB."""
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


_KINDS = {
    stat.S_IFDIR: "is a directory",
    stat.S_IFLNK: "is a symlink",
    stat.S_IFIFO: "is a named pipe, not a file",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFBLK: "is a device, not a file",
    stat.S_IFCHR: "is a device, not a file",
}


class Unreadable(Unsuitable):
    """What stands at a name is no file, or none that could be read; ``why`` says it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} cannot be read", f"{path} {why}")
        self.problem = why


class Place(Value):
    """A name in a directory that is held open; nothing need be there.

    ``path`` is the logical path without a symlink before its last component. A context
    manager: leaving it closes the directory.
    """

    parent: int = field(repr=False)
    name: str
    path: str

    def close(self) -> None:
        """Let the directory go."""
        os.close(self.parent)

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lstat(place: Place) -> os.stat_result:
    """What is there, a symlink itself and not where it leads; raises OSError."""
    return os.stat(place.name, dir_fd=place.parent, follow_symlinks=False)


def link_target(place: Place) -> str | None:
    """The text of the symlink that is there, None if something else is; raises OSError."""
    return _target(place.name, place.parent)


def image_at(place: Place, limit: int = MAX_IMAGE) -> Image:
    """All of what is there, a symlink itself and not where it leads.

    Raises Unreadable: neither a file nor a symlink, too large, no permission.
    """
    try:
        status = lstat(place)
        if stat.S_ISLNK(status.st_mode):
            data = os.fsencode(os.readlink(place.name, dir_fd=place.parent))
            return _image(Kind.SYMLINK, data, status)
        return load(place, limit)
    except FileNotFoundError:
        return ABSENT
    except OSError as error:
        raise Unreadable(place.path, cannot(error)) from None


def load(place: Place, limit: int) -> Image:
    """The regular file that is there; raises Unreadable and OSError.

    Anything else is not even opened, since opening a device may do something, and an
    open that waits for the other end of a pipe would never return.
    """
    _demand_file(place, lstat(place), limit)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    descriptor = os.open(place.name, flags, dir_fd=place.parent)
    try:
        # Again: it may be another one by now.
        status = os.fstat(descriptor)
        _demand_file(place, status, limit)
        data = _read(descriptor, limit)
    finally:
        os.close(descriptor)
    if len(data) > limit:  # it grew, or is one of /proc, whose size is said to be 0
        raise Unreadable(place.path, f"has more than {limit} bytes")
    return _image(Kind.FILE, data, status)


def cannot(error: OSError) -> str:
    """Why something cannot be read, in the system's words."""
    return f"cannot be read: {error.strerror or error}"


def _demand_file(place: Place, status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "is not a file")
        raise Unreadable(place.path, kind)
    if status.st_size > limit:
        raise Unreadable(place.path, f"has {status.st_size} bytes, more than {limit}")


def _read(descriptor: int, limit: int) -> bytes:
    chunks = []
    left = limit + 1
    while left > 0 and (chunk := os.read(descriptor, min(left, 1 << 20))):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _image(kind: Kind, data: bytes, status: os.stat_result) -> Image:
    return Image(kind, data, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def open_directory(root: int, path: str) -> int:
    """A descriptor of the directory, for the caller to close; raises OSError."""
    with walk(root, path, follow=True) as place:
        return os.open(place.name, DIRECTORY, dir_fd=place.parent)


def make_directories(root: int, path: str, made: list[Place], *, mode: int = 0o755) -> None:
    """Make the directory and those above it, as far as they are missing; raises OSError.

    Each one made is added to ``made``, for the caller to close; the last has ``mode``.
    """
    names = [name for name in path.split("/") if name]
    for count in range(1, len(names) + 1):
        folder = "/" + "/".join(names[:count])
        try:
            os.close(open_directory(root, folder))
        except FileNotFoundError:
            place = walk(root, folder, follow=False)
            made.append(place)
            os.mkdir(place.name, 0o700, dir_fd=place.parent)
            descriptor = os.open(place.name, DIRECTORY, dir_fd=place.parent)
            try:
                os.fchmod(descriptor, mode if count == len(names) else 0o755)
            finally:
                os.close(descriptor)
            os.fsync(place.parent)


def walk(root: int, path: str, *, follow: bool) -> Place:
    """The place that a logical absolute path names below the directory ``root``.

    With ``follow`` a symlink there is followed (and then something must be there).
    Raises OSError as open(2) would: no such directory, no permission, ELOOP.
    """
    return _Walk(root, path).run(follow=follow)


class _Walk:
    """One walk: the directories it came through, and the components still to come."""

    def __init__(self, root: int, path: str) -> None:
        if not path.startswith("/"):
            raise ValueError(f"not an absolute path: {path!r}")
        self._root = root
        self._path = path
        self._pending = _components(path)[::-1]
        self._trail: list[tuple[str, int]] = []
        self._links = 0

    def run(self, *, follow: bool) -> Place:
        try:
            while self._pending:
                name = self._pending.pop()
                if name == "..":
                    self._back()
                elif not self._pending and not follow:
                    return self._place(name)
                elif self._is_link(name):
                    continue
                elif not self._pending:
                    return self._place(name)
                else:
                    self._enter(name)
            return self._place(".")
        finally:
            self._restart()

    @property
    def _top(self) -> int:
        return self._trail[-1][1] if self._trail else self._root

    def _place(self, name: str) -> Place:
        names = [entered for entered, _ in self._trail]
        path = "/" + "/".join(names if name == "." else [*names, name])
        # The walk closes its own descriptors; this copy is the caller's.
        return Place(os.dup(self._top), name, path)

    def _is_link(self, name: str) -> bool:
        """Take the target's components in place of the name, if it is a symlink."""
        target = _target(name, self._top)
        if target is None:
            return False
        self._count_link()
        if target.startswith("/"):
            self._restart()
        self._pending.extend(_components(target)[::-1])
        return True

    def _enter(self, name: str) -> None:
        try:
            self._trail.append((name, os.open(name, DIRECTORY, dir_fd=self._top)))
        except OSError as error:
            # A symlink took the directory's place since it was looked at: look again.
            if error.errno not in (errno.ELOOP, errno.ENOTDIR) or not _target(name, self._top):
                raise
            self._count_link()
            self._pending.append(name)

    def _back(self) -> None:
        if self._trail:
            os.close(self._trail.pop()[1])

    def _restart(self) -> None:
        while self._trail:
            self._back()

    def _count_link(self) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self._path)


def _components(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _target(name: str, parent: int) -> str | None:
    try:
        return os.readlink(name, dir_fd=parent)
    except OSError as error:
        if error.errno == errno.EINVAL:  # there, and not a symlink
            return None
        raise
