"""What others did to a pin: seen, told, and when the fight for it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostnet.comparing import look
from hostnet.dns.facts import DnsFacts
from hostnet.dns.pin import Pin
from hostnet.dns.resolvconf import PATH, STUB
from hostnet.dns.resolvedconf import OUR_DROP_IN, later
from hostnet.dns.server import servers_of
from hostnet.kubernetes.resolvers import KUBELET_CONFIG
from hostnet.laying import with_image
from hostnet.model import ABSENT, Image, Kind, Observed
from hostnet.owner import OUR_FILE
from hostnet.pinned import Kept, Pinned
from hostnet.tampering import MOST, Tampering, from_lines, is_lost, of_file, to_lines
from hostnet.unitfiles import mask
from tests.unit.builders import Value, file
from tests.unit.test_chooser import UBUNTU, foreign, used
from tests.unit.test_laying import STUB_LINK
from tests.unit.test_pinning import HOST

OURS = file(OUR_DROP_IN, "# Made by hostnet\n[Resolve]\nDNS=\nFallbackDNS=10.9.9.9\n", mode=0o644)
EVIL = file("/etc/systemd/resolved.conf.d/zz-evil.conf", "[Resolve]\nDNS=6.6.6.6\n")
MAIN = file("/etc/systemd/resolved.conf", "[Resolve]\nDNS=169.254.25.10\n")
MASK = Image(Kind.SYMLINK, b"/dev/null", 0o777)
SERVERS = servers_of(["10.9.9.9"])
FACTS = replace(UBUNTU, used=(used("10.9.9.9", source="static"),), uplink=foreign("10.9.9.9"),
                told=(OURS,))  # fmt: skip
PINNED = Pinned(
    (Kept(OUR_DROP_IN, ABSENT, OURS.image), Kept(OUR_FILE, ABSENT, Image(Kind.FILE, b"x"))),
    "active",
    wish=Pin(SERVERS, mode="resolved"),
    conf=STUB_LINK,
)
SEEN = replace(HOST, images=((PATH, STUB_LINK), (OUR_DROP_IN, OURS.image)))
DIRECT = replace(PINNED, files=(Kept(mask("systemd-resolved.service"), ABSENT, MASK),),
                 wish=Pin(SERVERS, mode="direct"),
                 conf=Image(Kind.FILE, b"# Made by hostnet\n"))  # fmt: skip
DIRECT_SEEN = replace(HOST, images=((PATH, DIRECT.conf), (mask("systemd-resolved.service"), MASK)))


def facts(**fields: Value) -> DnsFacts:
    return replace(FACTS, **fields)


def seen(path: str, image: Image) -> Observed:
    return with_image(SEEN, path, image)


def test_as_it_was_pinned_nothing_is_found() -> None:
    assert look(PINNED, SEEN, FACTS).entries == ()
    assert look(DIRECT, DIRECT_SEEN, facts(resolved="masked", told=())).entries == ()


@pytest.mark.parametrize(
    ("observed", "about", "what", "goal"),
    [
        (seen(PATH, ABSENT), FACTS, PATH, STUB_LINK),
        (seen(PATH, Image(Kind.FILE, b"nameserver 6.6.6.6\n")), FACTS, PATH, STUB_LINK),
        (seen(OUR_DROP_IN, ABSENT), facts(told=()), OUR_DROP_IN, OURS.image),
        (seen(mask("systemd-resolved.service"), MASK), FACTS, mask("systemd-resolved.service"),
         ABSENT),
    ],
)  # fmt: skip
def test_a_file_goes_back(observed: Observed, about: DnsFacts, what: str, goal: Image) -> None:
    found = look(PINNED, observed, about)
    assert [entry.what for entry in found.entries] == [what]
    assert [(change.path, change.after) for change in found.changes] == [(what, goal)]


def test_what_kubeadm_writes_anew_is_its_own() -> None:
    kubelet = Kept(KUBELET_CONFIG, ABSENT, Image(Kind.FILE, b"resolvConf: /etc/resolv.conf\n"))
    pinned = replace(DIRECT, files=(*DIRECT.files, kubelet))
    upgraded = with_image(DIRECT_SEEN, KUBELET_CONFIG, Image(Kind.FILE, b"kind: newer\n"))
    assert look(pinned, upgraded, facts(resolved="masked", told=())).entries == ()


def test_what_was_written_through_the_link_is_written_anew() -> None:
    conf = replace(UBUNTU.conf, servers=servers_of(["6.6.6.6"]))
    found = look(PINNED, SEEN, facts(conf=conf))
    assert [(entry.what, entry.after) for entry in found.entries] == [(STUB, "6.6.6.6")]
    assert found.fresh


def test_a_later_drop_in_gets_one_of_ours_after_it() -> None:
    found = look(PINNED, SEEN, facts(told=(OURS, EVIL)))
    assert [entry.what for entry in found.entries] == [EVIL.path]
    (change,) = found.changes
    assert change.path == "/etc/systemd/resolved.conf.d/zz-evil_hostnet.conf"
    assert later((OURS, EVIL)) == (EVIL,)
    last = file(change.path, OURS.data.decode(), mode=0o644)
    assert later((OURS, EVIL, last)) == ()
    assert found.kept(PINNED).files[-1] == Kept(change.path, ABSENT, OURS.image)
    again = with_image(SEEN, change.path, change.after)
    kept = found.kept(PINNED)
    assert look(kept, again, facts(told=(OURS, EVIL, last))).entries == ()


def test_a_strangers_edit_that_does_no_harm_is_told_once() -> None:
    found = look(PINNED, SEEN, facts(told=(MAIN, OURS)))
    assert [entry.what for entry in found.entries] == [MAIN.path]
    assert found.changes == ()
    assert look(found.kept(PINNED), SEEN, facts(told=(MAIN, OURS))).entries == ()


def test_servers_of_links_are_taken_back_or_the_pin_is_laid_again() -> None:
    by_call = look(PINNED, SEEN, facts(used=(used("6.6.6.6", source="runtime"),)))
    assert (by_call.reverts, by_call.again) == ((HOST.links[0].index,), False)
    leased = look(PINNED, SEEN, facts(used=(*FACTS.used, used("10.1.0.2", "ens34"))))
    assert (leased.reverts, leased.again) == ((), True)
    # A VPN's link is not netplan's, and nobody's mistake.
    assert look(PINNED, SEEN, facts(used=(*FACTS.used, used("100.64.0.1", "wg0")))).entries == ()


def test_a_resolved_that_is_away_comes_back_and_one_that_is_to_be_away_goes() -> None:
    assert look(PINNED, SEEN, facts(resolved="disabled")).fresh
    found = look(DIRECT, DIRECT_SEEN, facts(told=()))
    assert (found.stop, found.fresh) == (True, False)


def test_the_fight_ends_at_the_tenth_of_one_thing_in_a_minute() -> None:
    entries = [replace(of_file("/a", ABSENT, MASK), when=100.0 + n) for n in range(MOST)]
    assert is_lost(entries, 110.0)
    assert not is_lost(entries[1:], 110.0)
    assert not is_lost(entries, 165.0)
    assert not is_lost([replace(e, what=f"/{n}") for n, e in enumerate(entries)], 110.0)
    ended = replace(entries[-1], repaired=False)
    assert not is_lost([*entries, ended, entries[-1]], 110.0)
    assert is_lost([*entries, ended, *entries], 110.0)


def test_the_log_is_read_again_though_a_line_is_broken() -> None:
    entry = Tampering("/a", "x\ny", "\x1b", 1.5, "dhclient", "its text", repaired=False)
    assert from_lines(to_lines([entry]) + b'{"what": "/b"\n[]\n\xff\n') == (entry,)
    assert len(from_lines(to_lines([entry] * 500))) == 200
