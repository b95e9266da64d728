"""Whether /etc/resolv.conf can become another file, and which programs may write it again."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.dns import networkmanager
from hostnet.dns.facts import Rival
from hostnet.dns.syntax import assignments
from hostnet.host.immutable import is_immutable
from hostnet.host.observe import is_active, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.dns.facts import Lock, NetworkManager
    from hostnet.host.files import Files
    from hostnet.model import Observed

_PATH = "/etc/resolv.conf"
_RESOLVCONF = ("/sbin/resolvconf", "/usr/sbin/resolvconf")
_HOOKS = "/etc/dhcp/dhclient-enter-hooks.d"
_DNS = re.compile(rb"^\s*DNS\s*=", re.MULTILINE | re.IGNORECASE)
_NO_HOOK = re.compile(rb"^\s*nohook\b.*\bresolv\.conf\b", re.MULTILINE)
_FALSE = ("0", "no", "false", "off")


def lock() -> Lock | None:
    """What keeps the name from becoming another file on the running host."""
    with (
        suppress(OSError),
        open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file,
    ):
        if any(line.split()[4] == _PATH for line in file):
            return "mounted"
    with suppress(OSError):
        if os.statvfs("/etc").f_flag & os.ST_RDONLY:
            return "read-only"
    if is_immutable(_PATH):
        return "immutable"
    return None


def container(files: Files) -> str:
    """What this is a container of, "" if of nothing (systemd's word, or the engine's mark)."""
    with suppress(OSError), open("/run/systemd/container", encoding="ascii") as file:
        return file.read().strip()
    for path, engine in (("/.dockerenv", "docker"), ("/run/.containerenv", "podman")):
        if files.exists(path):
            return engine
    return "wsl" if _is_wsl() else ""


def _is_wsl() -> bool:
    return "microsoft" in os.uname().release.lower()


def manager(files: Files) -> NetworkManager | None:
    """NetworkManager, if it runs."""
    if not is_active("NetworkManager.service"):
        return None
    paths = [
        f"{folder}/{name}"
        for folder in networkmanager.FOLDERS
        for name in names_in(files, folder)
        if name.endswith(".conf")
    ]
    found = (files.read(path) for path in (networkmanager.MAIN, *paths))
    return networkmanager.read(file for file in found if file.data)


def rivals(files: Files, observed: Observed) -> tuple[Rival, ...]:
    """Those at work on the host, or installed in the image."""
    return tuple(_rivals(files, observed))


def _rivals(files: Files, observed: Observed) -> Iterator[Rival]:
    yield from _resolvconf(files)
    for file in observed.interfaces_files:
        if b"dns-nameservers" in file.data:
            yield Rival("ifupdown", file.path)
    for file in observed.cloud_files:
        if b"manage_resolv_conf: true" in file.data:
            yield Rival("cloud-init", file.path)
    for name in names_in(files, "/etc/wireguard"):
        path = f"/etc/wireguard/{name}"
        if name.endswith(".conf") and _DNS.search(files.read(path).data):
            yield Rival("wg-quick", path)
    if observed.system.live:
        yield from _running(files, resolved=observed.system.resolved)


def _resolvconf(files: Files) -> Iterator[Rival]:
    """Not the one that is resolved's own, under another name (resolvectl(1))."""
    path = next((path for path in _RESOLVCONF if files.exists(path)), None)
    if path is None or (files.readlink(path) or "").endswith("resolvectl"):
        return
    own = files.read("/etc/resolvconf.conf")  # openresolv's alone
    if not own.data:
        yield Rival("resolvconf", path)
    elif not re.search(rb"^\s*resolvconf=[\"']?NO\b", own.data, re.MULTILINE | re.IGNORECASE):
        yield Rival("openresolv", path)


def _running(files: Files, *, resolved: bool) -> Iterator[Rival]:
    there = names_in(files, "/run")
    pid = next((n for n in there if n.startswith("dhclient") and n.endswith(".pid")), None)
    if pid is not None and not _is_hooked(files, resolved=resolved):
        yield Rival("dhclient", f"/run/{pid}")
    pid = next((n for n in there if n == "dhcpcd.pid" or n == "dhcpcd"), None)
    if pid is not None and not _NO_HOOK.search(files.read("/etc/dhcpcd.conf").data):
        yield Rival("dhcpcd", f"/run/{pid}")
    for program in ("tailscaled", "connman"):
        if is_active(f"{program}.service"):
            yield Rival(program, f"{program}.service")
    if _is_wsl():
        told = dict(assignments(files.read("/etc/wsl.conf"), "network"))
        setting = told.get("generateResolvConf")
        if setting is None or setting.value.lower() not in _FALSE:
            yield Rival("WSL", "/etc/wsl.conf")


def _is_hooked(files: Files, *, resolved: bool) -> bool:
    """Whether a hook takes dhclient-script's function away; systemd's own while resolved runs."""
    for name in names_in(files, _HOOKS):
        if b"make_resolv_conf" in files.read(f"{_HOOKS}/{name}").data:
            return resolved or not name.startswith("resolved")
    return False
