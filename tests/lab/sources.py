"""Where the machine itself gets Debian packages from, read from its own apt configuration."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>.+)$")
_FORWARDED = re.compile(r"^Acquire::(?:(?:http|https|ftp)::|Retries |ForceIPv)")


def mirror() -> str | None:
    """Return the machine's Debian mirror, or None where it has none (another distribution).

    With None, mmdebstrap falls back to its own default. Only the archive that carries the
    machine's own suite counts: third-party archives have other suites, and `-security` is a
    suite of its own on an archive that has no unstable.
    """
    if given := os.environ.get("HOSTNET_LAB_MIRROR"):
        return given
    release = _os_release()
    if release.get("ID") != "debian":
        return None
    own = {release.get("VERSION_CODENAME", ""), "stable", "testing", "unstable", "sid"} - {""}
    for uri, suites in _sources(Path("/etc/apt")):
        if own & suites:
            return uri
    return None


def apt_options() -> list[str]:
    """Return the machine's apt settings that decide how a mirror is reached (proxies above all).

    mmdebstrap starts apt with a configuration of its own and would not see them.
    """
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    return [line for line in dump.stdout.splitlines() if _FORWARDED.match(line)]


def _sources(apt: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield (URI, suites) of every binary source with the component main."""
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            for line in path.read_text().splitlines():
                if (found := _ONE_LINE.match(line.strip())) and "main" in found["rest"].split():
                    yield found["uri"], {found["suite"]}
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = _deb822(stanza)
            wanted = "deb" in fields.get("types", "").split() and (
                "main" in fields.get("components", "").split()
                and fields.get("enabled", "yes").lower() not in ("no", "false", "0")
            )
            if wanted:
                for uri in fields.get("uris", "").split():
                    yield uri, set(fields.get("suites", "").split())


def _deb822(stanza: str) -> dict[str, str]:
    """Parse one stanza; a continuation line belongs to the field above it."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _os_release() -> dict[str, str]:
    text = Path("/etc/os-release").read_text()
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, _, value in pairs}
