"""The operator's own SSH connection, also where sudo has taken its variable away."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = "from hostnet.host.session import session_address as s; print(s())"
FROM_PARENT = (sys.executable, "-c", PROGRAM)
WITHOUT = ("env", "-u", "SSH_CONNECTION", *FROM_PARENT)
CASES = {
    "of this process": (FROM_PARENT, "10.0.0.9 50000 10.0.0.5 22", "10.0.0.5"),
    "of a parent": (("sh", "-c", '"$@"; true', "sh", *WITHOUT), "::1 50000 2001:db8::5 22",
                    "2001:db8::5"),
    "of a link": (FROM_PARENT, "fe80::2%eth0 50000 fe80::1%eth0 22", "fe80::1%eth0"),
    "none": (WITHOUT, "", "None"),
    "no address": (FROM_PARENT, "a b c d", "None"),
    "too short": (FROM_PARENT, "10.0.0.5", "None"),
}  # fmt: skip


@pytest.mark.parametrize(("argv", "value", "address"), CASES.values(), ids=CASES)
def test_the_servers_address_is_found(argv: tuple[str, ...], value: str, address: str) -> None:
    env = {**os.environ, "SSH_CONNECTION": value}
    if not value:
        del env["SSH_CONNECTION"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == address
