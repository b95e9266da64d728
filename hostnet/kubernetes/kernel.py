"""The kernel's settings that container networks depend on, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import Family


class Kernel(Value):
    """What was read of them.

    ``settings`` are those below net/ipv4/conf, as ``all/rp_filter``; ``rules`` the tables that
    rules of either family look up.
    """

    settings: tuple[tuple[str, int], ...] = ()
    rules: tuple[tuple[Family, int], ...] = ()

    def setting(self, link: str, name: str) -> int:
        """What counts for the link: the greater of its own and everyone's (ip-sysctl, conf/all)."""
        values = dict(self.settings)
        return max(values.get(f"{link}/{name}", 0), values.get(f"all/{name}", 0))
