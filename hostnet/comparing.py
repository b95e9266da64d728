"""The host beside what a pin left of it: what is otherwise, and what puts it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.change import Change
from hostnet.dns import networkmanager, resolvconf
from hostnet.dns.facts import RESOLVED
from hostnet.dns.ours import manager_drop_in
from hostnet.dns.resolvedconf import DROP_INS, OUR_DROP_IN
from hostnet.laying import image_of
from hostnet.model import ABSENT, Image, Kind
from hostnet.owner import is_netplans
from hostnet.pinned import Kept
from hostnet.protection.places import is_ours
from hostnet.tampering import Tampering, of_file
from hostnet.unitfiles import is_unit_file, mask
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from hostnet.dns.facts import DnsFacts
    from hostnet.dns.pin import Pin
    from hostnet.model import Observed
    from hostnet.pinned import Pinned


class Found(Value):
    """What is otherwise than pinned, and what puts it right.

    ``fresh``: resolved is to read its files anew; ``stop``: it is not to run; ``quiet``:
    NetworkManager is to read its own. ``reverts`` are links with servers set by call;
    ``again``: netplan's links bring others, so that the pin is laid once more.
    """

    entries: tuple[Tampering, ...] = ()
    changes: tuple[Change, ...] = ()
    fresh: bool = False
    stop: bool = False
    quiet: bool = False
    reverts: tuple[str, ...] = ()
    again: bool = False
    seen: tuple[tuple[str, Image], ...] = ()

    def kept(self, pinned: Pinned) -> Pinned:
        """What is to be remembered once it is put right: a file of ours more, and what was seen."""
        known = {kept.path for kept in pinned.files}
        more = tuple(
            Kept(change.path, change.before, change.after)
            for change in self.changes
            if change.path not in known and _is_drop_in(change.path)
        )
        return replace(pinned, files=(*pinned.files, *more), seen=self.seen)


def strangers(facts: DnsFacts) -> tuple[tuple[str, Image], ...]:
    """The files in /etc and /run that resolved reads and hostnet did not make."""
    return tuple(
        (file.path, file.image)
        for file in facts.told
        if not file.path.startswith("/usr/") and not is_ours(file.image)
    )


def look(pinned: Pinned, observed: Observed, facts: DnsFacts) -> Found:
    """Compare the host with what the pin left."""
    resolved = pinned.wish.mode == "resolved"
    wanted = {kept.path: kept.after for kept in pinned.files if _is_kept(kept)}
    wanted[resolvconf.PATH] = pinned.conf
    if resolved:
        wanted[mask(RESOLVED)] = ABSENT
    changes = tuple(
        Change(path, now, after, "as it was pinned")
        for path, after in wanted.items()
        if (now := image_of(observed, path)) != after
    )
    entries = [of_file(change.path, change.after, change.before) for change in changes]
    seen = strangers(facts)
    fresh = any(f"/{DROP_INS}/" in change.path for change in changes)
    for path, now in {**dict.fromkeys(dict(pinned.seen), ABSENT), **dict(seen)}.items():
        before = dict(pinned.seen).get(path, ABSENT)
        if before != now:
            entries.append(of_file(path, before, now))
    later = _later(facts) if resolved else ()
    changes += later
    fresh = fresh or bool(later) or any(is_unit_file(change.path) for change in changes)
    links = _Links()
    unquiet = _unquiet(facts, observed)
    if resolved:
        if facts.resolved != "active":
            entries.append(Tampering(f"unit {RESOLVED}", "active", facts.resolved))
            fresh = True
        if (wrong := overwritten(pinned.wish, facts)) is not None:
            entries.append(wrong)
            fresh = True
        links = _links(pinned.wish, observed, facts, unquiet or frozenset())
        entries += links.entries
    rewritten = not resolved and any(change.path == resolvconf.PATH for change in changes)
    quiet = unquiet is not None and (rewritten or not unquiet.isdisjoint(links.reverts))
    if quiet:
        now = image_of(observed, networkmanager.OURS)
        after = Image(Kind.FILE, manager_drop_in(), 0o644, *observed.system.owner)
        changes += (Change(networkmanager.OURS, now, after, "NetworkManager leaves DNS alone"),)
    stop = not resolved and facts.resolved == "active"
    if stop:
        entries.append(Tampering(f"unit {RESOLVED}", "masked", "active"))
    return Found(tuple(entries), changes, fresh, stop, quiet, links.reverts, links.again, seen)


class _Links(Value):
    """What resolved is told of links beside the pinned servers."""

    entries: tuple[Tampering, ...] = ()
    reverts: tuple[str, ...] = ()
    again: bool = False


def _links(wish: Pin, observed: Observed, facts: DnsFacts, unquiet: frozenset[str]) -> _Links:
    """Of netplan's links, and of those that NetworkManager is still to be told of."""
    told = {server.ip for server in wish.servers or ()}
    entries, reverts, again = [], [], False
    for used in facts.used:
        link = observed.link(used.scope)
        if link is None or used.server.ip in told:
            continue
        if not (is_netplans(link.network_file) or link.name in unquiet):
            continue
        text = f"{used.server} ({used.source})"
        entries.append(Tampering(f"link {link.name}", "the pinned servers", text))
        if used.source == "runtime":
            reverts.append(link.name)
        else:
            again = True
    return _Links(tuple(entries), tuple(dict.fromkeys(reverts)), again)


def _unquiet(facts: DnsFacts, observed: Observed) -> frozenset[str] | None:
    """The links of a NetworkManager that has not been told to leave DNS alone.

    What is set for them once it has is another's, a VPN's say.
    """
    if facts.networkmanager is None or is_ours(image_of(observed, networkmanager.OURS)):
        return None
    return frozenset(facts.networkmanager.links)


def _is_drop_in(path: str) -> bool:
    return f"/{DROP_INS}/" in path or path == networkmanager.OURS


def _is_kept(kept: Kept) -> bool:
    """Files of hostnet's own alone, and the links of units.

    netplan's are the operator's to change (what their links bring is looked at), and kubelet's
    configuration is kubeadm's: it may be of another version by now.
    """
    if kept.path.startswith("/etc/netplan/"):
        return False
    return is_ours(kept.after) or is_unit_file(kept.path)


def overwritten(wish: Pin, facts: DnsFacts) -> Tampering | None:
    """What somebody wrote through the link into a file of resolved's."""
    told = {server.ip for server in wish.servers or ()}
    uplink = {server.ip for server in facts.uplink.servers}
    named = {str(server.ip) for server in facts.conf.servers}
    if facts.conf.mode == "stub" and named != {"127.0.0.53"}:
        return Tampering(resolvconf.STUB, "127.0.0.53", " ".join(sorted(named)))
    if facts.uplink.mode != "missing" and uplink and not uplink & told:
        names = " ".join(map(str, facts.uplink.servers))
        return Tampering(resolvconf.UPLINK, "the pinned servers", names)
    return None


def _later(facts: DnsFacts) -> tuple[Change, ...]:
    """A drop-in of ours after the last stranger's, which would else add to what ours says."""
    ours = {file.path: file for file in facts.told if is_ours(file.image)}
    path = facts.last_drop_in
    if path is None or path in ours or OUR_DROP_IN not in ours:
        return ()
    image = ours[OUR_DROP_IN].image
    return (Change(path, ABSENT, image, "after a stranger's, which adds to it"),)
