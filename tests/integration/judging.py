"""The real netplan as judge, of this machine and of each suite, for the tests of the oracle."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from hostnet.findings import NETPLAN_REFUSED
from hostnet.host import oracle
from hostnet.host.oracle import Verdict, locate
from hostnet.model import Position
from tests import needs
from tests.lab import images

FILE = "/etc/netplan/90-hostnet.yaml"
KEY = "GKL5LrvzLnNzmVSpQOZl0ovQm4pSEPFK4ZiiMtGVBk4="
GOOD = """\
network:
  version: 2
  ethernets:
    eth0:
      addresses: [10.0.0.5/24]
      routes: [{to: default, via: 10.0.0.1}]
"""
# netplan's tree is asked in place: in a mount namespace of its own the scratch root is
# bound to the tree's /mnt, where nothing is written, and the core runs below the tree.
_INSIDE = """\
#!/bin/sh
exec unshare --mount sh -c 'mount --bind . "$0/mnt" && exec chroot "$0" env -C /mnt {core} "$@"' \
    {tree} "$@"
"""


def installed() -> str:
    """The core of this machine's netplan."""
    found = locate()
    needs.require(found, f"netplan is not installed (Debian package {needs.PACKAGE_OF['netplan']})")
    assert found is not None
    return found.core


@pytest.fixture(
    params=[
        "installed",
        *(pytest.param(suite, marks=pytest.mark.e2e) for suite in ("bookworm", "trixie", "sid")),
    ]
)
def core(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The core of this machine's netplan, or of a suite's inside its tree."""
    if request.param == "installed":
        return installed()
    tree = images.image(request.param)
    path = next(path for path in oracle.CORES if (tree / path[1:]).exists())
    program = tmp_path / "core"
    program.write_text(_INSIDE.format(core=path, tree=tree))
    program.chmod(0o755)
    return str(program)


def ethernet(*lines: str) -> str:
    """A configuration of one card with these lines."""
    body = "".join(f"      {line}\n" for line in lines)
    return f"network:\n  version: 2\n  ethernets:\n    eth0:\n{body}"


def tunnel(*lines: str) -> str:
    """A configuration of one tunnel with these lines."""
    return ethernet(*lines).replace("ethernets", "tunnels").replace("eth0", "wg0")


def judge(core: str, text: str | bytes, path: str = FILE) -> Verdict:
    """The verdict on a text, after a look at what no verdict may do."""
    verdict = prove(core, {path: text if isinstance(text, bytes) else text.encode()})
    told = str(verdict.findings) + str(verdict.warnings)
    assert "oracle-" not in told
    assert "./" not in told
    assert os.listdir(os.environ["TMPDIR"]) == []
    return verdict


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for scratch roots that no other test run uses."""
    folder = tmp_path / "scratch"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def prove(core: str, files: Mapping[str, bytes]) -> Verdict:
    """The verdict, with the scratch root in that place."""
    return oracle.prove(core, files, scratch=os.environ["TMPDIR"])


def refusal(verdict: Verdict) -> tuple[str, Position | None]:
    """The one refusal: message and place."""
    (finding,) = verdict.findings
    assert finding.rule is NETPLAN_REFUSED
    assert not verdict.accepted
    assert verdict.network_files == ()
    assert finding.message.isprintable()
    return finding.message, finding.position
