"""hostnet validate: which files it takes for what, and what it tells of them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import hostnet
from tests.checkout import ROOT
from tests.integration.cli import DHCP, OURS, process, run, tree

CLOUD = "etc/netplan/50-cloud-init.yaml"
ASKED = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1")


def test_what_netplan_refuses_exits_3_at_its_place(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": "network:\n  ethernets:\n    ens33: {bogus: 1}\n"})
    done = run("validate", str(tmp_path / "a.yaml"))
    assert (done.code, done.out) == (3, "invalid\n")
    place = f"{tmp_path}/a.yaml:3:13: error: HN100 key-unknown: ens33: unknown key 'bogus'\n"
    assert place + " " * 8 + "ens33: {bogus: 1}\n" + " " * 16 + "^\n" in done.err
    assert run("validate", str(tmp_path / "a.yaml"), "--exit-code").code == 3


def test_several_files_are_one_configuration(tmp_path: Path) -> None:
    one = "network:\n  ethernets:\n    ens33: {addresses: [10.0.0.5/24]}\n"
    tree(tmp_path, {"a.yaml": one, "b.yaml": one.replace("ens33", "ens34")})
    paths = [str(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    assert run("validate", *paths, "--json").rules == ["HN016"]
    assert run("validate", paths[0], "--json").rules == []


def test_a_folder_is_searched_and_each_file_is_one_configuration(tmp_path: Path) -> None:
    one = "network:\n  ethernets:\n    ens33: {addresses: [10.0.0.5/24]}\n"
    other = one.replace("ens33", "ens34")
    tree(tmp_path, {"hosts/a.yaml": one, "hosts/b.yaml": other, "c.yaml": "network: 1", "d": "["})
    done = run("validate", str(tmp_path), "--json")
    assert (done.code, done.rules, done.json["configurations"]) == (3, ["HN008"], 3)
    assert run("validate", str(tmp_path / "hosts"), "--json").json["configurations"] == 2
    # What is called netplan is read as netplan reads it.
    (tmp_path / "hosts").rename(tmp_path / "netplan")
    (tmp_path / "netplan/a.yaml").chmod(0o600)
    (tmp_path / "netplan/b.yaml").chmod(0o600)
    done = run("validate", str(tmp_path / "netplan"), "--json")
    assert (done.code, done.rules, done.json["configurations"]) == (0, ["HN016"], 1)
    empty = run("validate", str(tmp_path / "netplan"), str(tmp_path / "none"))
    assert (empty.code, "none: " in empty.err) == (3, True)


def test_many_files_are_shared_out_and_told_in_their_order(tmp_path: Path) -> None:
    texts = {f"{number:04}.yaml": f"network: {{version: {number}}}" for number in range(400)}
    tree(tmp_path, texts)
    done = run("validate", str(tmp_path), "--json")
    places = [finding["path"][-9:-5] for finding in done.json["findings"]]
    assert places == [name[:4] for name in texts if name != "0002.yaml"]
    assert done.json["configurations"] == 400
    told = run("validate", str(tmp_path))
    assert told.out == "invalid (400 configurations)\n"
    assert told.err.count("HN107") == 399


def test_at_a_terminal_a_bar_shows_how_far_it_is(tmp_path: Path) -> None:
    tree(tmp_path, {f"{number:03}.yaml": "network: {version: 2}" for number in range(100)})
    (tmp_path / "070.yaml").write_text("network: {version: 3}")
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "hostnet", "validate", str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=theirs, cwd=ROOT) as started:
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # EIO: the other end is closed
            while more := os.read(ours, 4096):
                seen += more
        os.close(ours)
    assert started.returncode == 3
    lines = seen.decode().replace("\n", "").split("\r")
    steps = [line.rstrip() for line in lines if line.startswith("[")]
    assert steps == [
        "[############............] 50 of 100 configurations ...",
        "[########################] 100 of 100 configurations ...",
    ]
    # Nothing of the bar is left where a finding stands.
    found = next(index for index, line in enumerate(lines) if "070.yaml:1:20: error" in line)
    assert not lines[found - 1].strip()
    assert not lines[-1].strip()


def test_a_release_is_named_by_its_own_name_or_by_ubuntus(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": "network: {dummy-devices: {d: {}}}"})
    path = str(tmp_path / "a.yaml")
    assert run("validate", path, "--netplan", "1.1").code == 0
    assert run("validate", path, "--release", "26.04").code == 0
    for option in (("--netplan", "0.106"), ("--release", "22.04"), ("--release", "bookworm")):
        done = run("validate", path, *option, "--json")
        assert (done.code, done.rules, done.json["proven"]) == (3, ["HN106"], False)
    done = run("validate", path, "--all-releases")
    assert (done.code, done.out) == (3, "invalid; accepted by netplan: 1.1, 1.2\n")
    assert "known since netplan 1.1 (netplan 0.106)" in done.err
    for wrong in (("--netplan", "2"), ("--release", "x"), ("--netplan", "1.1", "--all-releases")):
        assert run("validate", path, *wrong).code == 2


def test_standard_input_and_cloud_inits_files_are_taken(tmp_path: Path) -> None:
    bare = "version: 2\nethernets: {e: {dhcp4: yep}}\n"
    done = process("validate", "-", "--json", stdin=bare)
    assert (done.code, done.rules) == (3, ["HN102"])
    assert done.json["findings"][0]["path"] == "-"
    tree(tmp_path, {"network-config": bare, "etc/netplan/a.yaml": bare})
    assert run("validate", str(tmp_path / "network-config"), "--json").rules == ["HN102"]
    # netplan itself takes no such file.
    rules = run("validate", "--root", str(tmp_path), "--json", "--ignore", "HN006").rules
    assert rules == ["HN100", "HN100"]


def test_a_secret_is_not_shown_with_the_line_it_is_in(tmp_path: Path) -> None:
    text = "network: {wifis: {w: {access-points: {a: {password: hunter2hunter2, mode: x}}}}}\n"
    tree(tmp_path, {"a.yaml": text, "b.yaml": text.replace("}", "")})
    for name in ("a.yaml", "b.yaml"):
        done = run("validate", str(tmp_path / name))
        assert done.code == 3
        assert "hunter2" not in done.out + done.err
    shown = run("validate", str(tmp_path / "a.yaml"), "--json").json["findings"][-1]["excerpt"]
    line, caret = shown.split("\n")
    assert line[caret.index("^") :].startswith("x}}")


def test_a_folder_that_is_not_there_does_not_exist(tmp_path: Path) -> None:
    done = run("validate", str(tmp_path / "none.yaml"))
    assert (done.code, "does not exist" in done.err) == (3, True)


def test_relative_names_are_those_of_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, {CLOUD: DHCP, "a.yaml": "\t"})
    monkeypatch.chdir(tmp_path)
    assert run("validate", "a.yaml").err.startswith("a.yaml:1:1: error: HN002")
    assert run(*ASKED, "--root", ".").code == 0
    assert (tmp_path / OURS).exists()


def test_a_plain_call_says_what_the_long_way_does(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": DHCP, "b.yaml": "network: {ethernets: {e: {dhcp4: yep}}}\n"})
    there = ("env", "-C", str(tmp_path))
    for words in (["a.yaml"], ["b.yaml"], ["none.yaml"], ["b.yaml", "--netplan", "1.1"], ["."],
                  ["--release", "22.04", "b.yaml"], ["a.yaml", "--netplan", "5"], ["--netplan"],
                  ["a.yaml", "--release", "--json"], ["a.yaml", "b.yaml"]):  # fmt: skip
        short = process("validate", *words, before=there)
        # After an option that changes nothing click reads the line.
        long = process("validate", "--root", "/", *words, before=there)
        assert (short.code, short.out, short.err) == (long.code, long.out, long.err), words


def test_nothing_of_the_host_is_imported(tmp_path: Path) -> None:
    """No D-Bus; and no click, whose import takes as long as all the rest."""
    tree(tmp_path, {"a.yaml": DHCP})
    script = """
import sys
from hostnet.cli import main
sys.argv[1:] = ["validate", "a.yaml", "--netplan", "1.2"]
main()
print(sorted({"click", "dbus_next", "asyncio", "jsonschema", "ruamel", "jinja2"} & {*sys.modules}))
"""
    argv = [sys.executable, "-c", script]
    env = {"PYTHONPATH": str(ROOT), "PATH": "/nowhere"}
    done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "valid\n[]\n"


def test_a_reader_that_has_heard_enough_ends_it(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": DHCP})
    argv = f"{sys.executable} -m hostnet validate {tmp_path}/a.yaml | :"
    done = subprocess.run(["sh", "-c", argv], cwd=ROOT, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_every_rule_is_listed_once() -> None:
    lines = run("validate", "--rules").out.splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in hostnet.rules()]
