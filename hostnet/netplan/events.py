"""The events of a YAML text: the one module that knows a YAML parser.

libyaml reads it, through PyYAML: netplan's core reads with the same library, so what is
YAML to the one is YAML to the other, and it is ten times as fast as a parser in Python.
Where PyYAML was built without it, ruamel.yaml's parser does, whose events, marks and errors
have the same shape. (ruamel's own C part bundles libyaml 0.1.7, which refuses an IPv6
address in brackets: https://github.com/yaml/libyaml/pull/104.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTE_ORDER_MARK = "\ufeff"
_SURROGATE = "[\ud800-\udfff]"


class NotYaml(Exception):
    """Why it is not; ``line`` and ``column`` count from 0, as the marks of the events do."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


def events(text: str) -> Iterator[tuple[str, Any]]:
    """Each event with its kind: ``Scalar``, ``MappingStart`` and so on (YAML 1.1, chapter 4).

    A byte order mark may stand first; the marks do not count it. Raises NotYaml.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    return _libyaml(text) if _has_libyaml() else _ruamel(text)


class _Kinds(dict[type, str]):
    """What the class of an event is called."""

    def __missing__(self, cls: type) -> str:
        self[cls] = cls.__name__.removesuffix("Event")
        return self[cls]


_KINDS = _Kinds()


def _has_libyaml() -> bool:
    import yaml

    return yaml.__with_libyaml__


def _libyaml(text: str) -> Iterator[tuple[str, Any]]:
    from yaml import CSafeLoader, MarkedYAMLError
    from yaml.reader import ReaderError

    try:
        for event in iter(CSafeLoader(text).get_event, None):
            yield _KINDS[type(event)], event
    except MarkedYAMLError as error:
        raise _marked(error, text) from None
    except ReaderError as error:
        # libyaml counts bytes here.
        before = text.encode()[: error.position].decode(errors="ignore")
        raise _unreadable(text, len(before)) from None


def _ruamel(text: str) -> Iterator[tuple[str, Any]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    last: Any = None
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            last = event.end_mark
            if re.search(_SURROGATE, getattr(event, "value", "")):
                raise NotYaml("an escape is half of a character", last.line, last.column)
            yield _KINDS[type(event)], event
    except MarkedYAMLError as error:
        raise _marked(error, text) from None
    except ReaderError as error:
        raise _unreadable(text, error.position) from None
    except (ValueError, OverflowError):
        # Its scanner lets out what Python says of \UFFFFFFFF, or of a version number of
        # thousands of digits; it has no place for it, the last event is the nearest.
        place = (last.line, last.column) if last else (0, 0)
        raise NotYaml("a number or an escape is out of range", *place) from None


def _marked(error: Any, text: str) -> NotYaml:
    mark = error.problem_mark or error.context_mark
    if text[mark.index : mark.index + 1] == "\t":
        return NotYaml("a tab stands where only spaces may", mark.line, mark.column)
    return NotYaml(error.problem or "not YAML", mark.line, mark.column)


def _unreadable(text: str, offset: int) -> NotYaml:
    """A character that YAML forbids: a NUL, a control character."""
    before = text[:offset]
    column = offset - before.rfind("\n") - 1
    problem = f"character {text[offset : offset + 1]!r} is not allowed"
    return NotYaml(problem, before.count("\n"), column)
