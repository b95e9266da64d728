"""The laboratory's fixtures for pytest: `pytest_plugins = ["tests.lab.plugin"]`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.lab import MACHINE_PACKAGES, SUITES, cleanup
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.router import Router

_TOOLS = (
    *("mmdebstrap", "systemd-nspawn", "dnsmasq", "ip", "ping", "nsenter", "setpriv"),
    "mkfs.ext4",
)


def why_not() -> str | None:
    """Say why no host can be booted here, or None where one can."""
    if os.geteuid() != 0:
        return "booting hosts needs root"
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    if missing := [tool for tool in _TOOLS if shutil.which(tool, path=path) is None]:
        return f"booting hosts needs {', '.join(missing)} (packages: {' '.join(MACHINE_PACKAGES)})"
    return None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have images built while those tests run that boot no host: on a new machine it takes minutes.

    Whoever needs one that is not there yet waits for it, or builds it and tells what went wrong.
    """
    options = session.config.option
    if getattr(session.config, "workerinput", {"workerid": "gw0"})["workerid"] != "gw0":
        return  # one of pytest-xdist's processes is enough
    wanted = any(item.get_closest_marker("e2e") for item in session.items)
    if not wanted or options.collectonly or why_not():
        return
    argv = [sys.executable, "-m", "tests.lab", "images", "--containers"]
    quiet = subprocess.DEVNULL
    builder = subprocess.Popen(
        argv, cwd=session.config.rootpath, stdin=quiet, stdout=quiet, stderr=quiet,
        start_new_session=True,
    )  # fmt: skip
    session.config.add_cleanup(partial(_end, builder))


def _end(builder: subprocess.Popen[bytes]) -> None:
    """With its mmdebstrap, which takes its own files away."""
    if builder.poll() is None:
        os.killpg(builder.pid, signal.SIGTERM)
    builder.wait()


@pytest.fixture(scope="session")
def laboratory() -> type[Laboratory]:
    """The class of laboratories, on a machine that can have one; for fixtures of wider scope.

    Sweeps what dead runs left and sees to our own end. Where no host can be booted the test is
    skipped; in continuous integration (CI=true) that is a failure instead.
    """
    if reason := why_not():
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    cleanup.install()
    return Laboratory


@pytest.fixture
def lab(laboratory: type[Laboratory]) -> Iterator[Laboratory]:
    """A laboratory for one test."""
    with laboratory() as lab:
        yield lab


@pytest.fixture
def lab_router(lab: Laboratory) -> Callable[..., Router]:
    """A factory of routers: `Laboratory.router`."""
    return lab.router


@pytest.fixture
def boot_host(lab: Laboratory) -> Callable[..., Host]:
    """A factory of booted hosts: `Laboratory.host`."""
    return lab.host


@pytest.fixture(params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    """Each suite in turn."""
    return str(request.param)
