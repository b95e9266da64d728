"""The environment that a systemd service starts with, as far as files say.

Sources: systemd.exec(5), Environment= and EnvironmentFile=; systemd.syntax(7), "Quoting";
systemd.unit(5), specifiers and drop-ins. What systemd passes over is no error to it: it says
so in the journal, and the program starts without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hostnet.dns.syntax import assignments
from hostnet.model import Position
from hostnet.value import Value, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import SourceFile

UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""Of units and drop-ins of one name the first counts (systemd.unit(5), "Unit File Load Path")."""
MANAGER_FILES = ("/etc/systemd/system.conf",)
MANAGER_FOLDER = "/etc/systemd/system.conf.d"
LOGIN = "/etc/environment"
"""pam_env(8) reads it for who logs in; a service only if it names it as EnvironmentFile."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ABOUT_PROXIES = re.compile(r"(?:HTTPS?|NO|ALL)_PROXY", re.IGNORECASE)
TYPOGRAPHIC = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\xab\xbb"
"""Quotes that word processors and web pages put where the ASCII ones stood."""
_ESCAPES = {"n": "\n", "t": "\t", "s": " ", "r": "\r"}


class Variable(Value):
    """A variable, and where it was set. Its value may hold a password."""

    name: str
    value: str = field(repr=False)
    origin: Position | None = None


class Unread(Value):
    """Something about proxies that never becomes a variable, and why."""

    origin: Position | None
    why: str


class Environment(Value):
    """What the service starts with, each name once, and what of proxies does not get there."""

    variables: tuple[Variable, ...] = ()
    unread: tuple[Unread, ...] = ()

    def get(self, *names: str) -> Variable | None:
        """The first of these that is set and not empty."""
        there = {each.name: each for each in self.variables}
        found = (there[name] for name in names if name in there)
        return next((each for each in found if each.value), None)


def environment_files(files: Iterable[SourceFile], unit: str) -> tuple[str, ...]:
    """The paths that EnvironmentFile= names in the unit and its drop-ins, in their order."""
    found: list[str] = []
    for file in files:
        for key, setting in assignments(file, "Service"):
            if key == "EnvironmentFile":
                found = [*found, _expanded(setting.value, unit)] if setting.value else []
    return tuple(found)


def _expanded(path: str, unit: str) -> str:
    prefix = unit.removesuffix(".service")
    path = path.removeprefix("-")
    for specifier, text in (("%n", unit), ("%N", prefix), ("%p", prefix), ("%%", "%")):
        path = path.replace(specifier, text)
    return path


def environment(
    unit: Iterable[SourceFile],
    env_files: Iterable[SourceFile] = (),
    manager: Iterable[SourceFile] = (),
) -> Environment:
    """The manager's own, then the unit and its drop-ins, which files of variables overrule."""
    variables: dict[str, Variable] = {}
    unread: list[Unread] = []
    for file in manager:
        for key, setting in assignments(file, "Manager"):
            if key == "DefaultEnvironment":
                _assign(setting.value, setting.origin, variables, unread)
    of_unit: dict[str, Variable] = {}
    faults: list[Unread] = []
    for file in unit:
        unread += _misplaced(file)
        for key, setting in assignments(file, "Service"):
            if key == "Environment" and not setting.value:
                of_unit, faults = {}, []
            elif key == "Environment":
                _assign(setting.value, setting.origin, of_unit, faults)
    variables |= of_unit
    for file in env_files:
        for variable in _lines(file, faults):
            variables[variable.name] = variable
    return Environment(tuple(variables.values()), (*unread, *faults))


def _misplaced(file: SourceFile) -> Iterator[Unread]:
    """Assignments that stand in no section, or in one that has none such."""
    section = ""
    for number, line in enumerate(file.data.decode(errors="replace").splitlines(), 1):
        text = line.strip()
        if text.startswith("["):
            section = text
        key = text.partition("=")[0].strip()
        if key in ("Environment", "EnvironmentFile") and section != "[Service]":
            where = f"in {section}" if section else "before any section"
            yield Unread(Position(file.path, number, 1), f"{key}= stands {where}, not in [Service]")


def _assign(
    text: str, origin: Position, variables: dict[str, Variable], unread: list[Unread]
) -> None:
    """The words of one line; those that are no assignment are passed over by systemd."""
    for word in _words(text):
        name, equals, value = word.partition("=")
        if not equals or not _NAME.match(name):
            # A stray word counts if the line is about proxies: there it was part of a value.
            if _ABOUT_PROXIES.search(text):
                unread.append(Unread(origin, _why_not(name, word)))
        elif "%" in value.replace("%%", ""):
            unread.append(Unread(origin, f"{name}: a % in it must be written %%"))
        else:
            variables[name] = Variable(name, value.replace("%%", "%"), origin)


def _why_not(name: str, word: str) -> str:
    if any(quote in word for quote in TYPOGRAPHIC):
        return 'typographic quotes are none to systemd; write " instead'
    if "=" in word:
        return f"{_shown(name)} is no name of a variable"
    return "a space ends the value; put quotes around the whole assignment"


def _shown(name: str) -> str:
    return repr(name) if len(name) < 40 else "what stands there"


def _words(text: str) -> Iterator[str]:
    """Split as systemd does: quotes of either kind, also in the middle, and backslashes."""
    word, quote, begun = "", "", False
    letters = iter(text)
    for letter in letters:
        if letter == "\\":
            after = next(letters, "")
            word += _ESCAPES.get(after, after)
            begun = True
        elif quote:
            quote, word = ("", word) if letter == quote else (quote, word + letter)
        elif letter in "\"'":
            quote, begun = letter, True
        elif letter.isspace():
            if begun:
                yield word
            word, begun = "", False
        else:
            word, begun = word + letter, True
    if begun:
        yield word


def _lines(file: SourceFile, unread: list[Unread]) -> Iterator[Variable]:
    """A file of variables: one a line, quotes around the value alone."""
    text = file.data.decode(errors="replace").replace("\\\n", "")
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.strip().partition("=")
        name, value = name.strip(), value.strip()
        if not equals or line.lstrip()[:1] in ("#", ";"):
            continue
        origin = Position(file.path, number, 1)
        if not _NAME.match(name):
            if _ABOUT_PROXIES.search(name):
                unread.append(Unread(origin, f"{_shown(name)} is no name of a variable"))
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        yield Variable(name, value, origin)
