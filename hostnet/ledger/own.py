"""What of the kernel's objects is a change's own business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostnet.model import IP, Network


@dataclass(frozen=True)
class Own:
    """What a change is about: the links, addresses and routes of netplan's files.

    Of the files both as they were and as they will be: what leaves is not foreign.
    """

    links: frozenset[str] = frozenset()
    addresses: frozenset[IP] = frozenset()
    routes: frozenset[tuple[Network, IP | None]] = frozenset()
