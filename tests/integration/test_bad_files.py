"""Files that nobody should have written: all are told of with their place, none is a traceback."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from shutil import which

import pytest

from tests import needs
from tests.integration.cli import DHCP, OURS, Ran, as_nobody, content, run, tree
from tests.integration.schemas import check

GOOD, BAD = "etc/netplan/10-good.yaml", "etc/netplan/20-bad.yaml"
ASKED = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1")
NETDEF = "network:\n  version: 2\n  ethernets:\n    ens34:\n"


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join([*lines, NETDEF])


FAULTY: list[tuple[str, str | bytes, str, tuple[int, int] | None]] = [
    ("tab", "network:\n\tversion: 2\n", "HN002", (2, 1)),
    ("unfinished", "network: {version: 2\n", "HN002", None),
    ("binary", b"\x00\x01\x7fELF\xfe\xff", "HN002", (1, 7)),
    ("nul", b"network:\n  version: 2\0\n", "HN002", (2, 13)),
    ("latin1", "# Zürich\nnetwork: {version: 2}\n".encode("latin-1"), "HN002", (1, 4)),
    ("utf16", "network: {version: 2}\n".encode("utf-16"), "HN002", (1, 1)),
    ("escape", "# \x1b[2J\nnetwork: {version: 2}\n", "HN002", (1, 3)),
    ("no alias", "network: {version: 2, renderer: *none}\n", "HN002", None),
    ("alias bomb", bomb(30), "HN003", None),
    ("deep", "network: " + "[" * 500 + "]" * 500 + "\n", "HN003", None),
    ("10 MB", "#" * (10 << 20), "HN001", (1, 1)),
    ("list", "- network\n", "HN008", (1, 1)),
    ("text", "network\n", "HN008", (1, 1)),
    ("network list", "network: [version]\n", "HN008", (1, 10)),
    ("empty section", "network:\n  version: 2\n  ethernets:\n", "HN008", None),
    ("netdef text", NETDEF.rstrip() + " dhcp4\n", "HN008", (4, 12)),
    ("a list as key", "? [a, b]\n: c\n", "HN002", None),
]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return tree(tmp_path, {GOOD: DHCP})


def refused(root: Path, *more: str) -> Ran:
    """Ask for a static address in the image, which must not change it."""
    before = content(root)
    done = run(*ASKED, *more, "--root", str(root), "--json")
    assert content(root) == before
    check("error", done.json)
    return done


@pytest.mark.parametrize(
    ("data", "rule", "place"), [row[1:] for row in FAULTY], ids=[row[0] for row in FAULTY]
)
def test_a_faulty_file_of_anyone_refuses_with_its_place(
    data: str | bytes, rule: str, place: tuple[int, int] | None, image: Path
) -> None:
    tree(image, {BAD: data})
    done = refused(image)
    assert (done.code, done.rules) == (3, [rule])
    (finding,) = done.json["findings"]
    assert finding["path"] == f"/{BAD}"
    assert place in (None, (finding["line"], finding["column"]))
    judged = run("validate", "--root", str(image), "--json")
    assert (judged.code, rule in judged.rules) == (3, True)
    named = run("validate", str(image / BAD))
    assert (named.code, named.out) == (3, "invalid\n")
    assert f"{BAD}:" in named.err
    assert named.err.isprintable() or named.err.replace("\n", "").isprintable()


def test_what_is_no_file_refuses_by_its_name(image: Path) -> None:
    (image / BAD).mkdir()
    (image / "etc/netplan/30.yaml").symlink_to("/gone/away.yaml")
    (image / "etc/netplan/40.yaml").symlink_to("40.yaml")
    os.mkfifo(image / "etc/netplan/50.yaml")
    done = refused(image)
    assert (done.code, done.rules) == (3, ["HN001"] * 4)
    messages = [finding["message"] for finding in done.json["findings"]]
    assert [message.partition(": ")[2] for message in messages] == [
        "is a directory",
        "is a symlink to /gone/away.yaml, which does not exist",
        f"cannot be read: {os.strerror(40)}",
        "is a named pipe, not a file",
    ]
    assert run("validate", "--root", str(image), "-j").rules == ["HN001"] * 4


def test_nothing_that_is_no_netplan_file_is_looked_at(image: Path) -> None:
    tree(image, {f"etc/netplan/{name}": "\t" for name in ("x.yml", ".x.yaml", "x.yaml~", "README")})
    assert run(*ASKED, "--root", str(image)).code == 0


def test_duplicate_keys_are_taken_as_netplan_does_and_told(image: Path) -> None:
    twice = NETDEF + "      dhcp4: false\n      dhcp4: true\n"
    tree(image, {BAD: twice})
    done = run(*ASKED, "--root", str(image), "--json")
    assert (done.code, done.rules) == (0, ["HN005"])
    (finding,) = done.json["findings"]
    assert (finding["severity"], finding["line"], finding["column"]) == ("warning", 6, 7)
    assert (image / BAD).read_text() == twice
    judged = run("validate", "--root", str(image), "--json")
    assert (judged.code, judged.json["valid"], judged.json["proven"]) == (0, True, True)
    assert run("validate", "--root", str(image), "--exit-code").code == 10


@pytest.mark.parametrize("form", ["crlf", "bom", "both", "no line break at the end"])
def test_other_systems_editors_leave_files_that_are_good(form: str, tmp_path: Path) -> None:
    text = DHCP + "    ens34: {dhcp4: true}  # keep\n"
    if form in ("crlf", "both"):
        text = text.replace("\n", "\r\n")
    if form in ("bom", "both"):
        text = f"\ufeff{text}"
    if form.startswith("no"):
        text = text.rstrip("\n")
    tree(tmp_path, {GOOD: text})
    done = run(*ASKED, "--root", str(tmp_path), "--json")
    assert (done.code, done.rules) == (0, [])
    left = (tmp_path / GOOD).read_bytes().decode()
    cut = "    ens33:\n      dhcp4: true\n".replace("\n", "\r\n" if "\r" in text else "\n")
    assert left == text.replace(cut, "")
    assert run(*ASKED, "--root", str(tmp_path)).out == "ens33: already so\n"
    assert run("validate", "--root", str(tmp_path)).out == "valid\n"


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "0x10", "1e3", "", "[1]"])
def test_numbers_that_are_none_are_netplans_to_refuse(number: str, image: Path) -> None:
    route = f"      routes: [{{to: default, via: 10.9.0.1, metric: {number}, table: {number}}}]\n"
    tree(image, {BAD: f"{NETDEF}      mtu: {number}\n      addresses: [10.9.0.5/24]\n{route}"})
    done = run("validate", "--root", str(image), "--json")
    check("validate", done.json)
    assert done.code in (0, 3)
    assert run(*ASKED, "--root", str(image), "--dry-run").code in (0, 3)


def test_a_name_of_bytes_is_told_safely(image: Path) -> None:
    for name in (b"\xff.yaml", b"a\nb.yaml", b"\x1b[2J.yaml"):
        Path(os.fsdecode(os.fsencode(image / "etc/netplan") + b"/" + name)).write_text("\t")
    done = run("validate", "--root", str(image))
    assert done.code == 3
    assert [line for line in done.err.splitlines() if "\x1b" in line or line == "b.yaml"] == []
    assert r"a\nb.yaml:1:1: error: HN002" in done.err


def test_two_files_of_one_name_are_not_one_configuration(tmp_path: Path) -> None:
    tree(tmp_path, {"a/x.yaml": DHCP, "b/x.yaml": "network: {bogus: 1}\n"})
    done = run("validate", str(tmp_path / "a/x.yaml"), str(tmp_path / "b/x.yaml"), "-j")
    assert (done.code, "have one name" in done.json["what"]) == (2, True)


@pytest.mark.parametrize("name", ["x.yml", "x", ".x.yaml", "*.yaml", "[a].yaml", "x y.yaml"])
def test_netplan_is_asked_whatever_the_file_is_called(name: str, tmp_path: Path) -> None:
    needs.tool("netplan")
    if which("ovs-vsctl"):
        pytest.skip("there is Open vSwitch here, whose absence only netplan itself would tell")
    tree(tmp_path, {name: "network:\n  bridges:\n    b:\n      openvswitch: {}\n"})
    (tmp_path / name).chmod(0o600)
    done = run("validate", str(tmp_path / name), "--json")
    assert (done.code, done.json["proven"], done.rules) == (3, True, ["HN004"])
    finding = done.json["findings"][0]
    assert (finding["path"], finding["line"]) == (str(tmp_path / name), 4)


def test_a_file_that_is_too_large_for_us_is_not_called_proven(tmp_path: Path) -> None:
    tree(tmp_path, {BAD: bomb(30)})
    done = run("validate", "--root", str(tmp_path), "--json")
    assert (done.code, done.json["valid"], done.json["proven"]) == (3, False, False)
    ignored = refused(tmp_path, "--ignore", "HN003")
    assert (ignored.code, ignored.rules) == (3, ["HN003"])


def test_an_ordinary_user_is_not_told_that_private_files_are_broken() -> None:
    needs.root()
    with tempfile.TemporaryDirectory(prefix="hostnet-test-") as folder:
        root = tree(Path(folder), {GOOD: DHCP})
        root.chmod(0o755)
        done = as_nobody("validate", "--root", folder)
        assert done.code == 4
        assert f"Run: sudo hostnet validate --root {folder}\n" in done.err
        (root / GOOD).chmod(0o644)
        assert as_nobody("validate", "--root", folder).out == "valid\n"


def test_our_own_file_gone_bad_is_named(image: Path) -> None:
    assert run(*ASKED, "--root", str(image)).code == 0
    ours = image / OURS
    ours.write_text(ours.read_text() + "\t")
    ours.chmod(0o644)
    done = refused(image)
    assert (done.code, done.json["findings"][0]["path"]) == (3, f"/{OURS}")
