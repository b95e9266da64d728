"""/etc/resolv.conf as a value: what it says, and who keeps it.

The modes are resolvectl's words (systemd-resolved.service(8), "/etc/resolv.conf").
"""

from __future__ import annotations

from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Literal

from hostnet.dns.server import Server, as_server
from hostnet.dns.writers import RESOLVED, writer_of
from hostnet.model import Kind
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import IP, SourceFile

Mode = Literal["stub", "static", "uplink", "foreign", "missing"]

PATH = "/etc/resolv.conf"
STUB = "/run/systemd/resolve/stub-resolv.conf"
UPLINK = "/run/systemd/resolve/resolv.conf"

_TARGETS: dict[str, Mode] = {
    STUB: "stub",
    "/usr/lib/systemd/resolv.conf": "static",
    "/lib/systemd/resolv.conf": "static",
    UPLINK: "uplink",
}


class ResolvConf(Value):
    """What programs that read /etc/resolv.conf get.

    ``owner`` is the program that keeps the file, as far as target or text tell. ``options``
    are the words of all such lines, ``sortlist`` those of the last.
    """

    mode: Mode
    owner: str
    target: str | None = None
    servers: tuple[Server, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    sortlist: tuple[str, ...] = ()

    @property
    def nameservers(self) -> tuple[IP, ...]:
        """The servers' addresses."""
        return tuple(server.ip for server in self.servers)

    @property
    def is_loopback(self) -> bool:
        """Whether any server is the reader itself: in a pod, that is the pod (F01)."""
        return any(ip.is_loopback for ip in self.nameservers)


MISSING = ResolvConf("missing", "nobody")


def read_image(file: SourceFile) -> ResolvConf:
    """Classify it below another root, where what lies in /run comes with the boot."""
    if file.image.kind is Kind.SYMLINK:
        target = normpath(join(dirname(file.path), file.image.data.decode(errors="replace")))
        mode = _TARGETS.get(target)
        if mode is not None:
            return ResolvConf(mode, RESOLVED, target)
    return read(file)


def read(file: SourceFile) -> ResolvConf:
    """Classify the file and read what it says (resolv.conf(5)).

    Of several search lines the last counts, and ``domain`` is one with a single name. A
    lone dot, which resolved writes, is the root: no domain to search.
    """
    if file.problem is not None or file.target is None:
        return ResolvConf("missing", "nobody", file.target)
    mode = _TARGETS.get(file.target, "foreign")
    text = file.data.decode(errors="replace")
    servers: list[Server] = []
    options: list[str] = []
    search: list[str] = []
    sortlist: list[str] = []
    for line in text.splitlines():
        match line.split():
            case ["nameserver", word, *_]:
                server = as_server(word)
                if server is not None and server.is_plain:
                    servers.append(server)
            case ["search", *search]:
                pass
            case ["domain", word, *_]:
                search = [word]
            case ["sortlist", *sortlist]:
                pass
            case ["options", *words]:
                options += words
            case _:
                pass  # a comment, or what no C library knows
    return ResolvConf(
        mode,
        RESOLVED if mode != "foreign" else writer_of(file.target, text),
        file.target if file.target != file.path else None,
        tuple(servers),
        tuple(domain for domain in search if domain != "."),
        tuple(dict.fromkeys(options)),
        tuple(sortlist),
    )
