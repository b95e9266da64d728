"""Whatever ends a change before it is complete, the old state is back, and is seen to be.

All stories run once, two at a time on each suite, for most of what they take is waiting. Each test
then looks at what became of one of them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from hostnet.host.announce import STRANDED
from tests.campaign.faults import networkd_broken
from tests.e2e.conftest import Boot
from tests.e2e.steps import (
    OURS,
    WANTED,
    Configuration,
    Hosts,
    Running,
    configuration,
    hostnet,
    lease_again,
)
from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.waiting import until

HELD = "fd00:141::1"
"""An address that the router has."""


@dataclass(frozen=True)
class Story:
    """What a host was before and is after hostnet failed, and what it said."""

    before: Configuration
    after: Configuration
    output: str
    announced: str = ""
    walls: str = ""


Stories = dict[str, dict[str, Story]]
"""By the story's name, then by suite."""


@pytest.fixture(scope="module")
def stories(booting: Callable[[ExitStack], Boot], shared: Hosts) -> Iterator[Stories]:
    with ExitStack() as stack:
        others = booting(stack)(fixtures.installer_dhcp())
        hosts = {
            **{(suite, _cable_pulled): host for suite, host in others.items()},
            **{(suite, _others): host for suite, host in shared.items()},
        }
        with ThreadPoolExecutor(len(hosts)) as pool:
            futures = {key: pool.submit(key[1], host) for key, host in hosts.items()}
        found: Stories = {}
        for (suite, _), future in futures.items():
            for name, story in future.result().items():
                found.setdefault(name, {})[suite] = story
        yield found


def _others(host: Host) -> dict[str, Story]:
    return {**_address_in_use(host), **_signals(host), **_taken_away(host)}


def _tell(host: Host, act: Callable[[], str]) -> Story:
    """A story that begins and, if all is well, ends with the lease."""
    lease_again(host)
    before = configuration(host)
    output = act()
    return Story(before, configuration(host), output)


def _address_in_use(host: Host) -> dict[str, Story]:
    # The link would be asked first, and the change refused.
    argv = ["static", "ens33", f"{HELD}/64", "--gateway", "none", "--ignore", "HN049"]
    return {"held": _tell(host, lambda: hostnet(host, *argv, exits=6).output)}


def _taken_away(host: Host) -> dict[str, Story]:
    """Another program deletes the address, at once or when it has been written for good."""

    def static() -> str:
        return hostnet(host, "static", "ens33", f"{WANTED}/24", exits=6).output

    with _thief(host, "true"):
        trial = _tell(host, static)
    with _thief(host, f"test -e {OURS}"):
        promotion = _tell(host, static)
    return {"deleted in the trial": trial, "deleted after promotion": promotion}


@contextmanager
def _thief(host: Host, condition: str) -> Iterator[None]:
    """Take the new address from ens33 whenever an address comes or goes and a condition holds."""
    take = f"{condition} && ip address delete {WANTED}/24 dev ens33 2>/dev/null"
    script = f"ip monitor address | while read -r line; do touch /run/heard; {take}; done"
    host.run(["systemd-run", "--quiet", "--unit=thief", "sh", "-c", script])

    def listens() -> bool:
        for act in ("add", "delete"):
            host.run(["ip", "address", act, "10.9.9.9/32", "dev", "lo"])
        return host.exists("/run/heard")

    until(listens, "no thief")
    yield
    host.run(["systemctl", "stop", "thief"])
    host.run(["rm", "/run/heard"])


def _signals(host: Host) -> dict[str, Story]:
    """Ctrl-C, SIGTERM, and the performer killed by the kernel, in the midst of a trial."""

    def stopped(stop: Callable[[Running], object]) -> Callable[[], str]:
        def act() -> str:
            with Running(host, "static", "ens33", f"{WANTED}/24") as running:
                running.wait_for("netplan apply")
                there = lambda: f"{WANTED}/24" in host.addresses()  # noqa: E731
                with running.paused_once(there, "the trial never was"):
                    stop(running)
                return running.wait(exits=6)

        return act

    kill = ("systemctl", "kill", "--kill-whom=main", "--signal=KILL")
    return {
        "interrupted": _tell(host, stopped(lambda running: running.kill(signal.SIGINT))),
        "terminated": _tell(host, stopped(lambda running: running.kill(signal.SIGTERM))),
        "killed": _tell(host, stopped(lambda running: host.run([*kill, running.unit]))),
    }


def _cable_pulled(host: Host) -> dict[str, Story]:
    """The cable is pulled during the trial, and stays out until hostnet has given up."""
    host.write("/usr/bin/wall", '#!/bin/sh\nprintf "%s\\n" "$*" >>/run/walls\n', 0o755)

    def act() -> str:
        with Running(host, "static", "ens33", f"{WANTED}/24") as running:
            running.wait_for("netplan apply")
            with running.paused():
                host.cable("ens33", connected=False)
            output = running.wait(exits=7)
        host.cable("ens33", connected=True)
        leased = lease_again(host)
        host.router.wait_reachable(leased)
        return output

    story = _tell(host, act)
    argv = ["journalctl", "-b", "-o", "cat", f"MESSAGE_ID={STRANDED.message_id}"]
    walls = host.read("/run/walls")
    return {"cable": Story(story.before, story.after, story.output, host.run(argv).stdout, walls)}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("held", f"{HELD}/64 on ens33 is used by another host"),
        ("deleted in the trial", f"{WANTED}/24 is not on ens33"),
        ("deleted after promotion", f"{WANTED}/24 is not on ens33"),
        ("interrupted", "interrupted: undoing"),
        ("terminated", "interrupted: undoing"),
        ("killed", "the change was stopped before it was complete"),
    ],
)
def test_what_fails_is_undone_and_the_lease_is_back(
    stories: Stories, name: str, reason: str
) -> None:
    for story in stories[name].values():
        assert reason in story.output
        assert "The old state is back and was verified" in story.output
        assert story.after == story.before


def test_what_failed_late_had_been_written_for_good_before(stories: Stories) -> None:
    for story in stories["deleted after promotion"].values():
        assert "writing /etc/netplan/90-hostnet.yaml" in story.output
    for story in stories["deleted in the trial"].values():
        assert "writing /etc" not in story.output


def test_what_cannot_be_verified_to_be_undone_is_told_to_everyone(stories: Stories) -> None:
    for story in stories["cable"].values():
        assert "could not be verified to be back" in story.output
        for message in (story.announced, story.walls):
            assert "could not be verified to be back" in message
            assert "ens33 has no carrier" in message
            assert "netplan apply" in message


def test_the_files_are_back_even_where_the_link_is_not(stories: Stories) -> None:
    for story in stories["cable"].values():
        assert story.after.files == story.before.files


def test_a_host_whose_networkd_does_not_come_back_can_still_be_reached(leased: Hosts) -> None:
    host = leased["trixie"]  # `netplan apply` of 0.106 takes minutes to give up
    old = host.wait_address()
    with Running(host, "static", "ens33", f"{WANTED}/24") as running:
        running.wait_for("netplan apply")
        with ExitStack() as broken:
            with running.paused():
                broken.enter_context(networkd_broken(running))
                # As networkd had taken them when it died: seen in the campaign, on systemd 252.
                host.run(["ip", "address", "flush", "dev", "ens33", "scope", "global"])
            running.wait(exits=7)
            assert host.addresses() == []
            assert host.router.ping(old)
    said = host.run(["hostnet", "recover"]).stdout
    assert "undone (verified)" in said
    assert host.router.ping(old)
    assert "metric" not in host.run(["ip", "route", "show", "table", "local"]).stdout
