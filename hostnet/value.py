"""Frozen values: `dataclass(frozen=True)`, with its methods written once, here.

For each class dataclasses writes and compiles six methods, at every start, and that took more of
it than all of our own code (tests/bench). They still say what the fields are, so `field`,
`replace`, `asdict` and `match` serve as ever.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import NoReturn

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """PEP 681: what type checkers read; typing has it since Python 3.11."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value:
    """What a subclass annotates is a field, and what `dataclass` says of it holds.

    But for ``default_factory``: a value does not change, so one default serves them all.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    _names: ClassVar[Collection[str]] = ()
    _key: ClassVar[Callable[..., object]] = len
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        found = fields(dataclass(init=False, repr=False, eq=False)(cls))
        cls._names = {each.name: each for each in found}.keys()
        compared = [each.name for each in found if each.compare]
        cls._key = itemgetter(*compared) if compared else len
        cls._defaults = {each.name: each.default for each in found if each.default is not MISSING}

    def __init__(self, *values: object, **named: object) -> None:
        given = dict(zip(self._names, values, strict=False), **named)
        state = {**self._defaults, **given}
        if len(given) != len(values) + len(named) or state.keys() != self._names:
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._names)}, each once")
        self.__dict__.update(state)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value) or type(other) is not type(self):
            return NotImplemented
        return self._key(self.__dict__) == self._key(other.__dict__)

    def __hash__(self) -> int:
        return hash(self._key(self.__dict__))

    def __repr__(self) -> str:
        shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")
