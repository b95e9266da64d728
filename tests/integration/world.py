"""Small networks of real kernels: namespaces on one wire, gone with the process that made them.

A world is a shell script. It runs in namespaces of its own, as their PID 1: whatever it starts
ends with it, and the names of `ip netns` lie in a /run that nobody else sees.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

from tests import needs
from tests.checkout import ROOT

OURS, PEERS = "02:00:00:00:00:01", "02:00:00:00:00:02"
PYTHON = sys.executable
Value = Any
"""What the code found, and its caller knows."""

# Duplicate address detection by the kernels would only make every test wait for two seconds.
SETTLED = "for each in all default; do echo 0 >/proc/sys/net/ipv6/conf/$each/accept_dad; done"
WIRE = f"""
mount -t tmpfs tmpfs /run
{SETTLED}
ip link set lo up
ip netns add peer
ip netns exec peer sh -c '{SETTLED}'
ip link add lan0 address {OURS} type veth peer name peer0 netns peer address {PEERS}
ip link set lan0 up
ip -n peer link set lo up
ip -n peer link set peer0 up
ip address add 10.0.0.1/24 dev lan0
ip address add fd77::1/64 dev lan0
ip -n peer address add 10.0.0.2/24 dev peer0
ip -n peer address add fd77::2/64 dev peer0
"""
"""This host (10.0.0.1, fd77::1 on lan0) and another (10.0.0.2, fd77::2 on peer0)."""

_PROLOGUE = """
import pickle, sys
from ipaddress import ip_address as ip
"""
_EPILOGUE = """
sys.stdout.buffer.write(pickle.dumps(result))
"""


def found_in(world: str, code: str) -> Value:
    """What the code leaves as ``result``, run where the script has made a world."""
    needs.root()
    needs.link_kind("veth")
    unshare = [needs.tool("unshare"), "--net", "--mount", "--pid", "--fork", "--kill-child"]
    # With a shell as PID 1 that does not exec: what it started dies when it ends.
    script = f'set -e\n{world}\n"$@"\nexit 0'
    done = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", PYTHON, "-c", _PROLOGUE + code + _EPILOGUE],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        timeout=60,
    )
    assert done.returncode == 0
    return pickle.loads(done.stdout)
