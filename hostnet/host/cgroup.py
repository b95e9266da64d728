"""Where the kernel lists the processes of a service, without asking the service manager."""

from __future__ import annotations


def lists(unit: str) -> tuple[str, ...]:
    """The files that may do so: of cgroup v2, hybrid, v1 (systemd's CGROUP_DELEGATION).

    One is there exactly while the service of the system has processes (systemd.exec(5)).
    """
    return tuple(
        f"/sys/fs/cgroup/{hierarchy}system.slice/{unit}/cgroup.procs"
        for hierarchy in ("", "unified/", "systemd/")
    )
