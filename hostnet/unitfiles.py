"""How systemd keeps what it is told of a unit: links below /etc, so that they are files to us.

``systemctl enable`` makes the links that a unit's [Install] names, ``mask`` one to /dev/null
in the unit's own place (systemctl(1); systemd.unit(5), WantedBy=, RequiredBy=, Alias=). Made
and taken away as files they are in the plan, in the journal and in every image's tree alike.
"""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.dns.syntax import assignments
from hostnet.model import Image, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import Observed, SourceFile

FOLDER = "/etc/systemd/system"
RUNTIME_FOLDER = "/run/systemd/system"
"""Of the same name, what is in /etc counts (systemd.unit(5), "Unit File Load Path")."""
_MODE = 0o777
"""symlink(7): the kernel's for all of them."""
_WANTED = {"WantedBy": "wants", "RequiredBy": "requires"}


def is_unit_file(path: str) -> bool:
    """Whether systemd must read its units anew when this changes."""
    return path.startswith((f"{FOLDER}/", f"{RUNTIME_FOLDER}/"))


def mask(unit: str) -> str:
    """Where the link to /dev/null lies."""
    return f"{FOLDER}/{unit}"


def masking(owner: tuple[int, int]) -> Image:
    """The link itself."""
    return Image(Kind.SYMLINK, b"/dev/null", _MODE, *owner)


def enabling(units: Iterable[SourceFile], owner: tuple[int, int]) -> Iterator[tuple[str, Image]]:
    """The links that `systemctl enable` makes for these vendor's units."""
    for unit in units:
        image = Image(Kind.SYMLINK, unit.path.encode(), _MODE, *owner)
        for key, setting in assignments(unit, "Install"):
            for word in setting.value.split():
                if key in _WANTED:
                    yield f"{FOLDER}/{word}.{_WANTED[key]}/{basename(unit.path)}", image
                elif key == "Alias":
                    yield f"{FOLDER}/{word}", image


def enabled(names: Iterable[str], observed: Observed) -> Iterator[str]:
    """The links there are that start one of these units, or give it another name."""
    wanted = {name.encode() for name in names}
    for path, image in observed.images:
        is_link = path.startswith(f"{FOLDER}/") and image.kind is Kind.SYMLINK
        if is_link and image.data.rpartition(b"/")[2] in wanted:
            yield path
