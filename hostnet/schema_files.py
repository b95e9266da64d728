"""The schemas: what each ``--json`` prints, netplan's language, and that of nodes."""

from __future__ import annotations

from posixpath import dirname, join
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

NAMES = (
    "apply", "cloud-init", "cni", "dns-check", "dns-log", "dns-status", "error", "findings",
    "netplan", "node", "recover", "render", "result", "site", "status", "validate",
)  # fmt: skip
"""All of them, by what ``hostnet schema`` calls them."""


def schema(name: str) -> str:
    """The JSON Schema (draft 2020-12) of that name, one of NAMES, as text.

    Raises KeyError for any other name.
    """
    if name not in NAMES:
        raise KeyError(name)
    # As pkgutil.get_data has it, which takes longer to import than a file to be judged.
    assert __spec__ is not None
    loader = cast("ResourceLoader", __spec__.loader)
    package = dirname(__file__)
    file = f"{name}.schema.json"
    try:
        return loader.get_data(join(package, "schemas", file)).decode()
    except FileNotFoundError:  # a checkout, where they lie beside the package
        return loader.get_data(join(dirname(package), "schemas", file)).decode()
