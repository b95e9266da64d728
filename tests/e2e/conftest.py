"""Booted hosts that have hostnet, installed from its Debian packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.checkout import build_debs, build_wheel
from tests.e2e.steps import Hosts, lease_again, on_each
from tests.lab import fixtures
from tests.lab.laboratory import Laboratory
from tests.lab.lookups import World, Worlds
from tests.lab.machine import Machine
from tests.lab.names import Names
from tests.lab.router import Network

Boot = Callable[..., Hosts]
BootWorlds = Callable[..., Worlds]


@pytest.fixture(scope="session")
def wheel(laboratory: type[Laboratory], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    assert laboratory
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def debs(laboratory: type[Laboratory], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The Debian packages of this checkout."""
    assert laboratory
    return build_debs(tmp_path_factory.mktemp("debs"))


@pytest.fixture(scope="session")
def booting(laboratory: type[Laboratory], debs: list[Path]) -> Callable[[ExitStack], Boot]:
    """Makes factories of hosts that live as long as a stack."""

    def factory(stack: ExitStack) -> Boot:
        def boot(
            machine: Machine, *, networks: Sequence[Network] = (), dual_stack: bool = False
        ) -> Hosts:
            lab = stack.enter_context(laboratory())
            hosts = lab.hosts(machine, networks=networks, dual_stack=dual_stack)
            on_each(hosts, lambda host: host.install_debs(*debs))
            return hosts

        return boot

    return factory


@pytest.fixture
def boot(booting: Callable[[ExitStack], Boot]) -> Iterator[Boot]:
    """A factory: one host of each suite with hostnet, gone after the test."""
    with ExitStack() as stack:
        yield booting(stack)


def with_names(stack: ExitStack, hosts: Hosts) -> Worlds:
    """Give each host nameservers of its own, for as long as the stack."""
    return {
        suite: World(host, stack.enter_context(Names(host.router))) for suite, host in hosts.items()
    }


@pytest.fixture
def boot_worlds(boot: Boot) -> Iterator[BootWorlds]:
    """A factory: as `boot`, and each host with nameservers of its own beside it."""
    with ExitStack() as stack:

        def boot_them(
            machine: Machine, *, networks: Sequence[Network] = (), dual_stack: bool = False
        ) -> Worlds:
            return with_names(stack, boot(machine, networks=networks, dual_stack=dual_stack))

        yield boot_them


@pytest.fixture(scope="session")
def shared(booting: Callable[[ExitStack], Boot]) -> Iterator[Hosts]:
    """Plain DHCP hosts as the last test left them; see `leased`."""
    with ExitStack() as stack:
        yield booting(stack)(fixtures.installer_dhcp())


@pytest.fixture
def leased(shared: Hosts) -> Hosts:
    """Plain DHCP hosts, shared by all tests but always with their lease and untouched files."""
    on_each(shared, lease_again)
    return shared
