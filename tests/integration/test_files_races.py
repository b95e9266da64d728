"""host/files raced by another process: nothing outside the root is ever changed."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.change import Change
from hostnet.host.files import Files, Unreadable
from hostnet.model import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

from tests.integration.trees import A, B, attempt, snapshot, text, to


@contextmanager
def racing(step: Callable[[], None]) -> Iterator[mmap.mmap]:
    """Repeat the step in another process, as fast as it can; the first 8 bytes count."""
    counter = mmap.mmap(-1, 8)
    child = os.fork()
    if child == 0:
        try:
            while True:
                with suppress(OSError):
                    step()
                counter[:] = (int.from_bytes(counter[:], "little") + 1).to_bytes(8, "little")
        finally:
            os._exit(1)
    try:
        yield counter
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def exchange(one: Path, other: Path) -> None:
    """Swap two names in one step, so that the racing child loses no time."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, rename_exchange = -100, 2
    names = (os.fsencode(one), os.fsencode(other))
    if libc.renameat2(here, names[0], here, names[1], rename_exchange) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def race(root: Path, files: Files, step: Callable[[], None]) -> None:
    """Read and commit for a while as the step is repeated; nothing outside is touched."""
    outside = root.parent / "outside"
    before = snapshot(outside)
    outcomes: dict[str, int] = {}
    end = time.monotonic() + 4
    with racing(step) as count:
        number = 0
        while time.monotonic() < end:
            number += 1
            for _ in range(40):
                assert b"outside" not in files.read(A).data
            new = text(f"{number}")
            changes = [Change("/etc/netplan/gone/new", ABSENT, new, "test")]
            with suppress(Unreadable):
                changes += [to(files, A, new), to(files, B, new)]
            error = attempt(files, changes)
            if error is None:
                attempt(files, [changes[0].inverse])
            outcome = "done" if error is None else type(error).__name__
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            assert snapshot(outside) == before
    assert int.from_bytes(count[:], "little") > 1000
    assert len(outcomes) > 1, outcomes


@pytest.mark.parametrize("target", ["absolute", "relative"])
def test_a_folder_swapped_thousands_of_times_never_leads_outside(
    root: Path, files: Files, target: str
) -> None:
    swap = root / "etc/swap"
    swap.symlink_to(root.parent / "outside" if target == "absolute" else "../../outside")
    race(root, files, lambda: exchange(swap, root / "etc/netplan"))


def test_a_linked_folder_swapped_thousands_of_times_never_leads_outside(
    root: Path, files: Files
) -> None:
    (root / "etc/netplan").rename(root / "etc/real")
    (root / "etc/netplan").symlink_to("real")
    swap = root / "etc/swap"
    swap.symlink_to("../../outside")
    race(root, files, lambda: exchange(swap, root / "etc/netplan"))


def test_a_file_swapped_for_a_link_is_never_read_or_written_through(
    root: Path, files: Files
) -> None:
    swap = root / "etc/netplan/swap"
    swap.symlink_to("../../../outside/a.yaml")
    race(root, files, lambda: exchange(swap, root / A[1:]))
