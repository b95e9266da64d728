"""Pinned DNS stays, and who changed it is told: a sample of `make matrix-dns`.

A host of each suite, each in one of the modes, is met by its share of strangers one after the
other; HOSTNET_ALL_SUITES=1 has each host met by all in both modes.
"""

from __future__ import annotations

import pytest

from hostnet.tampering import GIVEN_UP
from tests.e2e.conftest import BootWorlds
from tests.e2e.steps import ALL, on_each
from tests.lab import SUITES
from tests.lab.lookups import World
from tests.matrix_dns import strangers
from tests.matrix_dns.cell import pin
from tests.matrix_dns.results import BAR, Result
from tests.matrix_dns.rows import NODE, ROWS
from tests.matrix_dns.table import MODES

SHARES = {
    ("bookworm", "resolved"): ("resolv.conf: echo >", "resolvectl dns", "later drop-in"),
    ("trixie", "direct"): ("resolv.conf: delete", "resolved masked, or unmasked", "Kubespray"),
    ("sid", "resolved"): ("resolv.conf: symlink swap", "a write every second"),
}
EVERY = tuple(dict.fromkeys(row for share in SHARES.values() for row in share))
CASES = (
    [dict.fromkeys(SUITES, (mode, EVERY)) for mode in MODES]
    if ALL
    else [{suite: (mode, share) for (suite, mode), share in SHARES.items()}]
)
LATE = """
from hostnet import guarding
from hostnet.host.files import Files
from hostnet.transaction import LOCK

with Files("/") as files, files.lock(LOCK):
    print(guarding._put_back(files))
"""
"""What a run does that looked before another one ended the fight, and has the lock after it."""
STAY = 3.0
BUSY = 6
"""How much longer it may take on a machine that runs all tests."""


@pytest.mark.parametrize("case", CASES)
def test_whatever_strangers_do(
    case: dict[str, tuple[str, tuple[str, ...]]], boot_worlds: BootWorlds
) -> None:
    def meet(world: World) -> None:
        mode, rows = case[world.host.suite]
        pin(world, mode)
        for row in rows:
            if mode not in ROWS[row].without:
                result = Result(
                    world.host.suite, row, mode, "", "", ROWS[row].see(world, mode, STAY)
                )
                print(result, result.seen)
                assert not result.below(BAR * BUSY), result
        ended_is_ended(world)

    on_each(boot_worlds(NODE, dual_stack=True), meet)


def ended_is_ended(world: World) -> None:
    """Also for a run of the keeper that had begun already."""
    host = world.host
    host.write(GIVEN_UP, "0\n")
    strangers.echo(world, "")
    assert host.run(["python3", "-c", LATE]).stdout == "(False, ())\n"
    assert strangers.WORDS in host.read(strangers.CONF)
