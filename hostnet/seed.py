"""What cloud-init is told so that hostnet makes a machine its node: texts, nothing written.

Sources: cloud-init's reference, "NoCloud" (the files of a seed), "Networking config Version 2"
(netplan's own language), and its modules "Write Files", "Runcmd" and "Bootcmd".
"""

from __future__ import annotations

from typing import Literal

from hostnet.netplan.document import Mapping, parse
from hostnet.netplan.render import block
from hostnet.templates import constant, rendered

SeedFormat = Literal["user-data", "network-config", "nocloud-dir"]
Hook = Literal["runcmd", "bootcmd"]
USER_DATA, NETWORK_CONFIG, META_DATA = "user-data", "network-config", "meta-data"
_INDENT = " " * 6
"""Of a literal text's lines: two more than those of its mapping in the template."""


def user_data(description: str, hook: Hook) -> str:
    """The cloud-config that brings the description and has hostnet follow it."""
    lines = description.rstrip("\n").split("\n")
    return rendered(
        USER_DATA,
        description="\n".join(f"{_INDENT}{line}" for line in lines),
        hook=constant(f"hook-{hook}").decode().rstrip("\n"),
    ).decode()


def network_config(netplan: str) -> str:
    """What cloud-init itself renders before the network comes up: the same as hostnet's file.

    Without the outer ``network:``, which not every release takes.
    """
    root = parse(NETWORK_CONFIG, netplan.encode()).root
    assert isinstance(root, Mapping)
    return block(root.mapping("network"))


def meta_data(name: str) -> str:
    """The instance's identity, and the host's name."""
    return f"instance-id: {name}\nlocal-hostname: {name}\n"
