"""Manual pages and completions: of the command line as it is, and as its readers take them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from hostnet.cli.commands import COMMANDS, hostnet
from hostnet.cli.manual.__main__ import main
from hostnet.cli.manual.node import _EXAMPLE
from hostnet.cli.manual.pages import contexts, page_name
from hostnet.cli.manual.places import PLACES
from hostnet.findings import rules
from hostnet.host import descriptions
from hostnet.node.parse import parse
from tests import needs
from tests.checkout import ROOT

ALL = {page_name(ctx): ctx for ctx in contexts(hostnet)}
RELEASE = "1790000000"
"""Seconds since 1970: 2026-09-21."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", RELEASE)
        main(folder)
    return folder


def plain(written: Path, page: str) -> str:
    """The page as a reader sees it, in one line."""
    section = page.rpartition(".")[2]
    argv = [needs.tool("mandoc"), "-T", "ascii", str(written / f"man/man{section}/{page}")]
    text = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout
    return " ".join(re.sub(".\b", "", text).split())


def test_there_is_a_page_for_each_command(written: Path) -> None:
    assert {"hostnet", "hostnet-static", "hostnet-cni-protect"} <= set(ALL)
    assert {path.name for path in (written / "man/man1").iterdir()} == {f"{p}.1" for p in ALL}


@pytest.mark.parametrize("name", ALL)
def test_a_page_says_all_that_the_command_takes(name: str, written: Path) -> None:
    ctx, text = ALL[name], plain(written, f"{name}.1")
    assert f"{name} -" in text
    assert "2026-09-21" in text
    for parameter in ctx.command.get_params(ctx):
        if isinstance(parameter, click.Option):
            assert " ".join((parameter.help or "").replace("`", "").split()) in text
            for spelled in parameter.opts:
                assert re.search(rf" {spelled}\b", text), spelled
        else:
            assert str(parameter.metavar or parameter.name) in text
    for below in ALL.values():
        if below.parent is not None and below.parent.command_path == ctx.command_path:
            assert f"{page_name(below)}(1)" in text


@pytest.mark.parametrize("page", [*(f"{name}.1" for name in ALL), "hostnet-node.5", "hostnet.7"])
def test_a_page_is_clean(page: str, written: Path) -> None:
    path = written / f"man/man{page[-1]}/{page}"
    done = subprocess.run(
        [needs.tool("mandoc"), "-T", "lint", "-W", "warning", str(path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_first_page_names_exit_codes_and_files(written: Path) -> None:
    text = plain(written, "hostnet.1")
    for said in ("7 tried and failed, the old state is NOT verified back", "10 with --exit-code:"):
        assert said in text
    for path, meaning in PLACES:
        assert f"{path} {meaning}" in text


def test_the_overview_names_every_rule_and_only_commands_that_there_are(written: Path) -> None:
    text = plain(written, "hostnet.7")
    for rule in rules():
        assert f"{rule.id} {rule.name} ({rule.severity})" in text
    source = (ROOT / "hostnet/cli/manual/overview.txt").read_text()
    named = set(re.findall(r"(?:^    (?:.*sudo )?|`)hostnet ([a-z]+)", source, re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


def test_the_page_of_nodes_says_what_their_schema_says(written: Path) -> None:
    text = plain(written, "hostnet-node.5")
    schema = json.loads((ROOT / "schemas/node.schema.json").read_text())
    named = 0
    for part in schema["$defs"].values():
        for key, value in part.get("properties", {}).items():
            assert f" {key} (" in text
            assert value.get("description", "").replace("`", "") in text
            named += 1
    assert named > 20
    for path in descriptions.PATHS:
        assert path in text


def test_the_example_of_nodes_is_one() -> None:
    nodes, findings = parse("example", _EXAMPLE.encode())
    assert [node.name for node in nodes] == ["k8s-1", "k8s-2"]
    assert findings == ()


def test_pages_are_the_same_bytes_each_time_and_have_no_date_unless_told(
    written: Path, tmp_path: Path
) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": RELEASE}
    argv = [sys.executable, "-m", "hostnet.cli.manual"]
    subprocess.run([*argv, str(tmp_path / "a")], env=env, check=True, timeout=60)
    del env["SOURCE_DATE_EPOCH"]
    subprocess.run([*argv, str(tmp_path / "b")], env=env, check=True, timeout=60)

    def texts(folder: Path) -> dict[str, bytes]:
        paths = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    assert texts(tmp_path / "a") == texts(written)
    assert b"2026" not in (tmp_path / "b/man/man1/hostnet.1").read_bytes()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("hostnet st", {"static", "status"}),
        ("hostnet cni pro", {"protect"}),
        ("hostnet static ens33 --keep", {"--keep-dhcp"}),
        ("hostnet static ens33 --ignore HN049", {"HN049"}),
        ("hostnet static ens33 --ignore HN001", set()),  # netplan's own verdict stands
        ("hostnet static ens33 --no-probe ", {"gateway", "nameserver", "lookup", "api-server"}),
    ],
)
def test_bash_is_offered_what_could_be_typed(
    typed: str, offered: set[str], written: Path, tmp_path: Path
) -> None:
    assert complete(typed, written, tmp_path) == offered


def test_bash_is_offered_the_links_of_this_host(written: Path, tmp_path: Path) -> None:
    links = set(os.listdir("/sys/class/net")) - {"lo", "bonding_masters"}
    assert complete("hostnet static ", written, tmp_path) == links


def complete(typed: str, written: Path, folder: Path) -> set[str]:
    """What bash would offer behind the words, as readline asks for it."""
    program = folder / "hostnet"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m hostnet "$@"\n')
    program.chmod(0o755)
    script = written / "bash-completion/completions/hostnet"
    words = typed.split(" ")
    asked = (
        f"complete() {{ :; }}; source {script}; COMP_WORDS=({typed!s} ''); "
        f"COMP_CWORD={len(words) - 1}; _hostnet_completion {program}; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", asked], env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("shell", "path"),
    [
        ("zsh", "zsh/vendor-completions/_hostnet"),
        ("fish", "fish/vendor_completions.d/hostnet.fish"),
    ],
)
def test_other_shells_can_read_theirs(shell: str, path: str, written: Path) -> None:
    argv = [needs.tool(shell), "-n", str(written / path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
