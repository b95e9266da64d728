"""Lines of JSON in a file that is only ever added to: a long run can be ended and gone on with."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Lines:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, line: dict[str, Any]) -> None:
        """Write it down, so that it is not lost whatever ends this run."""
        with self._lock, self._path.open("a+") as file:
            file.seek(0)
            whole = file.read().endswith("\n") or not file.tell()
            file.write(("" if whole else "\n") + json.dumps(line) + "\n")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            try:
                yield json.loads(line)
            except ValueError:  # the line that was being written when a run was killed
                continue
