"""A pin laid beside another change: `hostnet static --pin-dns`, a node's; both in one plan.

What the pin will give back one day is what the other change alone would have left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.change import Write
from hostnet.dns.server import Server
from hostnet.draft import joined
from hostnet.laying import laid, with_image
from hostnet.netplan.netdef import as_ip
from hostnet.netplan.tree import load
from hostnet.pinground import Ground, Laid, decide, look_beneath, serving
from hostnet.pinning import with_names
from hostnet.pinsteps import image_plan, pin_steps
from hostnet.plan import netplan_changes
from hostnet.steps import partition
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from hostnet.change import Change
    from hostnet.dns.chooser import Decision
    from hostnet.dns.pin import Pin
    from hostnet.draft import Draft
    from hostnet.findings import Finding
    from hostnet.host.files import Files
    from hostnet.model import Observed
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree
    from hostnet.plan import Plan


class Beside(Value):
    """The pin, before and after it is laid on the drafts of the other change."""

    asked: Pin
    files: Files
    ground: Ground
    tree: Tree
    """Netplan's files without any pin, on which the other change is planned."""
    pin: Laid | None = None
    base: Observed | None = None
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, asked: Pin, observed: Observed, tree: Tree, files: Files) -> Beside:
        """Look at what the pin depends on. Raises Unsuitable."""
        ground = look_beneath(files, observed, tree)
        return cls(asked, files, ground, load(ground.bare.observed.netplan_files)[0])

    @property
    def bare(self) -> Observed:
        """The host without any pin."""
        return self.ground.bare.observed

    @property
    def decision(self) -> Decision | None:
        """How DNS is pinned."""
        return self.pin.decision if self.pin else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the pin."""
        return self.pin.findings if self.pin else ()

    def laid(
        self, final: Draft, trial: Draft, netdef: Netdef | None = None
    ) -> tuple[Beside, Draft, Draft]:
        """The pin on these drafts of the other change, and what it makes of them.

        Where it names no servers, those of the ``netdef`` are pinned; else those in use.
        """
        own = netplan_changes(final, self.bare)
        base = self.bare
        for change in own:
            base = with_image(base, change.path, change.after)
        pin = decide(self._wanted(netdef), self.ground, final.tree, base, self.files)
        changes = laid(
            (*own, *pin.pinning.changes),
            self.ground.bare,
            self.ground.observed,
            pin.state,
            base,
        )
        beside = replace(self, pin=pin, base=base, changes=changes)
        if pin.pinning.draft is None:
            return beside, final, trial
        tried, _ = with_names(pin.decision, base, trial.tree, pin.knows)
        return beside, joined(final, pin.pinning.draft), joined(trial, tried)

    def with_files(self, plan: Plan) -> Plan:
        """The plan with netplan's files as both changes leave them."""
        changes, _ = partition(self.changes, self.ground.observed)
        return replace(plan, changes=changes, promotion=tuple(map(Write, changes)))

    def with_steps(self, plan: Plan) -> Plan:
        """The plan with all else that the pin does."""
        assert self.pin is not None
        assert self.base is not None
        _, rest = partition(self.changes, self.ground.observed)
        if not self.bare.system.live:
            return image_plan(plan, rest)
        final, _ = load(self.base.netplan_files)
        plan = pin_steps(plan, rest, serving(self.pin, self.ground, final, self.base))
        return replace(plan, reasons=(*plan.reasons, self.pin.decision.trace))

    def _wanted(self, netdef: Netdef | None) -> Pin:
        if self.asked.servers is not None or netdef is None:
            return self.asked
        servers = tuple(Server(ip) for text, _ in netdef.nameservers() if (ip := as_ip(text)))
        search = netdef.search() if self.asked.search is None else self.asked.search
        return replace(self.asked, servers=servers or None, search=search or None)
