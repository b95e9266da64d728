"""hostnet's command line under test: in this process, as a process, as an ordinary user; images.

In this process is the rule, for it is quick. A process of its own is for what only one has: its
signals, its streams, a lock that another must see.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import pkgutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import hostnet
from hostnet.cli.commands import hostnet as command
from hostnet.kubernetes.tables import toml
from hostnet.model import SourceFile
from tests.checkout import ROOT

NOBODY = 65534
OURS = "etc/netplan/90-hostnet.yaml"
LOCK = "run/hostnet/lock"
DHCP = """\
network:
  version: 2
  ethernets:
    ens33:
      dhcp4: true
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code and both of its streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401
        """What it printed, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def rules(self) -> list[str]:
        """The ids of the findings in its JSON document."""
        return [finding["id"] for finding in self.json["findings"]]


def run(*argv: str) -> Ran:
    """Run the command line in this process; a traceback of its own is the test's."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = _exit_code(argv)
    for number, action in signals.items():
        signal.signal(number, action)
    return Ran(code, out.getvalue(), err.getvalue())


def _exit_code(argv: tuple[str, ...]) -> int:
    try:
        command.main(list(argv), prog_name="hostnet")
    except SystemExit as end:
        return int(end.code or 0)


def process(
    *argv: str,
    env: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
    stdin: str | None = None,
) -> Ran:
    """Run it as a process, behind the words ``before`` (unshare and its like)."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "hostnet", *argv],
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def as_nobody(*argv: str) -> Ran:
    """Run it as an ordinary user; as the one we are, if we are not root.

    By a fork, not a new interpreter: python and the checkout may lie in root's home. So all
    that it may import, others' modules too, is imported before.
    """
    for module in pkgutil.walk_packages(hostnet.__path__, "hostnet."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    run("render", "ens33", "10.0.0.5/24", "--gateway", "none", "--json")
    toml(SourceFile("/none"))
    codecs.lookup("ascii")
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            _as_nobody(argv, out.fileno(), err.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read())
    return Ran(code, *texts)


def _as_nobody(argv: tuple[str, ...], out: int, err: int) -> NoReturn:
    code = 99
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        with open(out, "w", closefd=False) as stdout, open(err, "w", closefd=False) as stderr:
            sys.stdout, sys.stderr = stdout, stderr
            code = _exit_code(argv)
    finally:
        if code == 99:
            os.write(err, traceback.format_exc().encode())
        os._exit(code)


def tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """An image: the files by their paths below the root, each 0600."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
    return root


def times(root: Path) -> dict[str, tuple[int, int, int]]:
    """Inode and both times of everything below the root but the lock, which is taken each time."""
    found = {}
    for path in (root, *sorted(root.rglob("*"))):
        if path.relative_to(root).as_posix() != LOCK:
            status = path.lstat()
            found[str(path)] = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    return found


def content(root: Path) -> dict[str, tuple[str, int, int, bytes]]:
    """Everything below the root but hostnet's lock: mode, owner and bytes."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name == LOCK or LOCK.startswith(f"{name}/"):
            continue
        status = path.lstat()
        data = b""
        if path.is_symlink():
            data = os.fsencode(os.readlink(path))
        elif path.is_file():
            data = path.read_bytes()
        found[name] = (stat.filemode(status.st_mode), status.st_uid, status.st_gid, data)
    return found
