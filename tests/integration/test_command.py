"""host/command: other programs, their environment, their end and their deadline."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.host import command
from hostnet.host.command import CommandError, run

if TYPE_CHECKING:
    from types import FrameType


def sh(script: str, *, timeout: float = 20) -> command.Completed:
    return run(["sh", "-c", script], timeout=timeout)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_running(pid)


def test_output_and_messages_are_kept_apart() -> None:
    done = sh("printf 'a\\377b'; echo warned >&2")
    assert done.stdout == b"a\xffb"
    assert done.text == "a\ufffdb"
    assert done.stderr == "warned\n"
    assert done.returncode == 0


def test_arguments_reach_the_program_as_they_are() -> None:
    odd = ["$HOME", "a b", "*", ";id", "`id`", "", "ä\n"]
    done = run(["printf", "%s\\0", *odd], timeout=20)
    assert done.stdout.decode().split("\0")[:-1] == odd


def test_the_environment_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/nowhere.so")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("PATH", "/tmp")
    lines = run(["env"], timeout=20, env={"EXTRA": "1"}).text.split()
    assert dict(line.split("=", 1) for line in lines) == {**command.ENVIRONMENT, "EXTRA": "1"}


def test_a_program_is_never_found_on_the_operators_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ours-alone"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.find("ours-alone") is None
    with pytest.raises(CommandError, match="not found"):
        run(["ours-alone"], timeout=20)
    assert run([str(program)], timeout=20).returncode == 0


def test_standard_input_is_empty_or_what_was_given() -> None:
    assert run(["cat"], timeout=20).stdout == b""
    assert run(["cat"], timeout=20, input=b"x\0y").stdout == b"x\0y"


def test_much_input_and_much_output_do_not_block_each_other() -> None:
    much = os.urandom(1 << 20) * 4
    assert run(["cat"], timeout=60, input=much).stdout == much


def test_a_program_that_reads_no_input_is_no_error() -> None:
    assert run(["true"], timeout=20, input=b"x" * (1 << 20)).returncode == 0


def test_a_missing_program_is_named_with_a_remedy() -> None:
    with pytest.raises(CommandError) as caught:
        run(["hostnet-no-such", "a b"], timeout=20)
    assert caught.value.what.startswith("`hostnet-no-such 'a b'` cannot be run: not found")
    assert "hostnet-no-such" in caught.value.remedy
    assert caught.value.exit_code == 4


def test_what_is_no_program_is_told_apart(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program\n")
    with pytest.raises(CommandError, match="Permission denied"):
        run([str(text)], timeout=20)
    text.chmod(0o755)
    with pytest.raises(CommandError, match="Exec format error"):
        run([str(text)], timeout=20)


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such folder"):
        run(["true"], timeout=20, cwd=str(tmp_path / "gone"))
    assert run(["pwd"], timeout=20, cwd=str(tmp_path)).text.strip() == str(tmp_path)


def test_an_exit_status_is_an_error_with_the_last_messages() -> None:
    with pytest.raises(CommandError) as caught:
        sh("for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; echo >&2; exit 78")
    error = caught.value
    assert "exited with status 78" in error.what
    assert error.what.startswith("`sh -c ")
    assert error.why == "line 3\nline 4\nline 5\nline 6\nline 7"
    assert error.returncode == 78


def test_an_accepted_status_is_an_answer() -> None:
    assert run(["false"], timeout=20, accept=(0, 1)).returncode == 1
    assert run(["sh", "-c", "exit 9"], timeout=20, accept=None).returncode == 9
    assert run(["sh", "-c", "kill -ABRT $$"], timeout=20, accept=None).returncode == -6


def test_a_signal_is_named() -> None:
    with pytest.raises(CommandError, match="was killed by SIGKILL"):
        sh("kill -KILL $$")


def test_control_characters_never_reach_the_terminal() -> None:
    # A colour, a title, a bell, a carriage return, CSI as one letter, right-to-left.
    said = "\x1b[31mred\x1b[0m\x1b]0;title\a\a\r\x9bx\u202ey\nlast\n".encode()
    with pytest.raises(CommandError) as caught:
        run(["sh", "-c", "cat >&2; exit 1"], timeout=20, input=said)
    assert caught.value.why == "red]0;title\nxy\nlast"
    assert all(letter.isprintable() for letter in caught.value.why.replace("\n", ""))
    with pytest.raises(CommandError) as caught:
        run(["false", "\x1b[31m\u202e"], timeout=20)
    assert caught.value.what.isprintable()


def test_the_deadline_kills_the_program_and_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    start = time.monotonic()
    with pytest.raises(CommandError) as caught:
        sh(f"sleep 61 & echo $! >{pids}; echo $$ >>{pids}; echo waiting >&2; wait", timeout=0.5)
    assert time.monotonic() - start < 10
    assert "did not end within 0.5 s" in caught.value.what
    assert caught.value.why == "waiting"
    assert caught.value.returncode is None
    child, parent = map(int, pids.read_text().split())
    assert wait_until_gone(child)
    assert not Path(f"/proc/{parent}").exists(), "it was not waited for"


def test_a_program_that_ignores_sigterm_dies_too() -> None:
    with pytest.raises(CommandError, match="did not end within"):
        sh("trap '' TERM HUP INT; while :; do sleep 0.1; done", timeout=0.3)


def test_a_child_left_behind_with_the_output_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(CommandError, match="did not end within"):
        sh(f"sleep 62 & echo $! >{pid}", timeout=0.5)
    assert wait_until_gone(int(pid.read_text()))


def test_even_one_in_a_session_of_its_own_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    start = time.monotonic()
    with pytest.raises(CommandError, match="did not end within"):
        sh(f"setsid sh -c 'echo $$ >{pid}; exec sleep 63' & wait", timeout=1)
    assert time.monotonic() - start < 10
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_an_exception_of_a_signal_leaves_no_program_behind(tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stop

    pid = tmp_path / "pid"
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(Stop):
            sh(f"echo $$ >{pid}; exec sleep 64")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not is_running(int(pid.read_text()))


def test_the_program_has_no_terminal_and_none_of_our_files() -> None:
    with open(sys.executable, "rb") as held:
        inheritable = os.dup2(held.fileno(), 100)
        try:
            listed = run(["ls", "/proc/self/fd"], timeout=20).text.split()
        finally:
            os.close(inheritable)
    assert listed == ["0", "1", "2", "3"], "3 is the folder that ls itself reads"
    assert sh("ps -o tty= -p $$").text.strip() == "?"


def test_find_looks_where_run_does() -> None:
    assert command.find("sh") in ("/usr/bin/sh", "/bin/sh")
    assert command.find("hostnet-no-such") is None
    assert "/usr/local" not in command.PATH
