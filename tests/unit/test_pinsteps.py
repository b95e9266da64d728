"""The steps of a pin on a running host: their order, and what a reboot forgets."""

from __future__ import annotations

from dataclasses import replace

from hostnet.change import Change, Write
from hostnet.dns.resolvconf import PATH
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.dns.server import servers_of
from hostnet.kubernetes.resolvers import KUBELET_CONFIG
from hostnet.model import ABSENT, Image, Kind
from hostnet.ops import Apply, Lock, Op, Reread, Resolve, Revert, Service
from hostnet.pinning import WAIT_ONLINE
from hostnet.pinsteps import PATH_UNIT, TIMER, Serving, pin_steps
from hostnet.plan import PINNED, Plan
from hostnet.transaction.record import plan_from, plan_to
from hostnet.verification import Resolving, unresolved

FILE = Image(Kind.FILE, b"new\n", 0o644)
MASK = Image(Kind.SYMLINK, b"/dev/null", 0o777)
LINK = Image(Kind.SYMLINK, b"/usr/lib/systemd/system/systemd-resolved.service", 0o777)
SERVICE = "systemd-resolved.service"
SOCKET = "systemd-resolved-varlink.socket"
SYSTEM = "/etc/systemd/system"
WANTS = f"{SYSTEM}/sysinit.target.wants/{SERVICE}"
SERVERS = servers_of(["10.9.9.9", "10.9.9.8:5353"])
EXPECTED = Resolving(SERVERS, (("ens33", SERVERS[:1]), ("ens34", ())))


def change(path: str, after: Image = FILE, before: Image = ABSENT) -> Change:
    return Change(path, before, after, "why")


def told(ops: tuple[Op, ...]) -> list[str]:
    """The steps as words; a file by its path, one that goes with a minus."""
    words = []
    for op in ops:
        match op:
            case Write(each):
                words.append(("-" if each.after == ABSENT else "") + each.path)
            case Service(unit, wish):
                words.append(f"{wish} {unit}")
            case _:
                words.append(type(op).__name__)
    return words


RESOLVED = pin_steps(
    Plan("DNS", trial=(Apply(),)),
    [change(OUR_DROP_IN), change(PATH, LINK, FILE), change(PINNED)],
    Serving(
        resolved=True, kubelet=True, serves=True,
        reverts=(Revert("ens33", SERVERS, ("lab",)),), expected=EXPECTED,
    ),
)  # fmt: skip
TRIED = "/run/systemd/resolved.conf.d/99-hostnet_trial.conf"


def test_resolved_knows_its_servers_before_the_links_lose_theirs() -> None:
    assert told(RESOLVED.trial) == [
        TRIED, f"fresh {SERVICE}", "Revert", "Apply", PATH, "Resolve",
    ]  # fmt: skip
    assert told(RESOLVED.promotion) == [OUR_DROP_IN, PINNED, f"-{TRIED}", "Resolve"]
    assert [each.path for each in RESOLVED.changes] == [PATH, OUR_DROP_IN]


def test_resolved_goes_after_whoever_read_its_files() -> None:
    changes = [
        change(PATH, FILE, LINK), change(KUBELET_CONFIG, FILE, FILE), change(WANTS, ABSENT, LINK),
        change(f"{SYSTEM}/{SERVICE}", MASK), change(f"{SYSTEM}/{SOCKET}", MASK),
        change(WAIT_ONLINE), change(PINNED),
    ]  # fmt: skip
    serving = Serving(resolved=True, kubelet=True, serves=False, listening=(SOCKET,))
    plan = pin_steps(Plan("DNS"), changes, serving)
    run = "/run/systemd/system"
    assert told(plan.trial) == [
        PATH, KUBELET_CONFIG, f"{run}/{SERVICE}", f"{run}/{SOCKET}",
        "fresh kubelet.service", "Reread", f"stopped {SOCKET}", f"stopped {SERVICE}",
    ]  # fmt: skip
    assert told(plan.promotion) == [
        f"-{WANTS}", f"{SYSTEM}/{SERVICE}", f"{SYSTEM}/{SOCKET}", WAIT_ONLINE, PINNED,
        f"-{run}/{SERVICE}", f"-{run}/{SOCKET}", "Reread",
    ]  # fmt: skip


def test_a_kubelet_that_does_not_run_is_not_started() -> None:
    serving = Serving(resolved=False, kubelet=False, serves=False)
    assert told(pin_steps(Plan("DNS"), [change(KUBELET_CONFIG)], serving).trial) == [KUBELET_CONFIG]


def test_what_hides_what_is_in_run_goes_at_once_and_resolved_starts() -> None:
    changes = [
        change(PATH, LINK, FILE), change(f"{SYSTEM}/{SERVICE}", ABSENT, MASK),
        change(f"{SYSTEM}/{SOCKET}", ABSENT, MASK), change(WANTS, LINK), change(PINNED, ABSENT),
    ]  # fmt: skip
    serving = Serving(resolved=False, kubelet=False, serves=True, sockets=(SOCKET,))
    plan = pin_steps(Plan("DNS"), changes, serving)
    assert told(plan.trial) == [
        f"-{SYSTEM}/{SERVICE}", f"-{SYSTEM}/{SOCKET}", "Reread",
        f"fresh {SOCKET}", f"fresh {SERVICE}", PATH, f"fresh {SERVICE}",
    ]  # fmt: skip
    assert told(plan.promotion) == [WANTS, f"-{PINNED}", "Reread"]


def test_an_immutable_file_is_writable_for_the_change_alone() -> None:
    serving = Serving(resolved=False, kubelet=False, serves=False, locked=True, locks=True)
    plan = pin_steps(Plan("DNS"), [change(PATH), change(PINNED)], serving)
    assert plan.trial[0] == Lock(PATH, immutable=False, was=True)
    assert plan.promotion[-1] == Lock(PATH, immutable=True, was=True)


def test_nothing_to_do_is_no_plan() -> None:
    serving = Serving(resolved=True, kubelet=True, serves=True, expected=EXPECTED)
    assert pin_steps(Plan("DNS"), [], serving).is_empty


def test_what_was_written_into_its_files_resolved_writes_anew() -> None:
    serving = Serving(resolved=True, kubelet=True, serves=True, expected=EXPECTED, overwritten=True)
    assert told(pin_steps(Plan("DNS"), [], serving).trial) == [f"fresh {SERVICE}", "Resolve"]


def test_who_keeps_a_pin_starts_again_though_all_is_right() -> None:
    for serves, expected in ((True, EXPECTED), (False, None)):
        keepers = ((PATH_UNIT, False), (TIMER, True))
        serving = Serving(
            resolved=serves, kubelet=True, serves=serves, expected=expected, keepers=keepers
        )
        plan = pin_steps(Plan("DNS"), [], serving)
        assert told(plan.promotion)[-2:] == [f"fresh {PATH_UNIT}", f"fresh {TIMER}"]
        kept = replace(serving, keepers=((PATH_UNIT, True), (TIMER, True)))
        assert pin_steps(Plan("DNS"), [], kept).is_empty
        gone = replace(serving, keeps=False, keepers=((PATH_UNIT, False), (TIMER, False)))
        assert pin_steps(Plan("DNS"), [], gone).is_empty


def test_a_call_and_a_stop_are_taken_back_though_every_file_is_right() -> None:
    serving = Serving(resolved=True, kubelet=True, serves=True, expected=EXPECTED)
    unknown = replace(serving, reverts=(Revert("ens33", ()),))
    assert pin_steps(Plan("DNS"), [], unknown).is_empty
    called = replace(serving, reverts=(Revert("ens33", SERVERS),))
    assert told(pin_steps(Plan("DNS"), [], called).trial) == ["Revert", "Resolve"]
    stopped = replace(serving, resolved=False)
    assert told(pin_steps(Plan("DNS"), [], stopped).trial) == [f"fresh {SERVICE}", "Resolve"]


def test_a_journal_keeps_every_step() -> None:
    blobs: dict[str, bytes] = {}
    data = plan_to(RESOLVED, blobs)
    assert plan_from(data, blobs.__getitem__) == RESOLVED
    steps = (
        Lock("/a", immutable=True, was=False),
        Reread(),
        Resolve(EXPECTED),
        Revert("ens33", SERVERS),
        Service("a", "stopped", ran=True),
    )
    plan = Plan("DNS", trial=steps)
    assert plan_from(plan_to(plan, blobs), blobs.__getitem__) == plan


def test_whom_resolved_asks_is_compared_both_ways() -> None:
    other = servers_of(["10.0.0.2"])
    assert unresolved(EXPECTED, SERVERS, {"ens33": SERVERS[:1], "tun0": other}) == ()
    assert unresolved(EXPECTED, (*SERVERS[:1], *other), {"ens34": other}) == (
        "10.9.9.8:5353 is not among resolved's servers",
        "resolved still asks 10.0.0.2",
        "10.9.9.9 is not among the servers of ens33",
        "ens34 still brings 10.0.0.2",
    )
