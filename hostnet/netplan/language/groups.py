"""All groups of takes and checks, in the order netplan comes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.language import (
    addresses,
    backends,
    general,
    members,
    openvswitch,
    references,
    routes,
    tunnels,
    wireless,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

    Take = Callable[[Reading, Interface, Any], None]
    """Takes in a value of the right shape."""
    Check = Callable[[Reading, Interface], None]
    EndCheck = Callable[[Reading], None]

_GROUPS = (
    general, addresses, routes, references, members, tunnels, wireless, openvswitch, backends
)  # fmt: skip
_EVERYWHERE = "everywhere"


def _of(group: ModuleType) -> dict[str, dict[str, Take]]:
    found: dict[str, dict[str, Take]] = getattr(group, "TAKES", {})
    return found


def _takes() -> dict[str, dict[str, Take]]:
    """By section and path; what a group says of `everywhere` holds in all sections."""
    found: dict[str, dict[str, Take]] = {}
    for group in _GROUPS:
        for section, takes in _of(group).items():
            found.setdefault(section, {}).update(takes)
    common = found.pop(_EVERYWHERE, {})
    sections = (
        "ethernets", "wifis", "modems", "bonds", "bridges", "vlans", "vrfs", "tunnels",
        "dummy-devices", "virtual-ethernets", "nm-devices",
    )  # fmt: skip
    return {section: {**common, **found.get(section, {})} for section in sections}


TAKES = _takes()
GLOBAL_TAKES: dict[str, Take] = {**openvswitch.GLOBAL_TAKES}
DEFINED: tuple[Check, ...] = tuple(
    check for group in _GROUPS for check in getattr(group, "DEFINED", ())
)
AT_THE_END: tuple[EndCheck, ...] = tuple(
    check for group in _GROUPS for check in getattr(group, "AT_THE_END", ())
)
