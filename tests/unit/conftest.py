"""What several unit tests begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hostnet.host.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    """An empty root."""
    with Files(str(tmp_path)) as files:
        yield files
