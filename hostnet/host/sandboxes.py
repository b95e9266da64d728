"""The resolv.conf copies of the pods that run here, and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.dns import resolvconf
from hostnet.dns.copies import Copy, HandedOut, Holder, StalePod, stale, suspects
from hostnet.host.beneath import Unreadable
from hostnet.kubernetes.sandboxes import STORES, described

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.dns.facts import DnsFacts
    from hostnet.host.files import Files


def read(files: Files, facts: DnsFacts) -> tuple[StalePod, ...] | None:
    """The pods with other servers than they would get now; None for who may not look (root may).

    A name that is gone meanwhile is a pod that has ended.
    """
    now = tuple(_handed_out(files, facts))
    if not now:
        return ()
    found: list[Copy] = []
    for store in STORES:
        if {each.program for each in now}.isdisjoint(store.programs):
            continue
        try:
            names = files.names(store.folder)
        except Unreadable:
            return None
        for name in names:
            file = files.read(f"{store.folder}/{name}/{store.copy}")
            if file.data:
                found.append(Copy(store, name, resolvconf.read(file)))
    return stale(_holders(files, suspects(found, now, facts.networks)), now)


def _handed_out(files: Files, facts: DnsFacts) -> Iterable[HandedOut]:
    """Since when is the later of two: when the file came to be so, and when it was named."""
    for reader in facts.readers:
        path = reader.reads(stub=facts.conf.is_loopback)
        if path is None:
            continue
        places = [path, *([reader.origin.path] if reader.origin else [])]
        moments = [moment for place in places if (moment := files.changed(place)) is not None]
        if moments:
            yield HandedOut(reader.program, facts.conf_at(path).servers, max(moments))


def _holders(files: Files, copies: Iterable[Copy]) -> Iterable[Holder]:
    for copy in copies:
        store = copy.store
        about = files.read(f"{store.about}/{copy.id}/{store.description}")
        pod = described(store, copy.id, about.data) if about.data else None
        written = files.changed(f"{store.folder}/{copy.id}/{store.copy}")
        if pod is not None and written is not None:
            yield Holder(copy, pod, written)
