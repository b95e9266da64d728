"""Any text in any argument: parsed or refused, never a traceback, never loose on a terminal."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from tests.integration.cli import DHCP, content, run, tree
from tests.integration.schemas import check

NASTY = (
    *("\n", "a\nb", "\r", "\x1b[2J", "\x07", "\x7f", "\x9b31m", "\u202eabc", "\udcff", "\t", " "),
    *("", "'", '"', "#", "a # b", "a: b", "[", "{}", "&a", "*a", "!x", "%s", "`id`", "$(id)", ";"),
    *("..", "../..", "/etc/passwd", "x" * 5000, "9" * 5000, "-", "--", "-x", "\ufeff", "é", "☃"),
    *("10.0.0.5/24\nnetwork:", "10.0.0.5/24 ", "10.0.0.5/24#", "010.0.0.5/24", "10.0.0.5/0024999"),
    *(
        "10.0.0.5/" + "0" * 5000 + "24",
        "fe80::1%eth0/64",
        "::ffff:10.0.0.1",
        "1.1.1.1\nx",
        "0",
        "-1",
    ),
    "10.0.0.0/8,10.0.0.1," + "9" * 5000,
    "10.0.0.0/8,10.0.0.1,",
    ",,",
    "default,",
    "default,::1\n",
)
PLACES = (
    ("interface", ("static", "{}", "10.0.0.5/24", "--gateway", "none")),
    ("address", ("static", "ens33", "{}", "--gateway", "none")),
    ("gateway", ("static", "ens33", "10.0.0.5/24", "--gateway", "{}")),
    ("dns", ("static", "ens33", "10.0.0.5/24", "--gateway", "none", "--dns", "{}")),
    ("search", ("static", "ens33", "10.0.0.5/24", "--gateway", "none", "--search", "{}")),
    ("route", ("static", "ens33", "10.0.0.5/24", "--gateway", "none", "--route", "{}")),
    ("mtu", ("static", "ens33", "10.0.0.5/24", "--gateway", "none", "--mtu", "{}")),
    ("metric", ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--metric", "{}")),
    ("ignore", ("static", "ens33", "10.0.0.5/24", "--gateway", "none", "--ignore", "{}")),
    ("option", ("static", "ens33", "10.0.0.5/24", "--gateway", "none", "--{}")),
)


def is_safe(text: str) -> bool:
    """Whether it steers no terminal; only diffs may hold tabs."""
    return all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize("argv", [argv for _, argv in PLACES], ids=[place for place, _ in PLACES])
def test_a_nasty_text_is_refused_whole_or_is_one(argv: tuple[str, ...], tmp_path: Path) -> None:
    tree(tmp_path, {"etc/netplan/a.yaml": DHCP})
    before = content(tmp_path)
    for text in NASTY:
        asked = [text if word == "{}" else word.replace("{}", text) for word in argv]
        done = run(*asked, "--root", str(tmp_path), "--dry-run")
        assert content(tmp_path) == before, repr(text)
        assert done.code in (0, 2, 3), (text, done)
        assert is_safe(done.out + done.err), (text, done)
        if "\n" in text and text.strip():
            # It shows escaped, within a line, or not at all.
            assert text not in done.out + done.err, (text, done)
        if done.code == 0:
            judged = run(*asked, "--root", str(tmp_path), "--dry-run", "--json")
            check("result", judged.json)
        else:
            assert "hostnet: " in done.err or "Error: " in done.err


@pytest.mark.parametrize("text", [text for text in NASTY if text not in ("", "-", "--", "-x")])
def test_a_nasty_root_is_no_root(text: str, tmp_path: Path) -> None:
    done = run("static", "ens33", "10.0.0.5/24", "--root", f"{tmp_path}/none/{text}")
    assert done.code == 4
    assert is_safe(done.err)
    assert done.err.count("\n") < 4
    assert run("validate", "--root", f"{tmp_path}/none/{text}").code == 4


@pytest.mark.parametrize("text", [pytest.param(text if text == "\udcff" else ()) for text in NASTY])
def test_nasty_words_elsewhere_are_told_safely(text: str) -> None:
    for argv in (
        (text,),
        ("status", text),
        ("render", text),
        ("render", text, "10.0.0.5/24", "--gateway", "none"),
        ("render", "ens33", text),
        ("validate", f"/none/{text}"),
        (f"--{text}",),
        ("status", f"--x{text}"),
    ):
        done = run(*argv)
        assert done.code in (0, 2, 3), (argv, done)
        assert is_safe(done.out + done.err), (argv, done)


def test_json_is_json_even_for_words_that_click_refuses() -> None:
    for argv in (
        ("status", "\x1b", "-j"),
        ("static", "-j"),
        ("static", "a", "--mtu", "x", "--json"),
        ("nonsense", "--json"),
        ("render", "ens33", "--no", "-j"),
    ):
        done = run(*argv)
        check("error", done.json)
        assert (done.code, done.json["exit"], done.err) == (2, 2, "")
        assert done.json["remedy"].startswith("`hostnet")
    assert run("static", "--", "-j").out == "", "behind -- it is a name"


WORDS = st.one_of(
    st.sampled_from(
        (
            *("static", "render", "validate", "status", "ens33", "10.0.0.5/24", "2001:db8::5/64"),
            *(
                "--gateway",
                "--dns",
                "--search",
                "--route",
                "--mtu",
                "--metric",
                "--ignore",
                "--on-link",
            ),
            *(
                "--keep-dhcp",
                "--exit-code",
                "--json",
                "-j",
                "-q",
                "--help",
                "--version",
                "--",
                "none",
            ),
            *(
                "10.0.0.1",
                "fe80::1",
                "HN012",
                "HN020",
                "10.1.0.0/16,10.0.0.1",
                "default,10.0.0.1,5",
            ),
            *("1500", "0", "lab.example", "no", "--rules", "/dev/null", "/etc/hostname"),
        )
    ),
    st.sampled_from(NASTY),
    st.text(max_size=12).filter(lambda text: "\0" not in text),
    st.text(string.digits + ".:/,%-abcdef", max_size=24),
)


@given(st.lists(WORDS, max_size=9))
@example(["10.0.0.5/0032999"])
@settings(max_examples=150, derandomize=True)
def test_no_words_whatever_end_in_a_traceback(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder), {"etc/netplan/a.yaml": DHCP})
        before = content(root)
        for first in ("static", "render"):
            more = ["--root", folder, "--dry-run"] if first == "static" else []
            done = run(first, *more, "ens33", *words)
            assert done.code in (0, 2, 3, 4, 10)
            assert is_safe(done.out + done.err)
        if "--root" not in words:
            assert content(root) == before
