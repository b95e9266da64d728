"""Routers and hosts that end together."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from tests.lab import SUITES
from tests.lab.host import Host
from tests.lab.limits import raise_limits
from tests.lab.machine import Machine
from tests.lab.names import Names
from tests.lab.router import Network, Router


class Laboratory:
    """A context manager whose routers and hosts are gone when it is left."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Laboratory:
        raise_limits()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def router(
        self,
        *networks: Network,
        dual_stack: bool = False,
        options: Sequence[str] = (),
    ) -> Router:
        """Start a router; see `Router` for the options."""
        router = Router(*networks, dual_stack=dual_stack, options=options)
        return self._stack.enter_context(router)

    def host(
        self,
        suite: str,
        machine: Machine | None = None,
        *,
        router: Router | None = None,
        name: str = "node",
        boot: bool = True,
    ) -> Host:
        """Boot a host, with a router of its own unless one is given; names are unique to it."""
        router = router or self.router()
        return self._stack.enter_context(Host(suite, router, machine, name=name, boot=boot))

    def hosts(
        self,
        machine: Machine | None = None,
        *,
        suites: Sequence[str] = SUITES,
        networks: Sequence[Network] = (),
        dual_stack: bool = False,
        options: Sequence[str] = (),
    ) -> dict[str, Host]:
        """Boot one host of each suite at the same time, each with a router of its own."""
        with ThreadPoolExecutor(len(suites)) as pool:
            futures = {}
            for suite in suites:
                router = self.router(*networks, dual_stack=dual_stack, options=options)
                futures[suite] = pool.submit(self.host, suite, machine, router=router)
        return {suite: future.result() for suite, future in futures.items()}

    def names(self, router: Router) -> Names:
        """Put nameservers of their own on a router's first network."""
        return self._stack.enter_context(Names(router))
