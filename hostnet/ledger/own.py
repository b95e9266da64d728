"""What of the kernel's objects is a change's own business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import IP, Network


class Own(Value):
    """What a change is about: the links, addresses and routes of netplan's files.

    Of the files both as they were and as they will be: what leaves is not foreign.
    """

    links: frozenset[str] = frozenset()
    addresses: frozenset[IP] = frozenset()
    routes: frozenset[tuple[Network, IP | None]] = frozenset()
