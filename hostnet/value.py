"""Frozen values: `dataclass(frozen=True)`, with its methods written once, here.

For each class dataclasses writes and compiles six methods, at every start, and that took more of
it than all of our own code (tests/bench); to import dataclasses alone takes a tenth of a short
command. Whoever asks for the fields (`fields`, `asdict`) gets them from the standard library, and
`match` serves as ever; `field` and `replace` are here.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from dataclasses import Field, field, replace
    from typing import NoReturn

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """PEP 681: what type checkers read; typing has it since Python 3.11."""
        return lambda cls: cls

    def field(**said: object) -> _Said:
        """``default``, ``compare``, ``repr``: as those of the standard library's."""
        return _Said(said)

    def replace(value: Value | Row, /, **changes: object) -> Value | Row:
        """The value with other fields, as the standard library's."""
        state = {name: getattr(value, name) for name in value.__match_args__}
        return type(value)(**{**state, **changes})


__all__ = ["Row", "Value", "field", "replace"]


class _Said(dict[str, Any]):
    """What is said of a field beside its type."""


class _Fields:
    """``__dataclass_fields__``, made when it is first asked for: that costs 0.1 ms a class."""

    def __get__(self, _value: object, cls: type[Value]) -> dict[str, Field[Any]]:
        if cls is Value:
            raise AttributeError("it has none, and is no dataclass")
        from dataclasses import dataclass, field

        for name, said in [*vars(cls).items()]:
            if isinstance(said, _Said):
                setattr(cls, name, field(**said))
        found = dataclass(init=False, repr=False, eq=False)(cls)
        return found.__dataclass_fields__  # which is a plain attribute of the class by now


def _state(
    cls: type[Value | Row], values: tuple[object, ...], named: dict[str, object]
) -> dict[str, object]:
    """Every field of the class with what was given for it, or its default."""
    given = dict(zip(cls._names, values, strict=False), **named)
    state = {**cls._defaults, **given}
    if len(given) != len(values) + len(named) or state.keys() != cls._names:
        raise TypeError(f"{cls.__name__} takes {', '.join(cls._names)}, each once")
    return state


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
        found = {name: vars(cls)[name] for name in names if name in vars(cls)}
        said: dict[str, dict[str, Any]] = {
            name: value if isinstance(value, _Said) else {"default": value}
            for name, value in found.items()
        }
        cls.__match_args__ = tuple(names)  # type: ignore[misc]  # as dataclass does
        cls._names = dict.fromkeys(names).keys()
        compared = [name for name in names if said.get(name, {}).get("compare", True)]
        cls._key = itemgetter(*compared) if compared else len
        cls._shown = [name for name in names if said.get(name, {}).get("repr", True)]
        cls._defaults = {name: of["default"] for name, of in said.items() if "default" in of}

    def __init__(self, *values: object, **named: object) -> None:
        if not named and len(values) == len(self._names):
            self.__dict__.update(zip(self._names, values, strict=True))
            return  # half the time, and a site has millions
        self.__dict__.update(_state(type(self), values, named))

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
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")


@dataclass_transform(frozen_default=True)
class Row(tuple[Any, ...]):
    """A value that is a tuple, for what there are thousands of: half the memory, half the time.

    A default is what a subclass gives a field. ``tuple.__new__`` makes one of all its fields in a
    quarter of the time. (typing.NamedTuple, beside this, takes 4 ms to import since Python 3.14.)
    """

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[Collection[str]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        names = tuple(cls.__annotations__)
        cls.__match_args__ = names  # type: ignore[misc]  # as dataclass does
        cls._names = dict.fromkeys(names).keys()
        cls._defaults = {name: vars(cls)[name] for name in names if name in vars(cls)}
        for index, name in enumerate(names):
            setattr(cls, name, property(itemgetter(index)))

    def __new__(cls, *values: object, **named: object) -> Self:
        state = _state(cls, values, named)
        return tuple.__new__(cls, [state[name] for name in cls._names])

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        shown = map("{}={!r}".format, self.__match_args__, self)
        return f"{type(self).__qualname__}({', '.join(shown)})"
