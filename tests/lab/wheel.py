"""Installing a wheel where there is no network and no pip: Debian's own layout, owned by root."""

from __future__ import annotations

import configparser
import io
import tarfile
import zipfile
from pathlib import Path

_LIBRARY = "usr/lib/python3/dist-packages"
_SCHEMES = {"purelib": _LIBRARY, "platlib": _LIBRARY, "data": "usr", "scripts": "usr/bin"}


def as_tar(path: Path) -> bytes:
    """Return a tar of what the wheel installs, its console scripts included.

    Owned by root and writable by nobody else: what a host runs as root later must not be
    something that others can change.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as wheel, tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in wheel.namelist():
            if not name.endswith("/"):
                target = _target(name)
                mode = 0o755 if target.startswith("usr/bin/") else 0o644
                _add(tar, target, wheel.read(name), mode)
        for command, function in _console_scripts(wheel).items():
            module, _, attribute = function.partition(":")
            script = (
                "#!/usr/bin/python3\nimport sys\n"
                f"from {module} import {attribute.partition('.')[0]}\n"
                f"sys.exit({attribute}())\n"
            )
            _add(tar, f"usr/bin/{command}", script.encode(), 0o755)
    return buffer.getvalue()


def packages(path: Path) -> list[str]:
    """Return the folders of modules, for byte-compiling them as Debian's postinst would."""
    with zipfile.ZipFile(path) as wheel:
        targets = {_target(name) for name in wheel.namelist() if name.endswith(".py")}
    tops = {target[len(_LIBRARY) + 1 :].partition("/")[0] for target in targets}
    return sorted(f"/{_LIBRARY}/{top}" for top in tops)


def _target(name: str) -> str:
    top, _, rest = name.partition("/")
    if top.endswith(".data"):
        scheme, _, inner = rest.partition("/")
        return f"{_SCHEMES[scheme]}/{inner}"
    return f"{_LIBRARY}/{name}"


def _console_scripts(wheel: zipfile.ZipFile) -> dict[str, str]:
    for name in wheel.namelist():
        if name.endswith(".dist-info/entry_points.txt"):
            parser = configparser.ConfigParser(delimiters=("=",))
            parser.read_string(wheel.read(name).decode())
            if parser.has_section("console_scripts"):
                return dict(parser.items("console_scripts"))
    return {}


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), mode
    tar.addfile(member, io.BytesIO(data))
