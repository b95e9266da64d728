"""Who would undo a pin by writing /etc/resolv.conf again, and what stops him.

Sources: resolvconf(8) of Debian, whose libc hook leaves a resolv.conf alone that is not its
link; resolvconf.conf(5) of openresolv; dhclient-script(8), make_resolv_conf; dhcpcd.conf(5),
nohook; tailscale, net/dns/direct.go, which writes the file where resolved is not in use, and
again when it is changed; wg-quick(8), DNS=, which calls resolvconf; wsl.conf(5); Proxmox VE
Administration Guide, "Guest Operating System Configuration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.dns.facts import DnsFacts
    from hostnet.dns.pin import PinMode

BOTH: tuple[PinMode, ...] = ("resolved", "direct")
DIRECT: tuple[PinMode, ...] = ("direct",)


class Refusal(Value):
    """Why this host does not let itself be pinned so, and what would change that."""

    what: str
    remedy: str


class _Rule(Value):
    """In which modes a program is in the way, and how."""

    modes: tuple[PinMode, ...]
    how: str
    remedy: str


_PROGRAMS = {
    "openresolv": _Rule(
        BOTH,
        "rewrites /etc/resolv.conf whenever a link changes",
        "Set resolvconf=NO in /etc/resolvconf.conf, or remove openresolv.",
    ),
    "dhclient": _Rule(
        BOTH,
        "rewrites /etc/resolv.conf at each renewal of its lease",
        "Put `make_resolv_conf() { :; }` into /etc/dhcp/dhclient-enter-hooks.d/nodnsupdate, or "
        "give its link to networkd.",
    ),
    "dhcpcd": _Rule(
        BOTH,
        "rewrites /etc/resolv.conf at each renewal of its lease",
        "Write `nohook resolv.conf` into /etc/dhcpcd.conf, or give its link to networkd.",
    ),
    "connman": _Rule(
        BOTH, "keeps /etc/resolv.conf for its own proxy", "Let it start with --nodnsproxy."
    ),
    "tailscaled": _Rule(
        DIRECT,
        "writes /etc/resolv.conf where resolved is not in use",
        "Run: tailscale set --accept-dns=false",
    ),
    "wg-quick": _Rule(
        DIRECT,
        "sets DNS= by resolvconf(8), which is resolved's and fails without it",
        "Take DNS= out of the file, or pin in mode resolved.",
    ),
    "WSL": _Rule(
        BOTH,
        "makes /etc/resolv.conf anew at each start",
        "Write generateResolvConf=false below [network] in /etc/wsl.conf, and restart WSL.",
    ),
}
"""Debian's resolvconf, ifupdown and cloud-init are not among them: none of them touches a
resolv.conf that another made (cloud-init's resolv_conf module is not for Debian and Ubuntu).
Nor is NetworkManager: a pin tells it to leave DNS alone."""

_WRITERS = {
    "tailscale": _Rule(
        BOTH,
        "keeps /etc/resolv.conf, and writes it again when it is changed",
        "Run: tailscale set --accept-dns=false",
    ),
    "docker": _Rule(
        BOTH, "made /etc/resolv.conf for this container", "Start the container with --dns."
    ),
    "Proxmox": _Rule(
        BOTH,
        "writes /etc/resolv.conf from outside at each start of this container",
        "Set its nameserver in Proxmox, or make /etc/.pve-ignore.resolv.conf.",
    ),
    "WSL": _PROGRAMS["WSL"],
    "dhcpcd": _PROGRAMS["dhcpcd"],
    "connman": _PROGRAMS["connman"],
}

_LOCKS = {
    "immutable": ("is immutable", "Run: chattr -i /etc/resolv.conf"),
    "mounted": ("has a file mounted on it", "Unmount it, or change what is mounted."),
    "read-only": ("lies on a file system that is read-only", "Mount it for writing first."),
}
_MOUNTERS = {
    "docker": "Start the container with --dns; docker mounts the file.",
    "podman": "Start the container with --dns; podman mounts the file.",
    "kubernetes": "Set dnsPolicy and dnsConfig of the pod; kubelet mounts the file.",
    "systemd-nspawn": "Start the container with --resolv-conf=off.",
    "lxc": "Take the mount out of the container's configuration.",
}


def in_the_way(facts: DnsFacts, mode: PinMode) -> Refusal | None:
    """The first program that would not let a pin of this mode last."""
    return next(_in_the_way(facts, mode), None)


def locked(facts: DnsFacts) -> Refusal | None:
    """Why /etc/resolv.conf cannot become another file."""
    if facts.lock is None:
        return None
    what, remedy = _LOCKS[facts.lock]
    if facts.lock == "mounted":
        remedy = _MOUNTERS.get(facts.container, remedy)
    return Refusal(f"/etc/resolv.conf {what}", remedy)


def _in_the_way(facts: DnsFacts, mode: PinMode) -> Iterator[Refusal]:
    writer = _WRITERS.get(facts.conf.owner)
    if writer is not None and mode in writer.modes:
        yield Refusal(f"{facts.conf.owner} {writer.how}", writer.remedy)
    manager = facts.networkmanager
    if manager is not None and manager.against:
        remedy = "Take the setting away: hostnet's own comes before it, and has no say."
        yield Refusal(f"NetworkManager is told {manager.against}", remedy)
    for rival in facts.rivals:
        rule = _PROGRAMS.get(rival.program)
        if rule is not None and mode in rule.modes:
            yield Refusal(f"{rival.program} ({rival.sign}) {rule.how}", rule.remedy)
