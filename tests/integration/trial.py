"""A change of the network this process is in, and what the ledger says of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from hostnet.host import ledger
from hostnet.host.keeping import Keeping
from hostnet.host.watch import BUFFER, Watching
from hostnet.ledger.difference import Difference, compare
from hostnet.ledger.objects import Key, Object
from hostnet.ledger.origin import Origin, origin
from hostnet.ledger.replay import Replay, replay
from hostnet.ledger.watched import Watch
from hostnet.ledger.words import shown
from hostnet.model import IP
from hostnet.ops import Hold
from tests.integration.foreign import OWN
from tests.integration.taker import Taker


def ip(text: str) -> None:
    """Run ip with these words, as another program than networkd."""
    subprocess.run(["ip", *text.split()], check=True)


class Trial:
    """A change of the world: what was before, and what is to be said of it after."""

    def __init__(self, *, buffer: int = BUFFER) -> None:
        self.before = ledger.read()
        self.taker = Taker(self.before)
        self.buffer = buffer

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch what is done in the block; this process is networkd."""
        with tempfile.NamedTemporaryFile("w") as processes:
            processes.write(f"{os.getpid()}\n")
            processes.flush()
            with Watching(self.before, [processes.name], buffer=self.buffer) as watching:
                yield
        self.watch: Watch = watching.watch()
        self.after = ledger.read()

    @contextmanager
    def kept(self, moved: tuple[tuple[IP, IP], ...] = ()) -> Iterator[Keeping]:
        """Keep what is others' while the block runs; this process is networkd."""
        with tempfile.NamedTemporaryFile("w") as processes:
            processes.write(f"{os.getpid()}\n")
            processes.flush()
            with Keeping(Hold((), OWN, moved), self.before, [processes.name]) as keeping:
                yield keeping

    def foreign(self) -> dict[Key, Object]:
        """What is others', by key."""
        return {x.key: x for x in self.before.objects() if origin(x, OWN) is Origin.FOREIGN}

    def difference(self) -> Difference:
        """What is missing now."""
        return compare(self.before, ledger.read(), OWN)

    def replay(self, moved: Mapping[IP, IP] | None = None) -> Replay:
        """What to put back."""
        lost = compare(self.before, self.after, OWN)
        return replay(lost, self.before, self.after, OWN, self.watch, moved or {})

    def put_back(self, moved: Mapping[IP, IP] | None = None) -> Replay:
        """Put it back, and nothing is refused."""
        plan = self.replay(moved)
        refused = ledger.put_back(plan.lines)
        assert not refused, [(each.line.text, each.why) for each in refused]
        return plan


def names(things: Iterable[Object]) -> list[str]:
    """What they are called."""
    return [shown(thing) for thing in things]
