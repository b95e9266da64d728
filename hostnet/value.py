"""Frozen values: `dataclass(frozen=True)`, with its methods written once, here.

For each class dataclasses writes and compiles six methods, at every start, and that took more of
it than all of our own code (tests/bench). Whoever asks for the fields (`fields`, `replace`,
`asdict`) gets them from the standard library, and `match` serves as ever.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
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


class _Fields:
    """``__dataclass_fields__``, made when it is first asked for: that costs 0.1 ms a class."""

    def __get__(self, _value: object, cls: type[Value]) -> dict[str, Field[Any]]:
        if cls is Value:
            raise AttributeError("it has none, and is no dataclass")
        found = dataclass(init=False, repr=False, eq=False)(cls)
        return found.__dataclass_fields__  # which is a plain attribute of the class by now


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value:
    """What a subclass annotates is a field, and what `dataclass` says of it holds.

    But for ``default_factory``: a value does not change, so one default serves all. Its module
    postpones annotations (PEP 563), so that they are texts.
    """

    __dataclass_fields__: ClassVar[_Fields] = _Fields()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[Collection[str]] = ()
    _key: ClassVar[Callable[..., object]] = len
    _shown: ClassVar[Collection[str]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        names = [name for name, of in cls.__annotations__.items() if not of.startswith("ClassVar")]
        said = {name: vars(cls)[name] for name in names if name in vars(cls)}
        more = {name: value for name, value in said.items() if isinstance(value, Field)}
        known = said | {name: value.default for name, value in more.items()}
        cls.__match_args__ = tuple(names)  # type: ignore[misc]  # as dataclass does
        cls._names = dict.fromkeys(names).keys()
        compared = [name for name in names if name not in more or more[name].compare]
        cls._key = itemgetter(*compared) if compared else len
        cls._shown = [name for name in names if name not in more or more[name].repr]
        cls._defaults = {name: value for name, value in known.items() if value is not MISSING}

    def __init__(self, *values: object, **named: object) -> None:
        if not named and len(values) == len(self._names):
            self.__dict__.update(zip(self._names, values, strict=True))
            return  # half the time, and a site has millions
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
        shown = (f"{name}={self.__dict__[name]!r}" for name in self._shown)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")
