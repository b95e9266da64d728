"""hostnet on the oldest Python and libraries it promises, those of Ubuntu 22.04.

The libraries' versions are the lower bounds in pyproject.toml, taken from the installed metadata,
so that a bound and what is tested cannot drift apart. Where the machine has no Python 3.10, the
running one stands in: the libraries are the oldest all the same.
"""

from __future__ import annotations

import hashlib
import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import interpreters, needs
from tests.checkout import ROOT, build_wheel
from tests.interpreters import VERSIONS, Interpreter

VENV = ROOT / ".venv-oldest"
TOOLS = ("pytest", "pytest-timeout", "hypothesis", "jsonschema")
"""What unit tests import beside hostnet; the linters run once, on the newest."""

BUILD = ("setuptools==66.1.1", "wheel==0.38.4")
"""Debian 12's, the oldest whose packages are built here; they do not run on Python 3.12."""

NEWER = {"pyyaml>=5.4.1": "pyyaml==6.0"}
"""What no tool of today builds for Python 3.10 as Ubuntu 22.04 did: the oldest ready-made one."""


def _lower_bounds() -> list[str]:
    parsed = [Requirement(each) for each in requires("hostnet") or ()]
    needed = [str(each) for each in parsed if "extra" not in str(each.marker)]
    return [NEWER.get(each, each.replace(">=", "==")) for each in needed]


@pytest.fixture(scope="module")
def oldest() -> Interpreter:
    """Return an environment with the oldest versions, kept until something about it changes."""
    base = interpreters.find(10) or interpreters.RUNNING
    build = BUILD if int(base.version.split(".")[1]) < 12 else ("setuptools>=66", "wheel")
    wanted = [*_lower_bounds(), *TOOLS, *build]
    python = VENV / "bin" / "python"
    project = (ROOT / "pyproject.toml").read_bytes()
    recipe = "\n".join((base.path, base.version, str(ROOT), *wanted)).encode()
    key = hashlib.sha256(recipe + project).hexdigest()
    stamp = VENV / "made-from"
    if not stamp.exists() or stamp.read_text() != key:
        _run(base.path, "-m", "venv", "--clear", str(VENV))
        _pip(python, *wanted)
        _pip(python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        stamp.write_text(key)
    return Interpreter(str(python), base.version)


def _pip(python: Path, *arguments: str) -> None:
    _run(str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments)


def _run(*argv: str) -> str:
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(argv)}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


@pytest.mark.slow
def test_unit_tests_pass_on_the_oldest_versions(oldest: Interpreter) -> None:
    # no cache: its "last failed" belongs to the outer run
    options = ("-q", "-m", "not checkout", "-p", "no:cacheprovider")
    _run(oldest.path, "-m", "pytest", *options, "tests/unit")


@pytest.mark.slow
def test_nameservers_are_asked_with_the_oldest_library(oldest: Interpreter) -> None:
    needs.root()
    options = ("-q", "-p", "no:cacheprovider")
    _run(oldest.path, "-m", "pytest", *options, "tests/integration/test_asking_names.py")


@pytest.mark.slow
def test_the_oldest_build_tools_make_the_wheel(oldest: Interpreter, tmp_path: Path) -> None:
    assert build_wheel(tmp_path, oldest.path).name.startswith("hostnet-")


@pytest.mark.parametrize("minor", [minor for _, minor in VERSIONS])
def test_every_version_understands_the_source(minor: int, tmp_path: Path) -> None:
    found = interpreters.find(minor)
    if found is None:
        pytest.skip(f"this machine has no Python 3.{minor}")  # a distribution has only one
    argv = ["-X", f"pycache_prefix={tmp_path}", "-W", "error", "-m", "compileall", "-q", "hostnet"]
    _run(found.path, *argv)
