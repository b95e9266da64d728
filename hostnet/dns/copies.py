"""Which pods still have the nameservers of before (F08).

A pod keeps the resolv.conf that it was started with. What tells an old copy from one that was
meant so: a pod of dnsPolicy ClusterFirst asks the cluster's DNS, and is known by its search
list; and whatever was copied after the file last changed is what kubelet hands out now, so
that other servers there are the pod's own (dnsPolicy None, dnsConfig).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.model import MAX_NAMESERVERS
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.dns.resolvconf import ResolvConf
    from hostnet.dns.server import Server
    from hostnet.kubernetes.networks import ClusterNetwork
    from hostnet.kubernetes.sandboxes import Pod, Store
    from hostnet.model import Network


class Copy(Value):
    """A sandbox's resolv.conf."""

    store: Store
    id: str
    conf: ResolvConf

    @property
    def asks_the_cluster(self) -> bool:
        """Whether kubelet put the cluster's domains first: NS.svc.DOMAIN svc.DOMAIN DOMAIN."""
        first, second, domain = (*self.conf.search, "", "", "")[:3]
        return bool(domain) and second == f"svc.{domain}" and first.endswith(f".{second}")


class Holder(Value):
    """Whose the copy is, and when it was written: seconds since 1970, by its ctime."""

    copy: Copy
    pod: Pod
    written: float


class HandedOut(Value):
    """What a program hands to a pod that starts now, and since when: seconds since 1970."""

    program: str
    servers: tuple[Server, ...]
    since: float

    def differs(self, copy: Copy) -> bool:
        """Whether the copy has other servers; of a file that names none nothing can be said."""
        return bool(self.servers) and (
            set(copy.conf.servers) != set(self.servers[:MAX_NAMESERVERS])
        )


class StalePod(Value):
    """A pod with other servers than it would get now; ``holds`` are its own."""

    pod: Pod
    holds: tuple[Server, ...]
    gets: tuple[Server, ...]


def suspects(
    copies: Iterable[Copy], now: Iterable[HandedOut], networks: Iterable[ClusterNetwork]
) -> tuple[Copy, ...]:
    """The copies that may be of before, whosever they turn out to be.

    To learn whose one is, and since when, takes longer than to read it, and hardly any gets here.
    """
    handed, own = tuple(now), [each.network for each in networks]
    return tuple(
        copy
        for copy in copies
        if not copy.asks_the_cluster
        and not _is_inside(copy, own)
        and any(each.differs(copy) for each in handed if each.program in copy.store.programs)
    )


def stale(holders: Iterable[Holder], now: Iterable[HandedOut]) -> tuple[StalePod, ...]:
    """Those of the suspects that would get other servers now; caches, which others ask, first."""
    handed = {each.program: each for each in now}
    found = [
        StalePod(each.pod, each.copy.conf.servers, its.servers)
        for each in holders
        if (its := handed.get(each.pod.program)) is not None
        and each.written < its.since
        and its.differs(each.copy)
    ]
    return tuple(sorted(found, key=lambda each: (not each.pod.is_cache, str(each.pod))))


def _is_inside(copy: Copy, own: Iterable[Network]) -> bool:
    return all(
        server.ip.is_loopback or any(server.ip in network for network in own)
        for server in copy.conf.servers
    )
