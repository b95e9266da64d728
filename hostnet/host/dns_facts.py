"""The facts about DNS, read for the commands that need them: files alone, no bus, no root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet import owner as owners
from hostnet.dns import nsswitch, resolvconf, resolvedconf
from hostnet.dns.facts import RESOLVED, DnsFacts, Used
from hostnet.dns.linkservers import link_servers, runtime_domains
from hostnet.dns.server import as_server
from hostnet.dns.syntax import assignments
from hostnet.host import networkd, port53, writing
from hostnet.host.observe import names_in
from hostnet.kubernetes import networks, resolvers
from hostnet.netplan.document import position_of
from hostnet.netplan.netdef import as_ip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.dns.facts import Service
    from hostnet.host.files import Files
    from hostnet.kubernetes.resolvers import Reader
    from hostnet.model import IP, Link, Observed, Position, SourceFile
    from hostnet.netplan.tree import Tree

_SOCKETS = ("systemd-resolved-monitor.socket", "systemd-resolved-varlink.socket")
"""Of systemd 257 and later, in the order to start them in: none starts beside the service, which
any lookup starts by the last."""
_UNITS = "/etc/systemd/system"
_LIBRARIES = ("/usr/lib", "/lib")
_NETPLAN = "libnetplan.so.1"
_PROGRAM_SIZE = 1 << 24
_AT_BOOT = b"--dns"
"""What netplan 1.2 tells systemd-networkd-wait-online."""
_VENDOR = ("/usr/lib/systemd/system", "/lib/systemd/system")
_LINK_FOLDERS = (".wants", ".requires")
_LINKED = (".service", ".socket")
_NSS = "libnss_resolve.so.2"
_CONFIGURATION = (".conf", ".conflist", ".json", ".yaml", ".env")


def read(files: Files, observed: Observed, tree: Tree) -> DnsFacts:
    """The facts of the host below the root, of which the rest was observed."""
    live = observed.system.live
    read_conf = resolvconf.read if live else resolvconf.read_image
    told = tuple(_resolved_files(files))
    settings = resolvedconf.read(told)
    used, search = _links(files, observed, tree)
    # resolved asks its fallback servers where it knows no others.
    told_servers = settings.servers or (() if used else settings.fallback_servers)
    configured = _kubernetes(files)
    readers = resolvers.readers(configured, _programs(files))
    return DnsFacts(
        read_conf(observed.resolv_conf),
        resolvconf.read(observed.uplink_conf),
        "active" if observed.system.resolved else _service(files),
        settings,
        tuple(file.path for file in resolvedconf.later(told)),
        (*(Used(server, origin=origin) for server, origin in told_servers), *used),
        (*(domain.value for domain in settings.domains), *search),
        nsswitch.hosts(files.read(nsswitch.PATH)),
        _has_nss_resolve(files),
        port53.listeners() if live else (),
        writing.manager(files) if live else None,
        writing.rivals(files, observed),
        writing.lock() if live else None,
        writing.container(files) if live else "",
        readers,
        networks.networks(configured),
        tuple(have.address.ip for link in observed.links for have in link.addresses),
        tuple(_vendor_units(files)),
        told,
        tuple((path, resolvconf.read(files.read(path))) for path in _handed(readers)),
    )


def unit_links(files: Files) -> tuple[str, ...]:
    """Every name below systemd's folder in /etc that may be a link to a unit."""
    folders = [_UNITS]
    folders += [
        f"{_UNITS}/{name}" for name in names_in(files, _UNITS) if name.endswith(_LINK_FOLDERS)
    ]
    return tuple(f"{folder}/{name}" for folder in folders for name in names_in(files, folder)
                 if name.endswith(_LINKED))  # fmt: skip


def dns_at_boot(files: Files) -> bool:
    """Whether netplan has the boot wait for resolved to have servers (1.2).

    What its generator writes exists on a host that has booted with it alone; the library
    holds the words of it always.
    """
    folders = (f"{folder}/{name}" for folder in _LIBRARIES for name in names_in(files, folder)
               if "-linux-gnu" in name)  # fmt: skip
    found = (files.read(f"{folder}/{_NETPLAN}", limit=_PROGRAM_SIZE).data for folder in folders)
    return _AT_BOOT in next(filter(None, found), b"")


def _vendor_units(files: Files) -> Iterator[SourceFile]:
    for name in (RESOLVED, *_SOCKETS):
        found = (files.read(f"{folder}/{name}") for folder in _VENDOR)
        file = next((file for file in found if file.data), None)
        if file is not None:
            yield file


def _service(files: Files) -> Service:
    """How the unit is installed, of a resolved that does not run (systemctl(1), is-enabled)."""
    if files.readlink(f"{_UNITS}/{RESOLVED}") == "/dev/null":
        return "masked"
    if not any(files.exists(f"{folder}/{RESOLVED}") for folder in _VENDOR):
        return "absent"
    wants = (f"{_UNITS}/{name}" for name in names_in(files, _UNITS) if name.endswith(".wants"))
    return "enabled" if any(RESOLVED in names_in(files, folder) for folder in wants) else "disabled"


def _resolved_files(files: Files) -> Iterator[SourceFile]:
    for folder in resolvedconf.FOLDERS:
        main = files.read(f"{folder}/{resolvedconf.MAIN}")
        if main.data:
            yield main
        drop_ins = f"{folder}/{resolvedconf.DROP_INS}"
        yield from (files.read(f"{drop_ins}/{n}") for n in names_in(files, drop_ins)
                    if n.endswith(".conf"))  # fmt: skip


def _has_nss_resolve(files: Files) -> bool:
    """In the folder of the machine's own architecture (Debian's multiarch), or in none."""
    folders = ["/usr/lib64", "/usr/lib"]
    folders += [f"/usr/lib/{name}" for name in names_in(files, "/usr/lib") if "-linux-gnu" in name]
    return any(files.exists(f"{folder}/{_NSS}") for folder in folders)


# --- links -----------------------------------------------------------------------------


def _links(
    files: Files, observed: Observed, tree: Tree
) -> tuple[tuple[Used, ...], tuple[str, ...]]:
    """The servers and domains of every link; of an image, those that its files name."""
    if not observed.system.live:
        stated = ((netdef.id, as_ip(text), node) for netdef in tree.netdefs
                  for text, node in netdef.nameservers())  # fmt: skip
        return tuple(
            Used(server, id_, "static", position_of(node))
            for id_, ip, node in stated
            if ip is not None and (server := as_server(str(ip)))
        ), tuple(domain for netdef in tree.netdefs for domain in netdef.search())
    used: list[Used] = []
    search: list[str] = []
    for link in observed.links:
        if link.loopback:
            continue
        runtime = _text(files, f"/run/systemd/resolve/netif/{link.index}")
        lease = _text(files, f"/run/systemd/netif/leases/{link.index}")
        if link.nameservers or runtime:
            state = _text(files, f"/run/systemd/netif/links/{link.index}")
            places = _stated(files, link, observed, tree)
            told = {} if lease else networkd.server_sources(link.index)
            used += link_servers(link, places, lease, runtime, state, told)
        search += [*link.search, *runtime_domains(runtime)]
    return tuple(used), tuple(dict.fromkeys(search))


def _stated(files: Files, link: Link, observed: Observed, tree: Tree) -> dict[IP, Position]:
    """The servers that files name for the link: netplan's, or else the .network file itself."""
    ownership, _ = owners.find(link.name, observed, tree)
    found: dict[IP, Position] = {}
    for text, node in ownership.netdef.nameservers() if ownership.netdef else ():
        ip, place = as_ip(text), position_of(node)
        if ip is not None and place is not None:
            found[ip] = place
    path = link.network_file
    if path is None:
        return found
    folder = f"/{path.rpartition('/')[2]}.d/"
    sources = [files.read(path), *(file for file in observed.drop_ins if folder in file.path)]
    for file in sources:
        for key, setting in assignments(file, "Network"):
            for word in setting.value.split() if key == "DNS" else ():
                server = as_server(word)
                if server is not None:
                    found.setdefault(server.ip, setting.origin)
    return found


def _text(files: Files, path: str) -> str:
    return files.read(path).data.decode(errors="replace")


# --- whoever reads for others ----------------------------------------------------------


def _kubernetes(files: Files) -> tuple[SourceFile, ...]:
    paths = [*resolvers.FILES, *networks.FILES]
    for folder in dict.fromkeys((*resolvers.FOLDERS, *networks.FOLDERS)):
        paths += [f"{folder}/{n}" for n in names_in(files, folder) if n.endswith(_CONFIGURATION)]
    found = (files.read(path) for path in dict.fromkeys(paths))
    return tuple(file for file in found if file.data)


def _programs(files: Files) -> tuple[str, ...]:
    return tuple(
        name for name, paths in resolvers.PROGRAMS.items() if any(map(files.exists, paths))
    )


def _handed(readers: tuple[Reader, ...]) -> Iterator[str]:
    known = (resolvers.HOST, resolvers.UPLINK)
    paths = (reader.path for reader in readers)
    return (path for path in dict.fromkeys(paths) if path and path not in known)
