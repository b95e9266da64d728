"""Whether what a host needs still answers: probes as values, and what they answered.

`hostnet.demands` says which there are and which must answer after a change;
`hostnet.host.asking` asks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.probes import targets
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import IP
    from hostnet.probes.targets import Target


class Probe(Value):
    """A target, and the way it is asked.

    ``source`` is the address that packets are sent from, ``link`` the device they leave by
    whatever the routes of other links say; None leaves it to the kernel. Over an address
    of the host itself, which no device leads to, neither is used. A host that is named
    is asked at its addresses of the source's family alone.

    ``str(probe)`` is its name; `parse_probe` makes a probe of it again that is not bound.
    """

    target: Target
    source: IP | None = None
    link: str | None = None

    @property
    def name(self) -> str:
        """The target as one writes it, such as ``nameserver:10.0.0.2``."""
        return str(self.target)

    @property
    def kind(self) -> str:
        """The word before the first colon of the name."""
        return self.target.kind

    def __str__(self) -> str:
        return self.name


class Answer(Value):
    """What became of a probe: ``detail`` says it in a few words, for the operator."""

    probe: Probe
    ok: bool
    detail: str
    milliseconds: int
    """From the beginning of the asking, tries in vain included."""


def parse_probe(text: str) -> Probe:
    """The probe that the text names, not bound to anything. Raises UsageError."""
    return Probe(targets.parse(text))
