"""What a pin is laid on, and how it is laid: facts of the host on one side, a plan's on the other.

For `hostnet dns pin`, and for `hostnet static --pin-dns`, which lays it on what it plans itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.checks import dns as dns_checks
from hostnet.comparing import overwritten, strangers
from hostnet.dns.chooser import can_repoint, choose
from hostnet.dns.facts import RESOLVED
from hostnet.dns.pin import Pin
from hostnet.dns.resolvconf import PATH, read_image
from hostnet.dns.rivals import locked
from hostnet.findings import NOT_PINNABLE, Finding
from hostnet.host import dns_facts, observe as observing, oracle
from hostnet.kubernetes.resolvers import KUBELET_CONFIG, readers as readers_of
from hostnet.laying import Bare, bare, laid
from hostnet.model import Kind, SourceFile
from hostnet.ops import Revert
from hostnet.owner import is_netplans
from hostnet.pinned import Pinned, from_bytes
from hostnet.pinning import Knows, leading, pin_changes, touched
from hostnet.pinsteps import KUBELET, PATH_UNIT, TIMER, Serving
from hostnet.plan import PINNED
from hostnet.value import Value, replace
from hostnet.verification import Resolving

_VENDOR = "/usr/lib/systemd/system"

if TYPE_CHECKING:
    from hostnet.dns.chooser import Decision
    from hostnet.dns.facts import DnsFacts
    from hostnet.host.files import Files
    from hostnet.kubernetes.resolvers import Reader
    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree
    from hostnet.pinning import Pinning


class Ground(Value):
    """What a pin is laid on: the host as it is, and as it was before any pin."""

    observed: Observed
    tree: Tree
    facts: DnsFacts
    pinned: Pinned | None
    bare: Bare
    listening: tuple[str, ...] = ()
    keepers: tuple[tuple[str, bool], ...] = ()

    @property
    def bare_facts(self) -> DnsFacts:
        """The facts of the host before any pin."""
        if self.pinned is None:
            return self.facts
        image = self.bare.observed.image(PATH)
        target = PATH if image.kind is Kind.FILE else None
        conf = read_image(SourceFile(PATH, image.data, target=target, image=image))
        readers = tuple(map(self._bare_reader, self.facts.readers))
        lock = None if self.is_locked else self.facts.lock
        return replace(
            self.facts, conf=conf, resolved=self.pinned.resolved, readers=readers, lock=lock
        )

    @property
    def is_locked(self) -> bool:
        """Whether the pin made resolv.conf immutable."""
        strict = self.pinned is not None and self.pinned.wish.strict
        return strict and self.facts.lock == "immutable"

    @property
    def is_repointed(self) -> bool:
        """Whether the pin told kubelet another file."""
        return any(kept.path == KUBELET_CONFIG for kept in self.bare.kept)

    def _bare_reader(self, reader: Reader) -> Reader:
        """The program as it was told before the pin: only kubelet may have been told since."""
        if not (self.is_repointed and can_repoint(reader)):
            return reader
        data = self.bare.observed.image(KUBELET_CONFIG).data
        (told,) = readers_of([SourceFile(KUBELET_CONFIG, data, target=KUBELET_CONFIG)])
        return told

    @property
    def state(self) -> Pinned:
        """What is to be remembered of it."""
        old = self.pinned or Pinned((), self.facts.resolved, self.listening)
        return replace(old, seen=strangers(self.facts))


class Laid(Value):
    """A pin as it is to be laid on the ground, for a netplan that ``knows`` so much."""

    decision: Decision
    pinning: Pinning
    findings: tuple[Finding, ...]
    knows: Knows
    state: Pinned


def look_beneath(files: Files, observed: Observed, tree: Tree) -> Ground:
    """Look at all that a pin depends on. Raises Unsuitable."""
    facts = dns_facts.read(files, observed, tree)
    image = observing.with_images(files, observed, [PINNED]).image(PINNED)
    pinned = from_bytes(image.data) if image.kind is Kind.FILE else None
    more = (kept.path for kept in pinned.files) if pinned else ()
    paths = (PINNED, *touched(tree, facts), *dns_facts.unit_links(files), *more)
    observed = observing.with_images(files, observed, paths)
    under = bare(observed, pinned)
    if not observed.system.live:
        return Ground(observed, tree, facts, pinned, under)
    listening, keepers = _units(facts, files)
    return Ground(observed, tree, facts, pinned, under, listening, keepers)


def standing(files: Files) -> Pin | None:
    """The pin as it was laid, if there is one. Raises Unsuitable."""
    if not files.exists(PINNED):
        return None
    return from_bytes(files.image(PINNED).data).wish


def decide(pin: Pin, ground: Ground, tree: Tree, base: Observed, files: Files) -> Laid:
    """The pin on this ground; ``tree`` is netplan's without it, of the host ``base``."""
    asked = pin
    if pin.servers is None and ground.pinned is not None:
        # What is in use is what was pinned: a link may bring more by now.
        asked = replace(pin, servers=choose(Pin(mode=pin.mode), ground.facts).servers)
    if ground.is_repointed:
        asked = replace(asked, repoint_kubelet=True)
    facts = ground.bare_facts
    decision = choose(asked, facts)
    knows = _knows(base, files)
    pinning = pin_changes(decision, facts, base, tree, knows)
    state = replace(ground.state, wish=_wish(asked, decision))
    changes = laid(pinning.changes, ground.bare, ground.observed, state)
    findings = dns_checks.check(decision, facts) + pinning.findings + ground.bare.findings
    refused = decision.refused
    untouched = all(change.path != PATH for change in changes)
    if refused is not None and not (refused == locked(facts) and untouched):
        findings += (Finding(NOT_PINNABLE, refused.what, remedy=refused.remedy),)
    return Laid(decision, pinning, findings, knows, state)


def _wish(asked: Pin, decision: Decision) -> Pin:
    return Pin(
        decision.servers, decision.search, decision.mode, asked.strict, asked.repoint_kubelet
    )


def serving(laid_pin: Laid | None, ground: Ground, tree: Tree, base: Observed) -> Serving:
    """How the services are, and how they shall be; without a pin as they were before it."""
    facts, state = ground.facts, ground.state
    now = Serving(
        facts.resolved == "active",
        observing.is_active(KUBELET),
        serves=False,
        listening=ground.listening,
        locked=ground.is_locked,
        keepers=ground.keepers,
    )
    if laid_pin is None:
        serves = state.resolved == "active"
        return replace(now, serves=serves, sockets=state.sockets, keeps=False)
    decision = laid_pin.decision
    if decision.mode == "direct":
        return replace(now, locks=decision.strict)
    pinned = ground.pinned
    return replace(
        now,
        serves=True,
        sockets=state.sockets or ground.listening,
        reverts=tuple(_reverts(ground)),
        expected=_expected(decision, base, tree),
        overwritten=pinned is not None and overwritten(pinned.wish, facts) is not None,
    )


def _knows(observed: Observed, files: Files) -> Knows:
    netplan = observed.system.netplan
    ra = netplan is None or oracle.knows_ra_overrides(netplan.core)
    return Knows(ra, dns_facts.dns_at_boot(files))


def _units(facts: DnsFacts, files: Files) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """resolved's sockets that wait for a caller, and the units that keep a pin."""
    sockets = [name for unit in facts.units if (name := unit.path.rpartition("/")[2]) != RESOLVED]
    keepers = [name for name in (PATH_UNIT, TIMER) if files.exists(f"{_VENDOR}/{name}")]
    if not (sockets or keepers):
        return (), ()
    from hostnet.host.bus import Bus

    with Bus() as bus:
        active = [n for n in (*sockets, *keepers) if bus.unit_state(n).active == "active"]
    return (
        tuple(name for name in sockets if name in active),
        tuple((name, name in active) for name in keepers),
    )


def _reverts(ground: Ground) -> list[Revert]:
    """For networkd's links what programs have set by call, and for NetworkManager's what it has.

    What names the servers of the lease again cannot be told from the lease, so it is reverted on
    every link that has servers; only what is known to be set comes back after an undo.
    """
    found: list[Revert] = []
    facts = ground.facts
    managed = facts.networkmanager.links if facts.networkmanager else ()
    for link in ground.observed.links:
        used = [each for each in facts.used if each.scope == link.name]
        if used and link.name in managed:
            # It tells them again by itself when it may.
            found.append(Revert(link.name, ()))
        elif used and is_netplans(link.network_file):
            called = tuple(each.server for each in used if each.source == "runtime")
            found.append(Revert(link.name, called, link.search if called else ()))
    return found


def _expected(decision: Decision, observed: Observed, tree: Tree) -> Resolving:
    """Whom resolved must ask then: the pinned servers, by itself or by the links."""
    own = tuple(replace(server, link=None) for server in decision.servers)
    leads = leading(observed, tree) if decision.on_links else frozenset()
    links = tuple(
        (link.name, own if link.name in leads else ())
        for link in observed.links
        if is_netplans(link.network_file)
    )
    return Resolving(() if decision.on_links else own, links)
