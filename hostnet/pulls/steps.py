"""What became of a way: its steps, each told from the others, with its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.probes import Answer
    from hostnet.pulls.ways import Target

StepName = Literal["resolve", "connect", "proxy", "tls", "http"]
"""Looked up by NSS; connected by TCP; the proxy connected on; TLS begun; asked over HTTP."""


class PullStep(Value):
    """One step towards a host; ``milliseconds`` are its own."""

    name: StepName
    target: str
    ok: bool
    detail: str
    milliseconds: int


class Check(Value):
    """What became of a target.

    ``answers`` are those of single nameservers to the name of a host that the operator named.
    """

    target: Target
    steps: tuple[PullStep, ...]
    answers: tuple[Answer, ...] = ()

    @property
    def failed(self) -> PullStep | None:
        """The step that ended badly."""
        return next((step for step in self.steps if not step.ok), None)

    @property
    def is_ok(self) -> bool:
        """Whether all went well."""
        return self.target.way is not None and self.failed is None

    @property
    def milliseconds(self) -> int:
        """All steps together."""
        return sum(step.milliseconds for step in self.steps)
