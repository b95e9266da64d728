"""An operator's SSH session, from the router, as a user with sudo."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.lab.host import Host
from tests.lab.machine import Machine
from tests.lab.waiting import until

USER = "jana"
_SSHD = "AuthorizedKeysFile /etc/ssh/lab_keys\nUseDNS no\n"
_LOGIND = "[Login]\nKillUserProcesses=yes\n"
_SUDOERS = f"{USER} ALL=(ALL) NOPASSWD: ALL\n"


def with_sessions(machine: Machine) -> Machine:
    """The same machine with a logind that ends all that a session began, and sudo for the user."""
    return (
        machine.having("/etc/ssh/sshd_config.d/lab.conf", _SSHD)
        .having("/etc/systemd/logind.conf.d/lab.conf", _LOGIND)
        .having("/etc/sudoers.d/lab", _SUDOERS, 0o440)
    )


def welcome(host: Host) -> None:
    """Make the user, give him a key and start sshd; to be called once, and again after a boot."""
    key = _key(host)
    if not key.exists():
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        host.run(["useradd", "--create-home", "--shell", "/bin/bash", USER])
        host.write("/etc/ssh/lab_keys", key.with_suffix(".pub").read_text())
        host.disk.sync()
    host.run(["systemctl", "start", "ssh.service"])


def session(host: Host, address: str) -> list[str]:
    """The prefix of an argv that shall run in a session of the user, who has a terminal."""
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=30")
    argv = ["nsenter", f"--net=/run/netns/{host.router.namespace}", "ssh", "-tt", "-q"]
    argv += ["-F", "none", "-i", str(_key(host))]
    for option in options:
        argv += ["-o", option]
    return [*argv, f"{USER}@{address}", "sudo"]


def wait_gone(host: Host) -> None:
    """Return once the user has no process any more."""
    argv = ["pgrep", "--uid", USER, "--full", "sshd|sudo|hostnet"]
    until(lambda: host.run(argv, check=False).returncode == 1, "the session stays", 5, 0.05)


def _key(host: Host) -> Path:
    return host.folder / "key"
