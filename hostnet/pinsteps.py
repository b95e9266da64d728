"""The steps of a pin on the running host, in the order in which nobody is without names.

resolved is told before the links lose their servers, resolv.conf leads to it after that; and
where resolved goes, it goes last.
What a reboot shall forget is tried in /run. What has no place there is written at once, and
a boot undoes it as long as the pin is not kept (hostnet-recover.service): resolv.conf,
kubelet's configuration, and whatever is taken away.
"""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING

from hostnet.change import Change, Write
from hostnet.dns import networkmanager
from hostnet.dns.facts import RESOLVED
from hostnet.dns.resolvconf import PATH
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.kubernetes.resolvers import KUBELET_CONFIG
from hostnet.model import ABSENT, Kind
from hostnet.ops import Lock, Reread, Resolve, Revert, Service
from hostnet.plan import PINNED, lasting
from hostnet.unitfiles import FOLDER, RUNTIME_FOLDER, is_unit_file
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.ops import Op, Wish
    from hostnet.plan import Plan
    from hostnet.verification import Resolving

_TRIALS = (
    ("/etc/systemd/network/", "/run/systemd/network/"),
    (f"{FOLDER}/", f"{RUNTIME_FOLDER}/"),
    (f"{dirname(networkmanager.OURS)}/", "/run/NetworkManager/conf.d/"),
)
KUBELET = "kubelet.service"
PATH_UNIT, TIMER = "hostnet-pin.path", "hostnet-pin.timer"


class Serving(Value):
    """The services that a pin touches, as they are and as they shall be.

    ``resolved`` and ``kubelet``: whether they run. ``serves``: resolved shall. ``sockets``
    are resolved's, those that listen now and those that shall; ``reverts`` what is set for
    links by call; ``expected`` whom resolved must ask, None where that is not known.
    """

    resolved: bool
    kubelet: bool
    serves: bool
    sockets: tuple[str, ...] = ()
    listening: tuple[str, ...] = ()
    reverts: tuple[Revert, ...] = ()
    expected: Resolving | None = None
    overwritten: bool = False
    """resolved's own files are not as it wrote them, which it does anew when it reads its own."""
    locked: bool = False
    """resolv.conf is immutable, by a pin."""
    locks: bool = False
    """It shall be."""
    keepers: tuple[tuple[str, bool], ...] = ()
    """The units that keep a pin, and whether they are active; none where they are not installed."""
    keeps: bool = True
    """They shall be."""


def pin_steps(plan: Plan, changes: Iterable[Change], serving: Serving) -> Plan:
    """The plan of netplan's files, if there are any, with all that a pin does beside it.

    ``changes`` are those of the other files.
    """
    early: list[Change] = []
    late: list[Change] = []
    promotion: list[Write] = []
    for change in changes:
        tried = _tried(change)
        if tried is None:
            promotion.append(Write(change))
            continue
        if tried is not change:
            promotion += [Write(change), Write(tried.inverse)]
        (late if _comes_late(change, serving) else early).append(tried)
    served = (Resolve(serving.expected),) if serving.expected else ()
    if not (early or late or promotion or plan.trial or plan.promotion or _is_overruled(serving)):
        return plan
    lock, unlock = _locks(serving)
    trial = (
        *unlock,
        *map(Write, early),
        *_reread(early),
        *(_resolved(serving, has_new_files=bool(early)) if serving.serves else ()),
        *_manager(early),
        # Before networkd is asked for what its files say, which a call overrules.
        *serving.reverts,
        *plan.trial,
        *map(Write, late),
        *_without_strangers(late, serving),
        *_kubelet(late, serving),
        *_reread(late),
        *(() if serving.serves else _resolved(serving, has_new_files=bool(late))),
        *served,
    )
    # In one commit: neighbouring writes are all done, or none.
    writes = sorted(promotion, key=lambda write: write.change.path.startswith("/run/"))
    kept = (
        *writes,
        *plan.promotion,
        *_reread(write.change for write in writes),
        *(served if trial else ()),
        *lock,
        *_keepers(serving),
    )
    return replace(plan, changes=lasting((*trial, *kept)), trial=trial, promotion=kept)


def _is_overruled(serving: Serving) -> bool:
    """Whether the files are right and yet others are asked, or nobody keeps it so.

    By a program's call, by what one wrote into resolved's files, or since resolved is stopped;
    and a fight that was ended has stopped who keeps it.
    """
    if serving.keeps and not all(active for _, active in serving.keepers):
        return True
    if serving.expected is None:
        return False
    called = any(revert.servers for revert in serving.reverts)
    return called or serving.overwritten or not serving.resolved


def image_plan(plan: Plan, changes: Iterable[Change]) -> Plan:
    """Of an image: its files."""
    promotion = (*map(Write, changes), *plan.promotion)
    return replace(plan, changes=lasting(promotion), promotion=promotion)


def resolved_at_boot(changes: Iterable[Change]) -> tuple[tuple[str, Wish], ...]:
    """What is to become of resolved, at a boot that these changes were made in.

    The boot's own jobs are of what was there when it began.
    """
    several = tuple(changes)
    units = [basename(each.path) for each in several if each.after.data == b"/dev/null"]
    if units:
        # The sockets first: a lookup would have them start the service.
        return tuple((unit, "stopped") for unit in sorted(units, key=RESOLVED.__eq__))
    return ((RESOLVED, "fresh"),) if any(c.path == OUR_DROP_IN for c in several) else ()


def _tried(change: Change) -> Change | None:
    """What is done first of it: the same in /run, itself, or nothing until it is kept."""
    path, after = change.path, change.after
    if path in (PATH, KUBELET_CONFIG):
        return change
    if path == PINNED or path.startswith("/etc/cloud/"):
        return None
    if is_unit_file(path) and path.endswith(".conf"):
        return None
    if after == ABSENT:
        # A link that enables a unit starts it at boot alone; all else hides what is in /run.
        return None if is_unit_file(path) and change.before.data != b"/dev/null" else change
    if is_unit_file(path) and after.data != b"/dev/null":
        return None
    if path.startswith(f"{dirname(OUR_DROP_IN)}/"):
        # It must come after what it stands in for: '_' sorts after '.'.
        stem = basename(path).removesuffix(".conf")
        tried = f"/run/systemd/resolved.conf.d/{stem}_trial.conf"
        return Change(tried, ABSENT, after, "trial; a reboot forgets it")
    for lasting_place, trial_place in _TRIALS:
        if path.startswith(lasting_place):
            tried = path.replace(lasting_place, trial_place, 1)
            if after.kind is Kind.FILE or tried != path:
                return Change(tried, ABSENT, after, "trial; a reboot forgets it")
    return change


def _comes_late(change: Change, serving: Serving) -> bool:
    """Whether names are looked up by it: then what it leads to must be there before."""
    if change.path in (PATH, KUBELET_CONFIG):
        return True
    return is_unit_file(change.path) and not serving.serves


def _locks(serving: Serving) -> tuple[tuple[Op, ...], tuple[Op, ...]]:
    """What makes resolv.conf immutable in the end, and writable in the beginning."""
    lock = (Lock(PATH, immutable=True, was=serving.locked),) if serving.locks else ()
    unlock = (Lock(PATH, immutable=False, was=True),) if serving.locked else ()
    return lock, unlock


def _keepers(serving: Serving) -> tuple[Op, ...]:
    """The timer comes round soon: what was written meanwhile made no event."""
    return tuple(
        Service(unit, "fresh" if serving.keeps else "stopped", ran)
        for unit, ran in serving.keepers
        if serving.keeps or ran
    )


def _manager(changes: Iterable[Change]) -> tuple[Op, ...]:
    """It says no more of its links from then on; what it has said is reverted after that."""
    told = any(basename(change.path) == basename(networkmanager.OURS) for change in changes)
    return (Service(networkmanager.SERVICE, "fresh", ran=True),) if told else ()


def _reread(changes: Iterable[Change]) -> tuple[Op, ...]:
    return (Reread(),) if any(is_unit_file(change.path) for change in changes) else ()


def _resolved(serving: Serving, *, has_new_files: bool) -> tuple[Op, ...]:
    if serving.serves:
        fresh = has_new_files or serving.overwritten or not serving.resolved
        start = (Service(RESOLVED, "fresh", serving.resolved),) if fresh else ()
        sockets = (s for s in serving.sockets if s not in serving.listening)
        return (*(Service(s, "fresh", ran=False) for s in sockets), *start)
    # The sockets first: a lookup would have them start the service again.
    sockets = (s for s in serving.listening if s not in serving.sockets)
    stop = (Service(RESOLVED, "stopped", ran=True),) if serving.resolved else ()
    return (*(Service(s, "stopped", ran=True) for s in sockets), *stop)


def _without_strangers(late: Iterable[Change], serving: Serving) -> tuple[Op, ...]:
    """resolved forgets the servers of a regular resolv.conf, which has become its own link.

    It takes those for its own where its files name none, and drops them only when it reads
    its configuration anew (seen with systemd 252, 257 and 262).
    """
    left = any(change.path == PATH and change.before.kind is Kind.FILE for change in late)
    if not (left and serving.serves and serving.expected is None):
        return ()
    return (Service(RESOLVED, "fresh", serving.resolved),)


def _kubelet(late: Iterable[Change], serving: Serving) -> tuple[Op, ...]:
    """It reads its configuration when it starts."""
    changed = any(change.path == KUBELET_CONFIG for change in late)
    return (Service(KUBELET, "fresh", ran=True),) if changed and serving.kubelet else ()
