"""The schemas of the checkout as validators."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from tests.checkout import ROOT

SCHEMAS: dict[str, dict[str, Any]] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text())
    for path in sorted((ROOT / "schemas").glob("*.schema.json"))
}
_REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)


def check(name: str, document: object) -> None:
    """Demand that the document is as its schema says; raises ValidationError with the place."""
    _validator(name).validate(document)


def valid(name: str, document: object) -> bool:
    """Tell whether the document is as its schema says."""
    return _validator(name).is_valid(document)


def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name], registry=_REGISTRY, format_checker=FormatChecker())
