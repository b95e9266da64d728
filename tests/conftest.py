"""What all tests share: the laboratory's fixtures, the marker of each folder, their order.

`make test` has two processes that take file after file (pytest-xdist, --dist loadfile): much of
what hosts do is waiting. A plain `pytest` does the cheap ones first.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import needs

pytest_plugins = ["tests.lab.plugin"]

_FOLDERS = {"unit": "unit", "integration": "integration", "lab": "e2e", "e2e": "e2e"}
_ORDER = ("unit", "integration", "e2e")
_LAST = ("test_cni.py",)
"""It needs images of its own, which are built last."""


settings.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # both measure the machine
settings.load_profile("tests")


def pytest_configure() -> None:
    """Let programs be interrupted by SIGINT again.

    A shell that starts a run in the background has it ignored, and all that the run starts
    would inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by its folder and put those that boot hosts last."""
    for item in items:
        kind = _kind(item)
        if kind != "unit":
            item.add_marker(kind)
    items.sort(key=lambda item: (_ORDER.index(_kind(item)), item.path.name in _LAST))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Ask for root before a fixture of the laboratory does any work."""
    if item.get_closest_marker("e2e"):
        needs.root()


def _kind(item: pytest.Item) -> str:
    """Return unit, integration or e2e; a test in another folder counts as unit."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return _FOLDERS.get(folder, "unit")
