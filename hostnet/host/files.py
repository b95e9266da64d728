"""Whole files below a root: read, compared, and changed all at once or not at all.

Every path here is logical and absolute (``/etc/netplan/x.yaml`` whatever the root), and
is walked as `hostnet.host.beneath` says: nothing leads out of the root.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from hostnet.errors import Busy, Unsuitable
from hostnet.host import trees
from hostnet.host.beneath import (
    DIRECTORY,
    Unreadable,
    cannot,
    image_at,
    link_target,
    load,
    lstat,
    make_directories,
    open_directory,
    walk,
)
from hostnet.host.commit import Commit, StalePlan, WriteFailed
from hostnet.host.filling import fill, lay
from hostnet.host.temporary import is_temporary, temporary_name
from hostnet.model import ABSENT, SourceFile
from hostnet.netplan.document import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hostnet.change import Change
    from hostnet.host.beneath import Place
    from hostnet.model import Image

__all__ = ["Files", "StalePlan", "Unreadable", "WriteFailed"]

OFFLINE = "/."
"""The root so spelled is this very tree, but not as a host that runs: files are all there is."""
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Files:
    """The files below a root, which is held open; a context manager, or `close` it.

    Raises Unsuitable where the root is no directory.
    """

    def __init__(self, root: str = "/") -> None:
        self.root = root
        try:
            # The root itself is the operator's word, and may be a symlink.
            self._root = os.open(root, DIRECTORY & ~os.O_NOFOLLOW)
        except OSError as error:
            raise Unsuitable(f"the root {root} {cannot(error)}") from None

    @property
    def is_host(self) -> bool:
        """Whether the root is this machine's own, and was not named `OFFLINE`."""
        return self.root != OFFLINE and os.path.samestat(os.fstat(self._root), os.stat("/"))

    @property
    def owner(self) -> tuple[int, int]:
        """User and group that a file of the system made by this process belongs to."""
        return (0, 0) if os.geteuid() == 0 else (os.geteuid(), os.getegid())

    def close(self) -> None:
        """Let the root go."""
        os.close(self._root)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- looking -------------------------------------------------------------------------

    def read(self, path: str, *, limit: int = MAX_BYTES) -> SourceFile:
        """The file, symlinks followed; ``image`` is that of the file at ``target``.

        Nothing is raised for a file that is bad: ``problem`` says why it could not be
        read. Where nothing is there, ``problem`` is None and ``image`` is ABSENT. For a
        symlink that leads nowhere, ``image`` is the symlink's own.
        """
        try:
            with walk(self._root, path, follow=False) as place:
                link = link_target(place)
                own = image_at(place) if link is not None else ABSENT
        except (FileNotFoundError, NotADirectoryError):
            return SourceFile(path)
        except Unreadable as error:
            return SourceFile(path, problem=error.problem)
        except OSError as error:
            return SourceFile(path, problem=cannot(error))
        try:
            with walk(self._root, path, follow=True) as place:
                image = load(place, limit)
                return SourceFile(path, image.data, target=place.path, image=image)
        except FileNotFoundError:
            if link is None:  # removed this very moment
                return SourceFile(path)
            problem = f"is a symlink to {link}, which does not exist"
            return SourceFile(path, problem=problem, image=own)
        except Unreadable as error:
            return SourceFile(path, problem=error.problem)
        except OSError as error:
            return SourceFile(path, problem=cannot(error))

    def image(self, path: str) -> Image:
        """What the name itself is, a symlink not followed; raises Unreadable."""
        try:
            with walk(self._root, path, follow=False) as place:
                return image_at(place)
        except (FileNotFoundError, NotADirectoryError):
            return ABSENT
        except OSError as error:
            raise Unreadable(path, cannot(error)) from None

    def names(self, directory: str) -> tuple[str, ...]:
        """The names in the directory, sorted; none where it is absent. Raises Unreadable."""
        try:
            descriptor = open_directory(self._root, directory)
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise Unreadable(directory, cannot(error)) from None
        try:
            return tuple(sorted(os.listdir(descriptor)))
        finally:
            os.close(descriptor)

    def exists(self, path: str) -> bool:
        """Whether something is there that can be reached, symlinks followed."""
        return self._status(path) is not None

    def executable(self, path: str) -> bool:
        """Whether a program is there, symlinks followed."""
        status = self._status(path)
        return status is not None and stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o111)

    def changed(self, path: str) -> float | None:
        """When the name came to be as it is, a symlink or its file, by ctime: nobody can set it."""
        both = (self._status(path, follow=follow) for follow in (False, True))
        return max((status.st_ctime for status in both if status is not None), default=None)

    def readlink(self, path: str) -> str | None:
        """The text of the symlink that the name is; None if it is none, or unreachable."""
        try:
            with walk(self._root, path, follow=False) as place:
                return link_target(place)
        except OSError:
            return None

    def _status(self, path: str, *, follow: bool = True) -> os.stat_result | None:
        try:
            with walk(self._root, path, follow=follow) as place:
                return lstat(place)
        except OSError:
            return None

    # --- changing ------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change]) -> None:
        """Make all the changes, in their order, or none of them.

        A Change is of the name itself: one on a symlink replaces the symlink. Missing
        directories are made (0755). A change from an image to the very same is only
        checked. A user who is not root stays the owner of what he writes.

        Raises StalePlan: a file is not its ``before``; nothing was changed. WriteFailed:
        an error of the system; all is back as it was. Stranded: and some is not.
        """
        Commit(self._root, self.root, changes).run()

    def fill(self, texts: Iterable[tuple[str, str, int]]) -> None:
        """Write rendered files as `filling.fill` does."""
        fill(self._root, self.owner, texts)

    def lay(self, path: str, image: Image) -> None:
        """Write a file that counts for this boot only, as `filling.lay` does."""
        lay(self._root, path, image)

    def relink(self, path: str, source: str) -> None:
        """Make the path another name of the file ``source``, in place of what it named.

        Atomic and durable like `commit`, but it takes no room: it works on a full disk.
        Raises WriteFailed.
        """
        name = temporary_name()
        try:
            with (
                walk(self._root, source, follow=False) as kept,
                walk(self._root, path, follow=False) as place,
            ):
                os.link(
                    kept.name, name, src_dir_fd=kept.parent, dst_dir_fd=place.parent,
                    follow_symlinks=False,
                )  # fmt: skip
                os.rename(name, place.name, src_dir_fd=place.parent, dst_dir_fd=place.parent)
                with suppress(FileNotFoundError):  # rename(2) leaves it if it was so already
                    os.unlink(name, dir_fd=place.parent)
                os.fsync(place.parent)
        except OSError as error:
            raise WriteFailed(path, error) from None

    def make_folders(self, path: str, mode: int = 0o755) -> None:
        """Make the folder, which gets ``mode``, and those above it (0755), where missing.

        What is there stays as it is. Raises WriteFailed.
        """
        made: list[Place] = []
        try:
            make_directories(self._root, path, made, mode=mode)
        except OSError as error:
            raise WriteFailed(path, error) from None
        finally:
            for folder in made:
                folder.close()

    def sweep(self, directory: str) -> tuple[str, ...]:
        """Remove the temporary files that a killed `commit` left there, and name them.

        Only for whoever holds the lock: those of a commit under way look the same.
        Raises Unreadable and WriteFailed.
        """
        left = [name for name in self.names(directory) if is_temporary(name)]
        for name in left:
            try:
                with walk(self._root, f"{directory}/{name}", follow=False) as place:
                    os.unlink(name, dir_fd=place.parent)
            except OSError as error:
                raise WriteFailed(f"{directory}/{name}", error) from None
        return tuple(left)

    def tree_size(self, path: str) -> int:
        """The bytes of all files in the folder, symlinks not followed. Raises Unreadable."""
        try:
            return trees.size(self._root, path)
        except OSError as error:
            raise Unreadable(path, cannot(error)) from None

    def remove_tree(self, path: str) -> None:
        """Remove the folder and all that is in it, symlinks not followed.

        What was removed stays so if a later part fails. Raises WriteFailed.
        """
        try:
            trees.remove(self._root, path)
        except OSError as error:
            raise WriteFailed(path, error) from None

    @contextmanager
    def lock(self, path: str) -> Iterator[None]:
        """Hold the lock (flock(2): it dies with the process); its folder is made, 0700.

        Raises Busy at once if another process has it, Unsuitable if it cannot be made.
        """
        with ExitStack() as held:
            try:
                self.make_folders(path.rpartition("/")[0], 0o700)
                place = held.enter_context(walk(self._root, path, follow=False))
                descriptor = os.open(place.name, _LOCK, 0o600, dir_fd=place.parent)
            except WriteFailed as error:
                raise Unsuitable(f"the lock {path} cannot be taken", error.what) from None
            except OSError as error:
                reason = error.strerror or str(error)
                raise Unsuitable(f"the lock {path} cannot be taken", reason) from None
            held.callback(os.close, descriptor)
            _take(descriptor, path)
            yield


def _take(descriptor: int, path: str) -> None:
    """Lock without writing to the file: having nothing to do leaves no trace."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy(
            "another hostnet is at work",
            f"{_holder(os.fstat(descriptor))} holds {path}",
            "Wait until it has ended; `hostnet status` shows a trial that waits.",
        ) from None


def _holder(lock: os.stat_result) -> str:
    """Who has the lock, from the kernel's list (proc_locks(5))."""
    file = f"{os.major(lock.st_dev):02x}:{os.minor(lock.st_dev):02x}:{lock.st_ino}"
    with suppress(OSError), open("/proc/locks", encoding="ascii") as locks:
        for line in locks:
            words = line.split()
            if words[1:2] == ["FLOCK"] and file in words and int(words[4]) > 0:
                return f"process {words[4]}"
    return "another process"  # on overlayfs, or in another container
