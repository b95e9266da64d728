"""The schemas: what each ``--json`` prints, netplan's language, and that of nodes."""

from __future__ import annotations

from pkgutil import get_data

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
    try:
        data = get_data("hostnet", f"schemas/{name}.schema.json")
    except FileNotFoundError:  # a checkout, where they lie beside the package
        data = get_data("hostnet", f"../schemas/{name}.schema.json")
    assert data is not None  # only a loader without files has none
    return data.decode()
