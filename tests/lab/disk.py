"""A disk of a host's own, which forgets at a power cut what was not synced.

Killing a host keeps the machine's page cache: what was written without fsync would still be there
at the next boot. So the folders that matter can lie on ext4 over a file. What the file holds at
the moment of the cut is what a real disk would hold, and the host goes on with a copy of it,
whose journal ext4 replays as it would after a real one.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.lab.commands import execute

FOLDERS = ("etc", "var/lib")
"""What lies on it: all that hostnet writes to, and much that others do."""
_SIZE = 64 << 20
_BLOCK = bytes(4096)
_OPTIONS = "loop,commit=300,noauto_da_alloc,noinit_itable"
"""How it is mounted: over a loop device that goes with the mount, whoever unmounts it. Nothing
reaches the disk by the clock while a test runs (usually after 5 seconds), nor for the sake of
programs that rename without fsync (which XFS and others do not do either).
"""


class Disk:
    """The mounted disk of a host, seen below the host's root."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._mounted = folder / "disk"
        self._mounted.mkdir()
        self._cuts = 0
        with self._file.open("wb") as file:
            file.truncate(_SIZE)
        # -m 0: full is full, for root as well
        execute(["mkfs.ext4", "-q", "-F", "-m", "0", str(self._file)])
        self._mounts = self._mount()

    def sync(self) -> None:
        """Write all that was written so far to the disk."""
        execute(["sync", "--file-system", str(self._mounted)])

    @contextmanager
    def full(self) -> Iterator[None]:
        """Have no block left while the block runs."""
        fillers = self._mounted / "fillers"
        fillers.mkdir()
        try:
            with suppress(OSError), (fillers / "long").open("wb", buffering=0) as file:
                while file.write(_BLOCK):
                    pass
            self.sync()
            # a file needs more than its data while it is written: what is left goes to short ones
            with suppress(OSError):
                for number in itertools.count():
                    (fillers / f"short-{number}").write_bytes(b"x")
                    self.sync()
            yield
        finally:
            shutil.rmtree(fillers)
            self.sync()

    def keep(self) -> None:
        """Copy what the disk holds now; whoever writes to it must stand still.

        The kernel may write by itself while the copy is made, and then it would mix two moments:
        the file's time tells, and a new copy is made.
        """
        while True:
            moment = self._file.stat().st_mtime_ns
            execute(["cp", "--sparse=always", str(self._file), str(self._kept)])
            if self._file.stat().st_mtime_ns == moment:
                return

    def forget(self) -> None:
        """Go on with what was kept. All processes of the host have ended."""
        self.unmount()
        self._file.unlink()
        self._cuts += 1
        self._mounts = self._mount()

    def unmount(self) -> None:
        """Take the disk away; its file goes with the host's folder."""
        self._mounts.close()

    @property
    def _file(self) -> Path:
        return self._folder / f"disk-{self._cuts}"

    @property
    def _kept(self) -> Path:
        return self._folder / f"disk-{self._cuts + 1}"

    def _mount(self) -> ExitStack:
        """Mount the disk and put its folders in their places, at first with what those hold."""
        with ExitStack() as undo:
            execute(["mount", "-o", _OPTIONS, str(self._file), str(self._mounted)])
            undo.callback(execute, ["umount", str(self._mounted)])
            for part in FOLDERS:
                source, target = self._mounted / part, self._root / part
                if not source.exists():
                    source.parent.mkdir(exist_ok=True)
                    execute(["cp", "--archive", str(target), str(source)])
                execute(["mount", "--bind", str(source), str(target)])
                undo.callback(execute, ["umount", str(target)])
            return undo.pop_all()
