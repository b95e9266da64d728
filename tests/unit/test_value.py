"""Values behave as frozen dataclasses do: the standard library's are their measure."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass
from typing import Any, ClassVar, TypeVar

import pytest

from hostnet.value import Row, Value, field, replace

Either = TypeVar("Either", "Ours", "Theirs", "Place")


class Ours(Value):
    """Every kind of field."""

    name: str
    secret: str = field(repr=False)
    size: int = 1
    place: int | None = field(default=None, compare=False)
    kind: ClassVar = "ours"


@dataclass(frozen=True)
class Theirs:
    """The same by the standard library."""

    name: str
    secret: str = dataclasses.field(repr=False)
    size: int = 1
    place: int | None = dataclasses.field(default=None, compare=False)
    kind: ClassVar = "theirs"


Way = tuple[tuple[Any, ...], dict[str, Any]]
WAYS: tuple[Way, ...] = (
    (("a", "b"), {}),
    (("a",), {"secret": "b", "size": 2}),
    ((), {"place": 3, "secret": "b", "name": "a"}),
    (("a", "b", 1, 7), {}),
    ((), {}),
    (("a",), {}),
    (("a", "b"), {"name": "c"}),
    (("a", "b", 1, 2, 3), {}),
    (("a", "b"), {"kind": "c"}),
    (("a",), {"size": 2, "colour": "red"}),
)


def made(cls: type[Either], way: Way) -> Either | None:
    positional, named = way
    try:
        return cls(*positional, **named)
    except TypeError:
        return None


@pytest.mark.parametrize("way", WAYS)
def test_it_is_made_as_a_dataclass_is(way: Way) -> None:
    ours, theirs = made(Ours, way), made(Theirs, way)
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert asdict(ours) == asdict(theirs)
        assert repr(ours) == repr(theirs).replace("Theirs", "Ours")


def test_values_are_compared_and_hashed_by_the_fields_that_count() -> None:
    ours = [made(Ours, way) for way in WAYS]
    theirs = [made(Theirs, way) for way in WAYS]
    assert [[a == b for a in ours] for b in ours] == [[a == b for a in theirs] for b in theirs]
    assert len(set(ours)) == len(set(theirs))
    assert Ours("a", "b") != object()


def test_nothing_of_a_value_changes() -> None:
    value = Ours("a", "b")
    with pytest.raises(FrozenInstanceError):
        value.name = "c"  # type: ignore[misc]  # that is the point
    with pytest.raises(FrozenInstanceError):
        del value.name


def test_another_value_is_made_of_one() -> None:
    value = Ours("a", "b", place=3)
    for other in (replace(value, size=2), dataclasses.replace(value, size=2)):
        assert asdict(other) == asdict(value) | {"size": 2}
    with pytest.raises(TypeError):
        replace(value, colour="red")  # type: ignore[call-arg]  # that is the point


def test_a_value_is_matched_copied_and_pickled() -> None:
    value = Ours("a", "b", 2)
    match value:
        case Ours(name, secret, size):
            assert (name, secret, size) == ("a", "b", 2)
    assert copy.deepcopy(value) == value == pickle.loads(pickle.dumps(value))


class Place(Row):
    """A row with a default."""

    __slots__ = ()
    line: int
    column: int = 1


@pytest.mark.parametrize(
    "way", [((3,), {}), ((3, 4), {}), ((), {"line": 3}), ((3,), {"column": 4})]
)
def test_a_row_is_a_value_that_is_a_tuple(way: Way) -> None:
    row = made(Place, way)
    assert row is not None
    assert [*row] == [row.line, row.column]
    assert copy.deepcopy(row) == row == pickle.loads(pickle.dumps(row))
    assert [*replace(row, line=7)] == [7, row.column]
    assert repr(row) == f"Place(line=3, column={row.column})"
    with pytest.raises(AttributeError):
        row.line = 4  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    "way", [((), {}), ((1, 2, 3), {}), ((1,), {"line": 1}), ((1,), {"colour": "red"})]
)
def test_a_row_has_its_fields_and_no_others(way: Way) -> None:
    assert made(Place, way) is None
