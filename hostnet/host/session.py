"""Which of the host's addresses the operator's own SSH connection ends at."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostnet.model import IP

_NAME = "SSH_CONNECTION"
_INIT = 1


def session_address() -> IP | None:
    """The server's address in SSH_CONNECTION (ssh(1)); None where no SSH session is found.

    sudo and su do not pass it on, but whoever called them still has it: so the parents of
    this process are asked, too (proc_pid_environ(5); root may read them all).
    """
    text = os.environ.get(_NAME) or _inherited(os.getppid())
    words = text.split()
    if len(words) != 4:
        return None
    try:
        return ip_address(words[2])
    except ValueError:
        return None


def _inherited(pid: int) -> str:
    while pid > _INIT:
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                pairs = environ.read().split(b"\0")
            with open(f"/proc/{pid}/stat", "rb") as status:
                fields = status.read().rpartition(b")")[2].split()
        except OSError:
            return ""
        for pair in pairs:
            name, _, value = pair.partition(b"=")
            if name.decode(errors="replace") == _NAME:
                return value.decode(errors="replace")
        pid = int(fields[1])
    return ""
