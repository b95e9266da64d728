"""From a completed request to a Plan: every file's change, every step, every reason.

Planning is pure. A live plan has two halves: the trial in /run, which a reboot
forgets, with the addresses that leave beside those that come; and the promotion to
/etc, which drops the trial. Below another root there is only the promotion's writing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import unified_diff
from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.change import (
    Apply,
    Change,
    Expectation,
    ExpectedRoute,
    Op,
    Verify,
    Write,
)
from hostnet.cloudinit import CLOUD_FILE, network_disabled
from hostnet.errors import Unsuitable
from hostnet.findings import OWNER_NOT_EDITABLE, Finding
from hostnet.model import ABSENT, Image, Kind, Link, SourceFile
from hostnet.netplan.document import Document, Mapping, parse
from hostnet.netplan.edit import CannotEdit, put, without
from hostnet.netplan.netdef import Netdef, as_ip
from hostnet.netplan.secrets import masked
from hostnet.netplan.tree import Tree, merge_documents, network_of
from hostnet.owner import OUR_FILE
from hostnet.templates import constant

if TYPE_CHECKING:
    from hostnet.complete import Completed
    from hostnet.model import Address, Observed
    from hostnet.owner import Ownership

OUR_MODE = 0o600
_TRIAL = "/run/netplan/"


@dataclass(frozen=True)
class Plan:
    """What is to be done to the host, and why.

    ``changes`` are the lasting ones, file by file. ``trial`` and ``promotion`` are all
    steps in their order; ``before`` is what must be observed again after an undo.
    ``trial_files`` and ``final_files`` are the netplan files of either state, for the
    oracle; nothing of the plan may be performed before it accepted both.
    """

    subject: str
    changes: tuple[Change, ...] = ()
    trial: tuple[Op, ...] = ()
    promotion: tuple[Op, ...] = ()
    before: Expectation | None = None
    reasons: tuple[str, ...] = ()
    trial_files: tuple[tuple[str, bytes], ...] = ()
    final_files: tuple[tuple[str, bytes], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is already so."""
        return not self.changes and not self.trial and not self.promotion

    @property
    def writes(self) -> tuple[Change, ...]:
        """Every write in its order, trial first."""
        return tuple(op.change for op in (*self.trial, *self.promotion) if isinstance(op, Write))


@dataclass(frozen=True)
class FileDiff:
    """One file's change for human eyes: secrets masked."""

    path: str
    before: str
    after: str
    reason: str

    @property
    def unified(self) -> str:
        """The change as a unified diff."""
        lines = unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            self.path if self.before else "/dev/null",
            self.path if self.after else "/dev/null",
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def diffs(plan: Plan) -> tuple[FileDiff, ...]:
    """The lasting changes, as they are shown."""
    return tuple(
        FileDiff(change.path, _shown(change, change.before), _shown(change, change.after),
                 change.reason)
        for change in plan.changes
    )  # fmt: skip


def _shown(change: Change, image: Image) -> str:
    if image.kind is Kind.ABSENT:
        return ""
    if change.path.endswith(".yaml"):
        return masked(change.path, image.data)
    return image.data.decode(errors="replace")


@dataclass(frozen=True)
class Draft:
    """The netplan files as a change would leave them; the checks look at its tree."""

    files: tuple[tuple[SourceFile, bytes, str], ...]
    """Changed ones: the file that is edited, its new bytes, and the reason."""
    tree: Tree


def draft(
    completed: Completed, owner: Ownership, observed: Observed, tree: Tree, *, trial: bool
) -> tuple[Draft, tuple[Finding, ...]]:
    """Edit the files: each owner gives the interface up, 90-hostnet.yaml takes it."""
    findings: list[Finding] = []
    edited: dict[str, tuple[str, str]] = {}
    ours = tree.document(OUR_FILE)
    old = owner.netdef
    if old is not None:
        keep_key = _is_referred(tree, old.id)
        for document in dict.fromkeys(d.document.path for d in old.definitions):
            stranger = tree.document(document)
            if stranger is None or stranger.path == OUR_FILE:
                continue
            if stranger.path.startswith("/run/"):
                raise Unsuitable(
                    f"{completed.id} is defined in {stranger.path}",
                    "files in /run are made by another program and gone after a reboot",
                    "Find the program that writes it, and let it leave the interface alone.",
                )
            try:
                text = without(stranger, old.id, leave_empty=keep_key)
            except CannotEdit as fault:
                findings.append(
                    Finding(OWNER_NOT_EDITABLE, f"{stranger.path}: {fault.message}",
                            fault.position, completed.id)
                )  # fmt: skip
                continue
            keep_key = False
            reason = f"gives {old.id} up to 90-hostnet.yaml"
            edited[stranger.path] = (text, reason)
    text = _ours(completed, owner, tree, ours, trial=trial)
    if ours is None or text != ours.text:
        edited[OUR_FILE] = (text, f"defines {', '.join(_ids(completed, owner))}")
    files = {file.path: file for file in observed.netplan_files}
    changed = tuple(
        (files.get(path, SourceFile(path)), text.encode(), reason)
        for path, (text, reason) in edited.items()
    )
    return Draft(changed, _redone(tree, edited)), tuple(findings)


def _ids(completed: Completed, owner: Ownership) -> list[str]:
    return [completed.id] + [o.name for o in owner.covered if o.name != completed.id]


def _ours(
    completed: Completed, owner: Ownership, tree: Tree, ours: Document | None, *, trial: bool
) -> str:
    body = completed.trial_body if trial else completed.body
    text = put(ours, completed.section, completed.id, body)
    for link in owner.covered:
        # A match that covered several NICs becomes one definition for each of them.
        if link.name != completed.id and owner.netdef is not None:
            own = owner.netdef.body.with_value("match", None)
            text = put(parse(OUR_FILE, text.encode()), "ethernets", link.name, own)
    for id_ in _later_references(body, tree):
        # netplan resolves names within a file or from earlier ones only.
        later = tree.netdef(id_)
        if later is not None:
            document = parse(OUR_FILE, text.encode())
            if network_of(document).mapping(later.section).get(id_) is None:
                text = put(document, later.section, id_, Mapping())
    return text


def _later_references(body: Mapping, tree: Tree) -> tuple[str, ...]:
    """IDs that the body names and that only files after ours define."""
    names = [body.text("link"), *(getattr(i, "text", None) for i in body.sequence("interfaces"))]
    found = []
    for name in names:
        netdef = tree.netdef(name) if name else None
        if netdef and all(basename(d.path) > basename(OUR_FILE) for d in netdef.definitions):
            found.append(netdef.id)
    return tuple(found)


def _is_referred(tree: Tree, id_: str) -> bool:
    """Whether files that netplan reads before ours name the ID."""
    return any(
        basename(definition.path) < basename(OUR_FILE) for definition in tree.references(id_)
    )


def _redone(tree: Tree, edited: dict[str, tuple[str, str]]) -> Tree:
    texts = {document.path: document for document in tree.documents}
    for path, (text, _) in edited.items():
        texts[path] = parse(path, text.encode())
    ordered = sorted(texts.values(), key=lambda document: basename(document.path).encode())
    return merge_documents(ordered)


def build(
    completed: Completed,
    final: Draft,
    trial: Draft,
    observed: Observed,
) -> Plan:
    """All steps of the change; an empty plan if the host already is as asked."""
    changes = [_lasting(file, data, reason, observed) for file, data, reason in final.files]
    changes += _cloud_change(observed)
    # 90-hostnet.yaml first: between two renames the interface is defined twice, never not.
    changes.sort(key=lambda change: change.path != OUR_FILE)
    promotion = tuple(Write(change) for change in changes if change.before != change.after)
    plan = Plan(
        completed.id,
        tuple(op.change for op in promotion),
        promotion=promotion,
        reasons=completed.reasons,
        trial_files=_tree_files(observed, trial),
        final_files=_tree_files(observed, final),
    )
    link = observed.link(_link_name(completed, observed))
    if not observed.system.live or link is None:
        return plan
    netdef = final.tree.netdef(completed.id)
    assert netdef is not None
    wanted = expectation(netdef, link, absent=completed.leaving)
    if not promotion:
        if _is_so(wanted, link, observed):
            return plan
        reason = f"the files are as asked, but {link.name} is not: apply them again"
        steps: tuple[Op, ...] = (Apply(), Verify(wanted))
        return replace(
            plan, promotion=steps, before=present(link, observed), reasons=(*plan.reasons, reason)
        )
    trial_writes = _trial_writes(trial, observed)
    held = tuple(address for address in completed.leaving)
    tried = replace(wanted, addresses=(*held, *wanted.addresses), absent=())
    dropped = tuple(Write(write.change.inverse) for write in reversed(trial_writes))
    return replace(
        plan,
        trial=(*trial_writes, Apply(), Verify(tried)),
        promotion=(*promotion, *dropped, Apply(), Verify(wanted)),
        before=present(link, observed),
    )


def _link_name(completed: Completed, observed: Observed) -> str:
    """The kernel's name of the link: the Netdef's ID need not be it."""
    set_name = completed.body.text("set-name")
    if set_name and observed.link(set_name):
        return set_name
    if observed.link(completed.id):
        return completed.id
    netdef = Netdef(completed.id, completed.section, completed.body)
    found = next((link for link in observed.links if netdef.matches(link)), None)
    return found.name if found else completed.id


def expectation(netdef: Netdef, link: Link, *, absent: tuple[Address, ...] = ()) -> Expectation:
    """What the kernel, networkd and resolved must show once the Netdef is in force."""
    addresses = tuple(address for address, _ in netdef.addresses())
    servers = tuple(ip for text, _ in netdef.nameservers() if (ip := as_ip(text)))
    mtu = netdef.body.text("mtu")
    return Expectation(
        link.name,
        addresses,
        tuple(address.ip for address in absent),
        tuple(
            ExpectedRoute(route.to, route.via, route.metric)
            for route in netdef.routes()
            if route.is_main_default and route.via is not None
        ),
        servers,
        netdef.search(),
        int(mtu) if mtu and mtu.isdigit() else None,
        netdef.network_file,
    )


def present(link: Link, observed: Observed) -> Expectation:
    """What is so now, and must be so again after an undo."""
    return Expectation(
        link.name,
        tuple(
            have.address
            for have in link.addresses
            if have.scope == "global" and not have.temporary and not have.tentative
        ),
        (),
        tuple(
            ExpectedRoute(route.to, route.via, route.metric)
            for route in observed.routes
            if route.link == link.name and route.to.prefixlen == 0
        ),
        link.nameservers,
        link.search,
        link.mtu,
        link.network_file,
    )


def _is_so(wanted: Expectation, link: Link, observed: Observed) -> bool:
    """Whether the kernel already has what the files say."""
    routes = {(r.to, r.via) for r in observed.routes if r.link == link.name}
    return (
        all(link.has(address) for address in wanted.addresses)
        and all((route.to, route.via) in routes for route in wanted.routes)
        and (wanted.mtu is None or link.mtu == wanted.mtu)
    )


def _lasting(file: SourceFile, data: bytes, reason: str, observed: Observed) -> Change:
    """The change in /etc.

    A file in /lib is shadowed by one of its name in /etc, and of a symlink the file that
    it leads to is changed.
    """
    uid, gid = observed.system.owner
    fresh = Image(Kind.FILE, data, OUR_MODE, uid, gid)
    if file.path == OUR_FILE and file.image.kind is Kind.ABSENT:
        return Change(OUR_FILE, ABSENT, fresh, reason)
    if file.path.startswith("/lib/"):
        return Change(f"/etc/netplan/{basename(file.path)}", ABSENT, fresh, reason)
    after = replace(file.image, data=data)
    if file.path == OUR_FILE:
        after = replace(after, mode=OUR_MODE)
    return Change(file.target or file.path, file.image, after, reason)


def _cloud_change(observed: Observed) -> list[Change]:
    if not observed.system.cloud_init or network_disabled(observed.cloud_files):
        return []
    uid, gid = observed.system.owner
    after = Image(Kind.FILE, constant("99-hostnet-network.cfg"), 0o644, uid, gid)
    reason = "cloud-init would define the network again on the next new instance"
    return [Change(CLOUD_FILE, observed.image(CLOUD_FILE), after, reason)]


def _trial_writes(trial: Draft, observed: Observed) -> tuple[Write, ...]:
    """The files of the trial, which in /run shadow those of the same name in /etc."""
    uid, gid = observed.system.owner
    writes = []
    for file, data, _ in trial.files:
        path = _TRIAL + basename(file.path)
        after = Image(Kind.FILE, data, OUR_MODE, uid, gid)
        change = Change(path, observed.image(path), after, "trial; a reboot forgets it")
        writes.append(Write(change))
    return tuple(writes)


def _tree_files(observed: Observed, drafted: Draft) -> tuple[tuple[str, bytes], ...]:
    """Path and bytes of every netplan file, as the oracle is to see them."""
    files = {file.path: file.data for file in observed.netplan_files}
    for file, data, _ in drafted.files:
        name = basename(file.path)
        files[f"/etc/netplan/{name}"] = data
    return tuple(files.items())
