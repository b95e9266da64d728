"""netplan's language as shapes, made from its schema, and what of a file does not fit them.

schemas/netplan.schema.json is the one source of keys, words and ranges. Of JSON Schema this reads
what that file uses, on nodes that know their places, where a scalar is only its text, as it is for
netplan: ``type: boolean`` is what netplan reads as true or false, ``integer`` what strtoull(3)
reads, and the file's own keywords are explained in its description.

A Grammar is one release's; its shapes are made when a file first needs them, most never.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hostnet.findings import rule_named
from hostnet.netplan.formats import FORMATS
from hostnet.netplan.readers import a_boolean, a_pattern, an_integer, any_of, one_of, standard
from hostnet.netplan.releases import since

if TYPE_CHECKING:
    from hostnet.findings import Rule
    from hostnet.netplan.readers import Reader
    from hostnet.netplan.releases import Release


class Shape:
    """What may stand at one place.

    ``scalar`` reads a text (None: any will do); ``keys`` and ``others`` are of a mapping,
    ``items`` of a list.
    """

    __slots__ = (
        "counts", "first_key_only", "is_mapping", "is_scalar", "is_sequence", "items", "keys",
        "later", "least_keys", "names", "others", "rule", "scalar",
    )  # fmt: skip

    def __init__(self) -> None:
        self.is_scalar = self.is_mapping = self.is_sequence = False
        self.scalar: Reader | None = None
        self.keys: dict[str, Place] = {}
        self.later: dict[str, str] = {}
        """Keys that a later release brought, and which."""
        self.others: Place | None = None
        self.names: Reader | None = None
        self.least_keys = 0
        self.first_key_only = False
        self.items: Place | None = None
        self.counts = (0, 1 << 62)
        self.rule: Rule | None = None


class Place:
    """A part of the schema whose shape is made when it is first asked for."""

    __slots__ = ("_grammar", "_part", "_shape")

    def __init__(self, grammar: Grammar, part: dict[str, Any]) -> None:
        self._grammar = grammar
        self._part = part
        self._shape: Shape | None = None

    @property
    def shape(self) -> Shape:
        """What may stand here."""
        if self._shape is None:
            self._shape = self._grammar.shape(self._part)
        return self._shape


class Grammar:
    """The language of one release."""

    def __init__(self, schema: dict[str, Any], release: Release) -> None:
        self.release = release
        self._parts: dict[str, dict[str, Any]] = schema["$defs"]
        self._shapes: dict[str, Shape] = {}
        self.root = self.shape(schema)

    def shape(self, part: dict[str, Any]) -> Shape:
        """What a part of the schema says."""
        reference = part.get("$ref")
        if reference is None:
            return self._made(part)
        name = reference.removeprefix("#/$defs/")
        found = self._shapes.get(name)
        if found is None:
            found = self._shapes[name] = self.shape(self._parts[name])
        return found

    def _made(self, part: dict[str, Any]) -> Shape:
        shape = Shape()
        types = part.get("type", "string" if part.keys() & {"enum", "const"} else [])
        rule = part.get("x-rule")
        shape.rule = rule_named(rule) if rule else None
        if types == "object":
            self._mapping(shape, part)
        elif types == "array":
            shape.is_sequence = True
            shape.items = Place(self, part["items"])
            shape.counts = (part.get("minItems", 0), part.get("maxItems", 1 << 62))
        elif types:
            shape.is_scalar = True
            shape.scalar = self._scalar(part, types, shape.rule)
        else:
            self._alternatives(shape, part)
        return shape

    def _mapping(self, shape: Shape, part: dict[str, Any]) -> None:
        shape.is_mapping = True
        for key, value in part.get("properties", {}).items():
            first = value.get("x-since")
            if first is not None and not since(self.release, first):
                shape.later[key] = first
            else:
                shape.keys[key] = Place(self, value)
        others = part.get("additionalProperties")
        shape.others = Place(self, others) if isinstance(others, dict) else None
        names = part.get("propertyNames")
        shape.names = self.shape({"type": "string", **names}).scalar if names else None
        shape.least_keys = part.get("minProperties", 0)
        shape.first_key_only = part.get("x-first-key-only", False)

    def _alternatives(self, shape: Shape, part: dict[str, Any]) -> None:
        """``anyOf``: at most one alternative is a mapping and one a list; texts may have several.

        They inherit ``x-any-case``, since it is said of a text.
        """
        readers: list[Reader | None] = []
        shared = {key: part[key] for key in ("x-any-case",) if key in part}
        for alternative in part["anyOf"]:
            first = alternative.get("x-since")
            if first is not None and not since(self.release, first):
                continue
            one = self.shape({**shared, **alternative})
            if one.is_mapping:
                for slot in ("keys", "later", "others", "names", "least_keys", "first_key_only"):
                    setattr(shape, slot, getattr(one, slot))
                shape.is_mapping = True
            elif one.is_sequence:
                shape.is_sequence, shape.items, shape.counts = True, one.items, one.counts
                shape.rule = shape.rule or one.rule
            else:
                readers.append(one.scalar)
                shape.is_scalar = True
        if readers and all(readers):
            shape.scalar = any_of([r for r in readers if r], shape.rule, part)

    def _scalar(self, part: dict[str, Any], types: object, rule: Rule | None) -> Reader | None:
        checked = part.get("x-checked-since")
        if checked is not None and not since(self.release, checked):
            return None
        if "x-text" in part:
            return FORMATS[part["x-text"]]
        if "enum" in part or "const" in part:
            return self._words(part, rule)
        if types == "boolean":
            return a_boolean
        if types == "integer":
            return an_integer(part.get("minimum", 0), part.get("maximum"), rule)
        if "pattern" in part:
            return a_pattern(part["pattern"], rule)
        if "format" in part:
            return standard(part["format"], rule)
        return None

    def _words(self, part: dict[str, Any], rule: Rule | None) -> Reader:
        words = [str(word) for word in part.get("enum", (part.get("const"),))]
        firsts = part.get("x-enum-since", {})
        later = {w: first for w, first in firsts.items() if not since(self.release, first)}
        return one_of(
            tuple(w for w in words if w not in later), later, rule,
            any_case=part.get("x-any-case", False),
        )  # fmt: skip


@cache
def grammar(release: Release) -> Grammar:
    """The language of the release."""
    from json import loads

    from hostnet.schema_files import schema

    return Grammar(loads(schema("netplan")), release)
