"""resolved's configuration as a value, merged by systemd's rules.

Sources: resolved.conf(5), "Configuration directories and precedence"; systemd.syntax(7).
The first main file counts alone. Then come the drop-ins of all folders by their names,
whatever the folder; of two of one name that of the folder with the higher priority counts,
and an empty one (a link to /dev/null) hides the other. An empty assignment empties a list.
"""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING, Literal

from hostnet.dns.server import Server, as_server
from hostnet.dns.syntax import Setting, assignments
from hostnet.templates import SIGNATURE
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import Position, SourceFile

FOLDERS = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
"""The later, the higher its priority."""
MAIN = "resolved.conf"
DROP_INS = "resolved.conf.d"
OUR_DROP_IN = f"/etc/systemd/{DROP_INS}/99-hostnet.conf"

StubListener = Literal["yes", "udp", "tcp", "no"]
_TRUE = ("1", "yes", "y", "true", "t", "on")
_LISTS = ("DNS", "FallbackDNS", "Domains")


class ResolvedConf(Value):
    """What the files say.

    A list that is None was never set: then resolved has its own fallback servers, and takes
    its servers from an /etc/resolv.conf of another (systemd-resolved.service(8)). ``others``
    are all other keys, each with the value that counts.
    """

    dns: tuple[Setting, ...] | None = None
    fallback: tuple[Setting, ...] | None = None
    domains: tuple[Setting, ...] = ()
    others: tuple[tuple[str, Setting], ...] = ()

    @property
    def servers(self) -> tuple[tuple[Server, Position], ...]:
        """The servers that are asked; what names none is passed over, as resolved does."""
        return tuple(_servers(self.dns or ()))

    @property
    def fallback_servers(self) -> tuple[tuple[Server, Position], ...]:
        """Those asked where no other is known, as far as the files name them."""
        return tuple(_servers(self.fallback or ()))

    @property
    def stub_listener(self) -> StubListener:
        """On which protocols 127.0.0.53 is to be served."""
        text = (self.other("DNSStubListener") or "yes").lower()
        if text == "udp":
            return "udp"
        if text == "tcp":
            return "tcp"
        return "yes" if text in _TRUE else "no"

    def other(self, key: str) -> str | None:
        """The value of another key."""
        setting = dict(self.others).get(key)
        return setting.value if setting else None


NOTHING_SAID = ResolvedConf()


def read(files: Iterable[SourceFile]) -> ResolvedConf:
    """What the files, found in any of the folders, add up to."""
    lists: dict[str, list[Setting] | None] = dict.fromkeys(_LISTS)
    others: dict[str, Setting] = {}
    for file in effective(files):
        for key, setting in assignments(file, "Resolve"):
            if key not in _LISTS:
                others[key] = setting
            elif not setting.value:
                lists[key] = []
            else:
                words = (Setting(word, setting.origin) for word in setting.value.split())
                lists[key] = [*(lists[key] or ()), *words]
    dns, fallback, domains = (
        tuple(found) if (found := lists[key]) is not None else None for key in _LISTS
    )
    return ResolvedConf(dns, fallback, domains or (), tuple(others.items()))


def effective(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    """The files that count, in the order in which resolved reads them."""
    main: SourceFile | None = None
    chosen: dict[str, SourceFile] = {}
    for file in sorted(files, key=_priority):
        if f"/{DROP_INS}/" in file.path:
            chosen[basename(file.path)] = file
        else:
            main = file
    drop_ins = tuple(chosen[name] for name in sorted(chosen, key=_bytes))
    return (main, *drop_ins) if main else drop_ins


def later(files: Iterable[SourceFile], than: str = OUR_DROP_IN) -> tuple[SourceFile, ...]:
    """The drop-ins that count after the one of this path, and can add to what it says.

    Those after a further one of hostnet's own, where there is such: it clears what came before.
    """
    name = _bytes(basename(than))
    found: list[SourceFile] = []
    for file in effective(files):
        if f"/{DROP_INS}/" in file.path and _bytes(basename(file.path)) > name:
            found = [] if file.data.startswith(SIGNATURE) else [*found, file]
    return tuple(found)


def after_this(path: str) -> str:
    """A drop-in of hostnet's that comes right after a stranger's: '_' sorts after '.'."""
    stem = basename(path).removesuffix(".conf")
    return f"{dirname(OUR_DROP_IN)}/{stem}_hostnet.conf"


def _priority(file: SourceFile) -> int:
    return next((n for n, folder in enumerate(FOLDERS) if file.path.startswith(f"{folder}/")), -1)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _servers(settings: Iterable[Setting]) -> Iterator[tuple[Server, Position]]:
    for setting in settings:
        server = as_server(setting.value)
        if server is not None:
            yield server, setting.origin
