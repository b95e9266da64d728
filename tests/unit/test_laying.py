"""A pin is laid on the host as it was before any, and taking it away brings that back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostnet.change import Change
from hostnet.dns.chooser import choose
from hostnet.dns.facts import DnsFacts
from hostnet.dns.pin import parse
from hostnet.dns.resolvconf import PATH, read_image
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.errors import Unsuitable
from hostnet.laying import bare, image_of, laid, with_image
from hostnet.model import ABSENT, Image, Kind, Observed, SourceFile
from hostnet.netplan.edit import put
from hostnet.netplan.tree import load
from hostnet.owner import OUR_FILE
from hostnet.pinned import Kept, Pinned, from_bytes, to_bytes
from hostnet.pinning import Knows, pin_changes
from hostnet.plan import PINNED
from hostnet.steps import partition
from tests.unit.builders import CLOUD, Value, file
from tests.unit.test_chooser import UBUNTU
from tests.unit.test_pinning import HOST, UNIT

STUB_LINK = Image(Kind.SYMLINK, b"../run/systemd/resolve/stub-resolv.conf", 0o777)
STARTED = replace(HOST, images=((PATH, STUB_LINK),))
FACTS = replace(UBUNTU, units=(UNIT,))
KNOWS = Knows(ra_overrides=True, dns_at_boot=True)


def kept_of(observed: Observed) -> Pinned | None:
    image = observed.image(PINNED)
    return from_bytes(image.data) if image.kind is Kind.FILE else None


def after(observed: Observed, changes: tuple[Change, ...]) -> Observed:
    for change in changes:
        assert image_of(observed, change.path) == change.before, change.path
        observed = with_image(observed, change.path, change.after)
    return observed


def pin(observed: Observed, *servers: str, **options: Value) -> Observed:
    """The host with the pin laid, as the walk does it."""
    pinned = kept_of(observed)
    under = bare(observed, pinned)
    image = under.observed.image(PATH)
    conf = read_image(SourceFile(PATH, image.data, target=PATH, image=image))
    facts: DnsFacts = replace(FACTS, conf=conf)
    tree, _ = load(under.observed.netplan_files)
    decision = choose(parse(servers, **options)[0], facts)
    done = pin_changes(decision, facts, under.observed, tree, KNOWS)
    state = pinned or Pinned((), "active")
    return after(observed, laid(done.changes, under, observed, state))


def unpin(observed: Observed) -> Observed:
    under = bare(observed, kept_of(observed))
    return after(observed, laid((), under, observed, None))


def texts(observed: Observed) -> dict[str, Image]:
    """Everything that can be seen of the files."""
    found = {file.path: file.image for file in observed.netplan_files}
    return found | {path: image for path, image in observed.images if image != ABSENT}


BEFORE = texts(STARTED)


@pytest.mark.parametrize("mode", ["resolved", "direct"])
def test_all_comes_back(mode: str) -> None:
    pinned = pin(STARTED, "10.9.9.9", mode=mode)
    assert PINNED in texts(pinned)
    assert texts(unpin(pinned)) == BEFORE


@pytest.mark.parametrize("first", ["resolved", "direct"])
@pytest.mark.parametrize("second", ["resolved", "direct"])
def test_a_second_pin_leaves_what_it_alone_would(first: str, second: str) -> None:
    alone = pin(STARTED, "10.9.9.9", mode=second)
    both = pin(pin(STARTED, "10.8.8.8", mode=first), "10.9.9.9", mode=second)
    assert texts(both) == texts(alone)
    assert texts(unpin(both)) == BEFORE


def test_only_netplans_own_files_are_netplans() -> None:
    config = "/var/lib/kubelet/config.yaml"
    mine = [Change(path, ABSENT, STUB_LINK, "") for path in (OUR_FILE, CLOUD, config)]
    netplan, rest = partition(mine, STARTED)
    assert [change.path for change in netplan] == [OUR_FILE, CLOUD]
    assert [change.path for change in rest] == [config]


def test_the_same_pin_again_changes_nothing() -> None:
    once = pin(STARTED, "10.9.9.9")
    assert pin(once, "10.9.9.9") == once


def test_what_static_changed_meanwhile_stays_and_the_pin_goes() -> None:
    pinned = pin(STARTED, "10.9.9.9")
    tree, _ = load(pinned.netplan_files)
    netdef = tree.netdef("ens33")
    assert netdef is not None
    there, _ = load((file(OUR_FILE, "network: {ethernets: {ens33: {addresses: [10.0.0.7/24]}}}"),))
    theirs = there.netdef("ens33")
    assert theirs is not None
    body = netdef.body.with_value("addresses", theirs.body.get("addresses"))
    text = put(tree.document(OUR_FILE), "ethernets", "ens33", body)
    now = image_of(pinned, OUR_FILE)
    changed = with_image(pinned, OUR_FILE, replace(now, data=text.encode()))
    gone = unpin(changed)
    ours = image_of(gone, OUR_FILE).data
    assert b"10.0.0.7/24" in ours
    assert b"use-dns" not in ours
    assert b"10.9.9.9" not in ours
    assert b"9.9.9.9" in ours  # what the owner had named
    assert image_of(gone, CLOUD) == image_of(changed, CLOUD)  # it does not define ens33 again
    assert OUR_DROP_IN not in texts(gone)
    assert PINNED not in texts(gone)


def test_what_a_stranger_wrote_stays_and_is_told() -> None:
    pinned = pin(STARTED, "10.9.9.9", mode="direct")
    theirs = Image(Kind.FILE, b"nameserver 1.2.3.4\n", 0o644)
    changed = with_image(pinned, PATH, theirs)
    found = bare(changed, kept_of(changed)).findings
    assert [(finding.rule.id, finding.position.path) for finding in found if finding.position] == [
        ("HN056", PATH)
    ]
    assert unpin(changed).image(PATH) == theirs


def test_what_a_stranger_wrote_is_not_what_was_before_the_pin() -> None:
    changed = with_image(
        pin(STARTED, "10.9.9.9", mode="direct"), PATH, Image(Kind.FILE, b"nameserver 1.2.3.4\n")
    )
    assert texts(unpin(pin(changed, "10.9.9.9", mode="direct"))) == BEFORE


def test_what_is_back_already_is_no_change() -> None:
    pinned = pin(STARTED, "10.9.9.9", mode="direct")
    back = with_image(pinned, PATH, STUB_LINK)
    assert bare(back, kept_of(back)).findings == ()
    assert texts(unpin(back)) == BEFORE


def test_what_is_kept_is_read_again() -> None:
    file_ = Image(Kind.FILE, b"\xff\n", 0o600, 1, 2)
    kept = Pinned((Kept("/a", ABSENT, file_), Kept("/b", STUB_LINK, ABSENT)), "enabled", ("s",))
    assert from_bytes(to_bytes(kept)) == kept


@pytest.mark.parametrize("data", [b"", b"[]", b'{"version": 2}', b'{"version": 1}', b"\xff"])
def test_what_is_not_ours_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Unsuitable, match=PINNED):
        from_bytes(data)
