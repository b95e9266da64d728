"""The command line itself: help, streams, exit codes; each command from the outside."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import hostnet
from hostnet.cli.commands import COMMANDS, hostnet as command
from tests.checkout import ROOT
from tests.integration.cli import DHCP, OURS, process, run, tree
from tests.integration.schemas import check

CLOUD = "etc/netplan/50-cloud-init.yaml"
ASKED = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1")


NETWORK = "ens34: 10.0.0.0/24 is the address of the network itself"
OUTSIDE = "ens34: the gateway 10.9.9.9 lies outside 10.0.0.0/24"


def examples(*argv: str) -> list[str]:
    """The commands below "Examples:" in a help text, without what is said beside them."""
    text = run(*argv, "--help").out
    lines = text.partition("Examples:\n")[2].splitlines()
    return [re.split(r" {2,}| > ", line.strip())[0] for line in lines if line.strip()]


# --- help and usage ----------------------------------------------------------------------


HELPS = [(), *((name,) for name in COMMANDS), ("dns", "status")]


@pytest.mark.parametrize("argv", HELPS, ids=" ".join)
def test_every_help_has_examples_that_parse(argv: tuple[str, ...]) -> None:
    found = examples(*argv)
    assert found
    for example in found:
        program, *words = shlex.split(example)
        assert program == "hostnet"
        with click.Context(command, info_name="hostnet", **command.context_settings) as group:
            name, one, rest = command.resolve_command(group, words)
            assert one is not None
            one.make_context(str(name), rest, parent=group)


@pytest.mark.parametrize("argv", HELPS, ids=" ".join)
def test_help_fits_a_terminal_and_names_every_option(argv: tuple[str, ...]) -> None:
    done = run(*argv, "-h")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 100
    for line in re.findall(r"^  -.*$", done.out, re.MULTILINE):
        assert re.search(r"  \S", line.strip()) or len(line) > 28, f"{line!r} says nothing"


def test_every_command_is_in_the_help_of_all() -> None:
    text = run("--help").out
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z]\w+", text, re.MULTILINE)
    for code in ("2 usage", "3 refused", "4 host", "5 busy", "6 failed", "7 failed", "10 with"):
        assert code in " ".join(text.split())


def test_the_version_is_told_the_quick_way_and_by_click() -> None:
    wanted = f"hostnet {hostnet.__version__}\n"
    assert process("--version").out == wanted
    assert run("--version").out == wanted


@pytest.mark.parametrize("argv", [("nonsense",), ("static",), ("status", "more"), ("--bogus",)])
def test_what_is_no_usage_exits_2_with_a_hint(argv: tuple[str, ...]) -> None:
    done = run(*argv)
    assert (done.code, done.out) == (2, "")
    assert "--help" in done.err


# --- streams -----------------------------------------------------------------------------


def test_json_is_alone_on_stdout_and_stderr_is_silent(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    for flag in ("-j", "--json"):
        done = process(*ASKED, "--root", str(tmp_path), "--dry-run", flag)
        check("result", done.json)
        assert done.err == ""


def test_progress_and_reasons_are_beside_the_result(tmp_path: Path) -> None:
    done = run(*ASKED, "--root", str(tree(tmp_path, {CLOUD: DHCP})))
    assert "looking at the host ...\n" in done.err
    assert "- dhcp4 off: the static address states the whole family\n" in done.err
    assert "..." not in done.out
    again = run(*ASKED, "--root", str(tmp_path), "--quiet")
    assert (again.out, again.err) == ("ens33: already so\n", "")


def test_quiet_leaves_the_outcome_and_the_findings(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {CLOUD: DHCP, "etc/netplan/a.yaml": DHCP.replace("dhcp4: true", "dhcp4: no\n" * 2)},
    )
    twice = DHCP.replace("      dhcp4: true\n", "      mtu: 1400\n      mtu: 1400\n")
    tree(tmp_path, {"etc/netplan/a.yaml": twice.replace("ens33", "ens34")})
    done = run(*ASKED, "--root", str(tmp_path), "-q")
    assert done.out == "ens33: written, in force at the image's next boot\n"
    assert [line.split(":")[0] for line in done.err.splitlines()][:1] == ["/etc/netplan/a.yaml"]


def at_terminal(*argv: str) -> list[str]:
    """The lines that a terminal shows in the end, carriage returns obeyed."""
    here, there = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "hostnet", *argv],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80"},
        stdin=there,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    data = b""
    while select.select([here], [], [], 60)[0]:
        try:
            chunk = os.read(here, 1 << 16)
        except OSError:  # EIO: the other end is closed
            break
        data += chunk
    os.close(here)
    assert child.wait() == 0
    assert b"\x1b" not in data, "no colours, no cursor movements"
    rows = []
    for line in data.decode().replace("\r\n", "\n").split("\n"):
        row = ""
        for part in line.split("\r"):
            row = part + row[len(part) :]
        rows.append(row.rstrip())
    return rows


def test_at_a_terminal_progress_leaves_no_trace(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    rows = at_terminal(*ASKED, "--root", str(tmp_path))
    assert rows[0] == f"# /{OURS}: defines ens33"
    assert not any("..." in row for row in rows)
    assert at_terminal(*ASKED, "--root", str(tmp_path)) == ["ens33: already so", ""]


def test_no_colours_with_or_without_being_asked(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    for env in ({"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}):
        done = process(*ASKED, "--root", str(tmp_path), "--dry-run", env=env)
        assert "\x1b" not in done.out + done.err


def test_a_stream_of_another_encoding_gets_what_it_can_show() -> None:
    for encoding in ("ascii", "latin-1"):
        done = process("render", "ens☃", "10.0.0.5/24", "--gateway", "none",
                       env={"PYTHONIOENCODING": encoding})  # fmt: skip
        assert "Traceback" not in done.err
        assert done.code == 0


def test_the_reader_of_stdout_may_go_away() -> None:
    script = '"$@" | true; exit "${PIPESTATUS[0]}"'
    done = process("validate", "--rules", before=("bash", "-c", script, "bash"))
    assert "Traceback" not in done.err


# --- exit codes --------------------------------------------------------------------------


def test_exit_code_10_means_it_would_change(tmp_path: Path) -> None:
    argv = (*ASKED, "--root", str(tree(tmp_path, {CLOUD: DHCP})), "--exit-code")
    assert run(*argv, "--dry-run").code == 10
    assert run(*argv, "--json").code == 10
    assert run(*argv).code == 0
    assert run(*argv, "--dry-run").code == 0


def test_findings_are_told_with_their_place_and_their_cure(tmp_path: Path) -> None:
    text = DHCP + "    ens34:\n      addresses: [10.0.0.0/24]\n      gateway4: 10.9.9.9\n"
    tree(tmp_path, {CLOUD: text})
    (tmp_path / CLOUD).chmod(0o644)
    done = run("validate", "--root", str(tmp_path))
    assert (done.code, done.out) == (0, "valid\n"), "lint is not netplan's verdict"
    assert [line for line in done.err.splitlines() if line[0] != " "] == [
        f"/{CLOUD}:1:1: warning: HN006 file-mode: /{CLOUD} has mode 0644",
        f"/{CLOUD}:7:19: error: HN013 host-is-network: {NETWORK}",
        f"/{CLOUD}:8:17: warning: HN007 gateway-key: ens34: gateway4 is deprecated",
        f"/{CLOUD}:8:17: error: HN012 gateway-off-link: {OUTSIDE}",
    ]
    assert all(line.startswith("    ") for line in done.err.splitlines()[1::2])
    assert run("validate", "--root", str(tmp_path), "--exit-code").code == 10
    ignore = [w for rule in ("HN006", "hn013", "gateway-key", "HN012") for w in ("--ignore", rule)]
    done = run("validate", "--root", str(tmp_path), "--exit-code", *ignore)
    assert (done.code, done.err) == (0, "")


# --- ignore, render ------- --------------------------------------------------------------


@pytest.mark.parametrize("token", ["HN012", "hn012", "gateway-off-link"])
def test_a_finding_is_ignored_by_its_id_or_name(token: str, tmp_path: Path) -> None:
    argv = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.9.9.9", "--root", str(tmp_path))
    assert run(*argv).code == 3
    assert run(*argv, "--ignore", "HN013").code == 3
    assert run(*argv, "--ignore", token).code == 0


@pytest.mark.parametrize("token", ["HN004", "HN002", "HN010", "HN999", "", "gateway off link"])
def test_what_cannot_be_ignored_is_a_usage_error(token: str, tmp_path: Path) -> None:
    done = run(*ASKED, "--root", str(tmp_path), "--ignore", token, "--json")
    check("error", done.json)
    assert (done.code, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.parametrize(
    "argv",
    [
        ("10.0.0.5/24", "--gateway", "10.0.0.1"),
        ("10.0.0.5/24", "2001:db8::5/64", "--gateway", "fe80::1", "--gateway", "10.0.0.1"),
        ("10.0.0.5/24", "--gateway", "none", "--dns", "1.1.1.1", "--search", "no", "--mtu", "1400"),
        ("10.0.0.5/32", "--gateway", "10.9.9.9", "--on-link", "--metric", "5"),
    ],
)
def test_render_says_what_static_writes_on_an_empty_image(
    argv: tuple[str, ...], tmp_path: Path
) -> None:
    rendered = run("render", "ens33", *argv)
    assert (rendered.code, rendered.err) == (0, "")
    assert run("static", "ens33", *argv, "--root", str(tmp_path)).code == 0
    assert rendered.out == (tmp_path / OURS).read_text()
    assert run("render", "ens33", *argv, "--json").json["yaml"] == rendered.out
