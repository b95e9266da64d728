"""netplan, the actor: the one place that lets it change the running host."""

from __future__ import annotations

from hostnet.host.command import run


def netplan_apply(timeout: float) -> None:
    """Run ``netplan apply``.

    The configuration must have been proved in a scratch root before: one that netplan
    refuses can empty what is in force.

    Raises CommandError with netplan's own words.
    """
    run(["netplan", "apply"], timeout=timeout)
