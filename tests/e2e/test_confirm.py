"""`--confirm`: a verified change waits for its operator, and is undone without him."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

from hostnet.host.announce import ARMED, CONFIRMED, REVERTED
from tests.e2e.steps import (
    WANTED,
    Configuration,
    Hosts,
    Running,
    configuration,
    hostnet,
    lease_again,
    on_each,
    resolves,
)
from tests.integration.schemas import check
from tests.lab.host import Host
from tests.lab.waiting import until

STATIC = ("static", "ens33", f"{WANTED}/24")
OTHER = ("static", "ens33", "192.168.141.135/24")


def waits(host: Host, seconds: int) -> dict[str, Any]:
    """Begin a change that waits, without a terminal; what its JSON says of it."""
    document = json.loads(hostnet(host, *STATIC, "--confirm", f"{seconds}", "--json").stdout)
    check("result", document)
    assert document["outcome"] == "pending"
    pending: dict[str, Any] = document["pending"]
    assert seconds - 30 < pending["seconds_left"] <= seconds
    return pending


def is_announced(host: Host, message_id: str, since: float, text: str) -> None:
    """In the journal, sooner or later: it is told once the mark is on the disk."""
    argv = ["journalctl", "-o", "cat", f"--since=@{since:.0f}", f"MESSAGE_ID={message_id}"]
    until(
        lambda: text in host.run(argv, check=False).stdout,
        f"{host.suite}: the journal has not a word of {text!r}",
        every=0.1,
    )


def over(address: str) -> dict[str, str]:
    return {"SSH_CONNECTION": f"192.168.141.1 50000 {address} 22"}


def is_back(host: Host, before: Configuration, leased: str) -> None:
    until(lambda: configuration(host) == before, f"{host.suite}: not what it was")
    host.router.wait_reachable(leased)
    assert hostnet(host, "status", "--exit-code").stdout


def test_a_change_is_kept_once_it_is_confirmed_over_the_new_address(leased: Hosts) -> None:
    on_each(leased, _confirmed)


def _confirmed(host: Host) -> None:
    begun, old = time.time(), host.wait_address()
    pending = waits(host, 60)
    token = pending["token"]
    host.router.wait_reachable(WANTED)
    host.router.wait_reachable(old)
    is_announced(host, ARMED.message_id, begun, token)
    status = json.loads(hostnet(host, "status", "--json").stdout)
    check("status", status)
    assert status["pending"]["token"] == token

    busy = hostnet(host, *OTHER, exits=5)
    assert token in busy.stderr
    assert "s" in busy.stderr
    longer = json.loads(hostnet(host, *STATIC, "--confirm", "90", "--json").stdout)
    check("result", longer)
    assert longer["pending"]["token"] == token
    assert longer["pending"]["seconds_left"] > 60

    unknown = hostnet(host, "confirm", "ffffff", exits=2)
    assert "ffffff" in unknown.stderr
    refused = hostnet(host, "confirm", exits=3, env=over(old))
    assert "HN048" in refused.stderr
    assert WANTED in refused.stderr

    kept = hostnet(host, "confirm", token, env=over(WANTED))
    assert "kept for every boot" in kept.stdout
    is_announced(host, CONFIRMED.message_id, begun, "is confirmed and kept")
    assert host.addresses() == [f"{WANTED}/24"]
    assert resolves(host, "confirmed")
    assert "kept already" in hostnet(host, "confirm", token).stdout
    hostnet(host, "confirm", exits=0)
    assert hostnet(host, *STATIC, "--confirm", "60").stdout == "ens33: already so\n"


def test_a_change_is_undone_when_it_is_cancelled_or_forgotten(leased: Hosts) -> None:
    on_each(leased, _undone)


def _undone(host: Host) -> None:
    begun, old = time.time(), host.wait_address()
    before = configuration(host)
    token = waits(host, 60)["token"]
    cancelled = json.loads(hostnet(host, "cancel", "--json").stdout)
    check("result", cancelled)
    assert cancelled["outcome"] == "undone"
    is_back(host, before, old)
    is_announced(host, REVERTED.message_id, begun, "a change is undone")
    late = hostnet(host, "confirm", token, exits=6)
    assert "too late" in late.stderr

    waits(host, 10)
    until(lambda: not host.exists("/var/lib/hostnet/open"), "it still waits")
    is_back(host, before, old)
    late = hostnet(host, "confirm", exits=6)
    assert "too late" in late.stderr


def test_at_a_terminal_the_command_waits(leased: Hosts) -> None:
    on_each(leased, _at_a_terminal)


def _at_a_terminal(host: Host) -> None:
    old, before = host.wait_address(), configuration(host)
    master, slave = os.openpty()
    try:
        with Running(host, *STATIC, "--confirm", "60", stdin=slave) as running:
            running.wait_state("waiting")
            running.kill(signal.SIGHUP)  # detaches
            running.kill(signal.SIGINT)
            output = running.wait(exits=6)
            assert "hostnet confirm" in output
        is_back(host, before, old)
        with Running(host, *STATIC, "--confirm", "60", stdin=slave) as running:
            running.wait_state("waiting")
            hostnet(host, "confirm")
            assert "kept for every boot" in running.wait(exits=0)
    finally:
        os.close(master)
        os.close(slave)
    assert host.addresses() == [f"{WANTED}/24"]


def test_whoever_performs_is_not_trusted_to_live(leased: Hosts) -> None:
    on_each(leased, _killed)


def _killed(host: Host) -> None:
    old, before = host.wait_address(), configuration(host)
    for number in (signal.SIGKILL, signal.SIGSTOP):
        with Running(host, *STATIC, "--confirm", "60") as running:
            running.wait(exits=0)
            assert running.worker is not None
            os.kill(running.worker, number)
            until(lambda: running.state == "undone", f"{host.suite}: {number} is not undone", 120)
        is_back(host, before, old)


def test_a_reboot_forgets_what_waits(leased: Hosts) -> None:
    on_each(leased, _rebooted)


def _rebooted(host: Host) -> None:
    lease_again(host)
    before = configuration(host).files
    waits(host, 60)
    host.power_cut()
    host.boot()
    old = host.wait_address()
    assert configuration(host).files == before
    host.router.wait_reachable(old)
    hostnet(host, "recover")
    assert hostnet(host, "status", "--exit-code").stdout


def test_who_sits_on_the_address_that_goes_is_told_where_to_connect(leased: Hosts) -> None:
    on_each(leased, _told)


def _told(host: Host) -> None:
    old = host.wait_address()
    with Running(host, *STATIC, "--gateway", "none", session=over(old)) as running:
        running.wait_for("verifying")
        output = running.wait(exits=0)
    notice = f"this session ends at {old}, which goes when the change is kept: connect to {WANTED}"
    assert notice in output
    assert output.index(notice) < output.index("netplan apply")
    assert host.routes("default") == []
