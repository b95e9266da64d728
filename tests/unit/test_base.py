"""The distribution: one version everywhere, a wheel with everything in it, a tidy top level."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest

import hostnet
from tests.checkout import PACKAGE, ROOT, build_wheel, files

pytestmark = pytest.mark.checkout

TOP_LEVEL = {
    *("hostnet", "schemas", "examples", "tests", "debian", ".ci"),
    *("pyproject.toml", "CHANGELOG.md", "LICENSE", "Makefile"),
}
"""What may lie at the top, beside README* and dot-files."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def _metadata(wheel: Path, name: str) -> str:
    with ZipFile(wheel) as archive:
        (entry,) = (each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
        return archive.read(entry).decode()


def test_the_top_level_is_tidy() -> None:
    top = {path.parts[0] for path in files()}
    strangers = {name for name in top if not name.startswith((".", "README"))} - TOP_LEVEL
    assert not strangers, "code goes below hostnet/, helpers of the build below tests/ or .ci/"


def test_the_changelog_starts_with_this_version() -> None:
    newest = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == hostnet.__version__


def test_the_version_is_literal() -> None:
    # else setuptools would import the package, and its dependencies, to build it
    line = f'__version__ = "{hostnet.__version__}"'
    assert line in (PACKAGE / "__init__.py").read_text().splitlines()


def test_the_wheel_has_this_version(wheel: Path) -> None:
    assert HeaderParser().parsestr(_metadata(wheel, "METADATA"))["Version"] == hostnet.__version__


def test_the_wheel_has_the_command(wheel: Path) -> None:
    scripts = configparser.ConfigParser()
    scripts.read_string(_metadata(wheel, "entry_points.txt"))
    assert dict(scripts["console_scripts"]) == {"hostnet": "hostnet.cli:main"}


def test_the_wheel_has_every_file_and_no_other(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        built = {name for name in archive.namelist() if ".dist-info/" not in name}
    # Schemas lie at the top of the checkout and inside the package when installed.
    wanted = {
        path.as_posix() if path.parts[0] == "hostnet" else f"hostnet/{path.as_posix()}"
        for path in files()
        if path.parts[0] == "hostnet" or (path.parts[0] == "schemas" and path.suffix == ".json")
    }
    assert "hostnet/py.typed" in wanted
    assert any(name.startswith("hostnet/schemas/") for name in wanted), "there are no schemas"
    assert any(name.startswith("hostnet/templates/") for name in wanted), "there are no templates"
    assert sorted(built) == sorted(wanted), "see [tool.setuptools] in pyproject.toml"


def test_the_wheel_works_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = (
        "import hostnet, sys; from importlib.resources import files; from hostnet.cli import main;"
        "assert any(each.name.endswith('.json') for each in files('hostnet.schemas').iterdir());"
        "print(hostnet.__file__); sys.argv = ['hostnet', '--version']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    where, said = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert hostnet.__version__ in said
