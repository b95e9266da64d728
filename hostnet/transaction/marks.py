"""How far a transaction came, what its operator asked for, and what he answers."""

from __future__ import annotations

from enum import Enum

from hostnet.value import Value


class State(Enum):
    """How far a transaction came."""

    PREPARED = "prepared"
    TRIAL = "trial"
    WAITING = "waiting"
    PROMOTING = "promoting"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    STRANDED = "stranded"
    HALTED = "halted"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.is_settled or self in (State.STRANDED, State.HALTED)

    @property
    def is_settled(self) -> bool:
        """Whether the old or the new state is in force, whole."""
        return self in (State.COMMITTED, State.UNDONE)


class Answer(Enum):
    """What an operator says to a change that waits."""

    CONFIRM = "confirm"
    CANCEL = "cancel"


class Asked(Value):
    """What the operator typed, and for how many seconds the change waits for his word.

    ``window`` None: what is verified is kept at once. ``longest`` bounds the window and
    all its extensions together.
    """

    command: str
    window: float | None = None
    longest: float = 0.0
