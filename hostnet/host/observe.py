"""One look at a host, from which everything is planned.

Nothing here changes anything, starts a service or writes to the bus.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hostnet.cloudinit import CLOUD_FILE
from hostnet.host import cgroup, networkd, oracle
from hostnet.host.beneath import Unreadable
from hostnet.kubernetes.signs import FOLDERS, signs
from hostnet.model import ABSENT, KernelRoute, Link, Observed, SourceFile, System
from hostnet.netplan.tree import DIRECTORIES
from hostnet.owner import OUR_FILE
from hostnet.protection.places import NEXT_HOPS, OPT_OUTS, PATHS, is_keeper
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.host.files import Files
    from hostnet.model import Image

NETPLAN_TRY = "/run/netplan/netplan-try.ready"
"""Made by `netplan try` while it waits; while it is there, generate and apply refuse."""
_RECOVERY = tuple(
    f"{folder}/hostnet-recover.service"
    for folder in ("/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system")
)
_CAP_NET_ADMIN = 12
"""Bit of the capability set, capabilities(7)."""
_IMAGES = (OUR_FILE, CLOUD_FILE, *PATHS)
_PROGRAMS = ("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd")
_PROGRAM_SIZE = 32 << 20
"""More than networkd has (2 to 5 MiB), statically linked included."""
_NETWORK_FOLDERS = tuple(
    f"{parent}/systemd/network" for parent in ("/etc", "/run", "/usr/local/lib", "/usr/lib")
)
"""Where networkd looks, systemd.network(5)."""


def observe(files: Files, *, containers: bool = False) -> Observed:
    """Everything that planning may know of the host below the root.

    ``containers``: it is to be protected for them, whether there are any or not.
    """
    live = files.is_host and _is_booted()
    kernel_links: tuple[Link, ...] = ()
    routes: tuple[KernelRoute, ...] = ()
    if live:
        from hostnet.host import links

        kernel_links, routes = links.read()
    sources = netplan_files(files)
    drop_ins = _drop_ins(files)
    keepers = tuple(file.path for file in drop_ins if is_keeper(file.path))
    cni_signs = signs({folder: names_in(files, folder) for folder in FOLDERS}, kernel_links)
    containers = containers or bool(cni_signs) or files.exists(OPT_OUTS)
    trials = tuple(f"/run/netplan/{os.path.basename(file.path)}" for file in sources)
    images = tuple(
        (path, image)
        for path in dict.fromkeys((*_IMAGES, *keepers, "/run/netplan/90-hostnet.yaml", *trials))
        if (image := _image(files, path)) != ABSENT
    )
    return Observed(
        System(
            files.root,
            live,
            is_privileged(),
            files.owner,
            oracle.locate(files),
            resolved=live and is_active("systemd-resolved.service"),
            cloud_init=_has_cloud_init(files, sources),
            netplan_try=NETPLAN_TRY if live and files.exists(NETPLAN_TRY) else None,
            boot_recovery=not live or any(files.exists(path) for path in _RECOVERY),
            network_manager=files.exists("/usr/sbin/NetworkManager"),
            # A megabyte is read for it, so only where somebody wants to know.
            next_hop_opt_out=not containers or _knows_next_hops(files),
            opt_outs_loaded=networkd.started_after(files.changed(OPT_OUTS)) if live else None,
        ),
        sources,
        kernel_links,
        routes,
        _network_files(files),
        _interfaces_files(files),
        _cloud_files(files),
        files.read("/etc/resolv.conf"),
        files.read("/run/systemd/resolve/resolv.conf"),
        cni_signs,
        images,
        drop_ins,
    )


def _is_booted() -> bool:
    """Whether systemd runs this very tree, sd_booted(3), and not the tree that a chroot is in.

    Who makes an image may have the builder's /run in there, and its systemd would be asked.
    """
    if not os.path.isdir("/run/systemd/system"):
        return False
    try:
        return os.path.samestat(os.stat("/proc/1/root"), os.stat("/"))
    except OSError:
        return True  # an ordinary user's, who changes nothing; or without /proc


def with_images(files: Files, observed: Observed, paths: Iterable[str]) -> Observed:
    """The same host, with the before-images of these files as well."""
    found = ((path, _image(files, path)) for path in paths)
    more = {path: image for path, image in found if image != ABSENT}
    return replace(observed, images=tuple({**dict(observed.images), **more}.items()))


def netplan_files(files: Files) -> tuple[SourceFile, ...]:
    """Every file that netplan's own glob finds, shadowed ones included."""
    found = []
    for directory in DIRECTORIES:
        try:
            names = files.names(directory)
        except Unreadable as error:
            found.append(SourceFile(directory, problem=error.problem))
            continue
        found += [
            files.read(f"{directory}/{name}")
            for name in names
            if name.endswith(".yaml") and not name.startswith(".")
        ]
    return tuple(found)


def is_privileged() -> bool:
    """root, and with CAP_NET_ADMIN (a container's root may lack it)."""
    if os.geteuid() != 0:
        return False
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("CapEff:"):
                    return bool(int(line.split()[1], 16) >> _CAP_NET_ADMIN & 1)
    except OSError:
        pass
    return True


def is_active(unit: str) -> bool:
    """Whether a service of the system has processes, by its control group.

    Asking the service manager would cost a process or a connection.
    """
    return any(map(os.path.exists, cgroup.lists(unit)))


def _knows_next_hops(files: Files) -> bool:
    """Whether networkd has the key among its words: of one it does not know it complains."""
    found = (files.read(path, limit=_PROGRAM_SIZE).data for path in _PROGRAMS)
    program = next(filter(None, found), b"")
    return not program or NEXT_HOPS.encode() in program


def names_in(files: Files, directory: str) -> tuple[str, ...]:
    """The names in the directory; none where it cannot be looked into."""
    try:
        return files.names(directory)
    except Unreadable:
        return ()  # An ordinary user may not look; what counts there is told by the rest.


def _image(files: Files, path: str) -> Image:
    try:
        return files.image(path)
    except Unreadable:
        return ABSENT


def _has_cloud_init(files: Files, sources: tuple[SourceFile, ...]) -> bool:
    rendered = any(file.path.endswith("/50-cloud-init.yaml") for file in sources)
    return rendered or files.exists("/etc/cloud/cloud.cfg")


def _cloud_files(files: Files) -> tuple[SourceFile, ...]:
    """In cloud-init's order: cloud.cfg, then cloud.cfg.d by name."""
    folder = "/etc/cloud/cloud.cfg.d"
    names = [name for name in names_in(files, folder) if name.endswith(".cfg")]
    found = (
        files.read(path) for path in ("/etc/cloud/cloud.cfg", *(f"{folder}/{n}" for n in names))
    )
    return tuple(file for file in found if file.data)


def _network_files(files: Files) -> tuple[SourceFile, ...]:
    """.network files of the operator or another program; netplan's own are in /run."""
    return tuple(
        files.read(f"{folder}/{name}")
        for folder in ("/etc/systemd/network", "/run/systemd/network")
        for name in names_in(files, folder)
        if name.endswith(".network") and not name.startswith("10-netplan-")
    )


def _drop_ins(files: Files) -> tuple[SourceFile, ...]:
    """Drop-ins beside what netplan renders, and those for every .network file.

    A package's count as well: networkd reads them from all its folders.
    """
    return tuple(
        files.read(f"{folder}/{name}/{drop_in}")
        for folder in _NETWORK_FOLDERS
        for name in names_in(files, folder)
        if name.endswith(".network.d")
        for drop_in in names_in(files, f"{folder}/{name}")
        if drop_in.endswith(".conf")
    )


def _interfaces_files(files: Files) -> tuple[SourceFile, ...]:
    """ifupdown's, if it is installed."""
    if not (files.exists("/sbin/ifup") or files.exists("/usr/sbin/ifup")):
        return ()
    folder = "/etc/network/interfaces.d"
    paths = ("/etc/network/interfaces", *(f"{folder}/{name}" for name in names_in(files, folder)))
    return tuple(file for path in paths if (file := files.read(path)).data)
