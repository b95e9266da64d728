"""Linters are tests, so that a plain pytest run shows everything there is to show."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from tests import needs
from tests.checkout import ROOT, files

pytestmark = pytest.mark.checkout


def _clean(*argv: str) -> None:
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def _module(name: str) -> tuple[str, str, str]:
    needs.require(importlib.util.find_spec(name), f"{name} is not installed (the extra `test`)")
    return sys.executable, "-m", name


def test_ruff_finds_nothing() -> None:
    _clean(*_module("ruff"), "check", "--output-format=concise")


def test_the_code_is_formatted() -> None:
    _clean(*_module("ruff"), "format", "--check")


def test_the_types_hold() -> None:
    _clean(*_module("mypy"))


def test_shell_scripts_are_clean() -> None:
    scripts = [path for path in files() if _is_shell(path.name, (ROOT / path).read_bytes())]
    assert scripts
    _clean(needs.tool("shellcheck"), *map(str, scripts))


def _is_shell(name: str, content: bytes) -> bool:
    first = content.split(b"\n", 1)[0]
    return name.endswith(".sh") or first in (b"#!/bin/sh", b"#!/bin/sh -e", b"#!/bin/bash")
