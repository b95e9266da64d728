"""host/oracle: where it works, what it touches, and how it fails."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest

from hostnet.errors import Unsuitable
from hostnet.host import oracle
from hostnet.host.command import CommandError
from hostnet.host.files import Files
from hostnet.host.oracle import locate
from hostnet.model import Position
from tests import needs
from tests.integration.judging import FILE, GOOD, ethernet, installed, judge, prove, refusal
from tests.integration.trees import as_nobody

pytestmark = pytest.mark.usefixtures("scratch")


def test_a_temporary_folder_with_a_pattern_in_its_name_hides_nothing(
    core: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured: given such a root as an absolute path, netplan finds no file and accepts."""
    odd = tmp_path / "[odd] *"
    odd.mkdir()
    monkeypatch.setenv("TMPDIR", str(odd))
    bad = {FILE: ethernet("dhcp4: yep").encode()}
    assert not oracle.prove(core, bad, scratch=str(tmp_path / "none" / "none")).accepted
    assert list(odd.iterdir()) == []


def test_an_ordinary_user_gets_the_same_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    core = installed()

    def work() -> None:
        assert prove(core, {FILE: GOOD.encode()}).network_files[0][0] == "10-netplan-eth0.network"
        bad = prove(core, {FILE: ethernet("dhcp4: yep").encode()})
        assert refusal(bad) == ("invalid boolean value 'yep'", Position(FILE, 5, 14))

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o1777)
        monkeypatch.setenv("TMPDIR", folder)
        as_nobody(work)
        assert os.listdir(folder) == []


def test_a_scratch_folder_that_others_prepared_is_not_used(
    tmp_path: Path,
) -> None:
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(trap)
    for name in ("trap", "link"):
        before = trap.stat().st_mtime_ns
        folder = str(tmp_path / name)
        assert oracle.prove(installed(), {FILE: GOOD.encode()}, scratch=folder).accepted
        assert trap.stat().st_mtime_ns == before


def test_netplan_touches_nothing_but_the_scratch_root(tmp_path: Path) -> None:
    """What it runs reaches no manager: generate before 1.2 starts networkd in a booting host."""
    log = tmp_path / "calls"
    program = tmp_path / "core"
    calls = "trace=execve,connect,openat,mkdir,unlink,rename,symlink"
    program.write_text(
        f'#!/bin/sh\nexec {needs.tool("strace")} -f -o {log} -e {calls} {installed()} "$@"\n'
    )
    program.chmod(0o755)
    assert prove(str(program), {FILE: GOOD.encode()}).accepted
    text = log.read_text()
    written = re.findall(r"openat\(\w+, \"(.*?)\", \S*O_(?:WRONLY|RDWR)", text)
    written += re.findall(r"(?:mkdir|unlink|rename|symlink)\(.*\"(.*?)\"", text)
    assert {path for path in written if not path.startswith("./")} <= {"/dev/null"}
    assert 'sun_path="/run/systemd/private"' not in text
    assert "system_bus_socket" not in text


def test_a_core_that_is_not_there_is_said_so() -> None:
    with pytest.raises(CommandError, match="not found"):
        prove("/usr/libexec/netplan/none", {FILE: GOOD.encode()})


def test_a_core_that_hangs_is_ended(tmp_path: Path, scratch: Path) -> None:
    program = tmp_path / "core"
    program.write_text("#!/bin/sh\nexec sleep 65\n")
    program.chmod(0o755)
    with pytest.raises(CommandError, match="did not end within"):
        oracle.prove(str(program), {FILE: GOOD.encode()}, scratch=str(scratch), seconds=0.3)
    assert list(scratch.iterdir()) == []


def test_a_core_that_says_nothing_refuses_all_the_same(tmp_path: Path) -> None:
    program = tmp_path / "core"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    message, _ = refusal(judge(str(program), GOOD))
    assert message.endswith("exited with status 3")


def test_no_room_for_the_scratch_root_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    with pytest.raises(Unsuitable, match="verdict"):
        oracle.prove(installed(), {FILE: GOOD.encode()}, scratch=str(tmp_path / "none/none"))


def test_a_path_that_leaves_the_root_is_a_mistake_of_the_caller(scratch: Path) -> None:
    for path in ("/etc/../../x", "etc/netplan/x"):
        with pytest.raises(ValueError, match="not a logical path"):
            prove(installed(), {path: b""})
    assert list(scratch.iterdir()) == []


def test_the_newest_core_comes_first(tmp_path: Path) -> None:
    with Files() as machine:
        assert locate(machine) == locate()
    with Files(str(tmp_path)) as elsewhere:
        assert locate(elsewhere) == locate()
