"""The walks that change a host, from what was asked to the result.

These functions are the library: the command line calls them and prints what they
return, nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.planning import prepare
from hostnet.request import command_line, parse
from hostnet.telling import Tell, silent
from hostnet.walk import Manner, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.model import PinWish
    from hostnet.result import Pending, Result


def static(
    interface: str,
    addresses: Sequence[str] = (),
    *,
    gateways: Sequence[str] = (),
    on_link: bool = False,
    dns: Sequence[str] | None = None,
    search: Sequence[str] | None = None,
    routes: Sequence[str] = (),
    mtu: int | None = None,
    metric: int | None = None,
    keep_dhcp: bool = False,
    kubernetes: bool = False,
    pin_dns: PinWish | None = None,
    root: str = "/",
    dry_run: bool = False,
    confirm: float | None = None,
    probes: Sequence[str] = (),
    no_probe: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Tell = silent,
    notice: Tell = silent,
    attend: Callable[[Pending], None] | None = None,
) -> Result:
    """Give the interface fixed addresses, gateway and nameservers, and keep them.

    The arguments are texts as on the command line (``hostnet static --help``); all of
    them are parsed and checked before anything is written. Without addresses, what the
    link has now is pinned. Below another root the files are written for its next boot;
    on the running host (root "/") the change is tried, verified, and then kept; with
    ``confirm`` only if `hostnet.confirm` is called within so many seconds. When that wait
    begins this returns with the outcome ``pending``; or it calls ``attend`` and stays to
    the end. Asked for again meanwhile, the same change waits for so long anew.

    Before it begins the link is asked whether the addresses are free, and what is in use
    whether it answers; that, what the change brings, and ``probes`` must answer over the
    new path before it is kept. ``no_probe`` leaves out kinds or names of probes.

    Where a container network is found, or ``kubernetes`` says that there will be one, it is
    protected as `hostnet.cni_protect` does.

    ``pin_dns`` pins the nameservers in the same change, as `hostnet.dns_pin` does.

    ``progress`` is told of each step, ``notice`` of what the operator must know before it
    happens. An interrupt undoes. Raises Refused with all findings, Unsuitable, Busy,
    RolledBack, Stranded.
    """
    request, findings = parse(
        interface, addresses, gateways=gateways, on_link=on_link, dns=dns, search=search,
        routes=routes, mtu=mtu, metric=metric, keep_dhcp=keep_dhcp, kubernetes=kubernetes,
        pin_dns=pin_dns,
    )  # fmt: skip
    return walk(
        command_line(request),
        lambda setting: prepare(request, findings, setting),
        Manner(root, dry_run, confirm, probes, no_probe, ignore, progress, notice, attend),
    )
