"""hostnet dns pin, unpin, log, keep."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hostnet.cli.changing import change
from hostnet.cli.options import attempt, attempt_options, change_options, json_option
from hostnet.cli.output import out, out_json, reporting, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.result import Result
    from hostnet.tampering import Tampering

_SHOWN = 12
"""Lines of a file in the log."""


@click.command(
    "pin",
    epilog="""\b
Examples:
  hostnet dns pin                             those in use now
  hostnet dns pin 10.0.0.2 10.0.0.3 --search lab.example
  hostnet dns pin 1.1.1.1#one.one.one.one     over TLS
  hostnet dns pin 10.0.0.2 --mode direct      without systemd-resolved
  hostnet dns pin 10.0.0.2 --confirm 120      undone unless you confirm it
  hostnet dns pin 10.0.0.2 --root /mnt/image
""",
)
@click.argument("servers", nargs=-1, metavar="[SERVER]...")
@click.option("--search", multiple=True, metavar="DOMAIN", help="Search domain; repeatable.")
@click.option(
    "--mode",
    type=click.Choice(["resolved", "direct"]),
    help="Who asks them: systemd-resolved, or programs by /etc/resolv.conf.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="No domain of a link goes to other servers; in mode direct resolv.conf is immutable.",
)
@click.option(
    "--repoint-kubelet",
    is_flag=True,
    help="Tell kubelet /etc/resolv.conf where it reads a file that goes with resolved.",
)
@attempt_options
@change_options
def pin(servers: tuple[str, ...], **values: Any) -> None:
    """Have these nameservers asked, and no others.

    A SERVER is ADDRESS, or with resolved also ADDRESS:PORT, [IPV6]:PORT, ADDRESS#NAME for DNS
    over TLS. Without one, those in use are pinned. What leases, routers and other programs
    name is not asked any more, and pods get servers that they can reach. The change is tried,
    verified and then kept, or undone.
    """

    def make(**manner: Any) -> Result:
        from hostnet.pins import dns_pin

        return dns_pin(
            servers=servers,
            search=values["search"] or None,
            mode=values["mode"],
            strict=values["strict"],
            repoint_kubelet=values["repoint_kubelet"],
            **attempt(values),
            **manner,
        )

    change(make, values)


@click.command(
    "unpin",
    epilog="""\b
Examples:
  hostnet dns unpin
  hostnet dns unpin --dry-run
""",
)
@attempt_options
@change_options
def unpin(**values: Any) -> None:
    """Take the pin away: every file, and systemd-resolved, as before the first pin.

    What somebody else changed since then stays as it is, and is told.
    """

    def make(**manner: Any) -> Result:
        from hostnet.pins import dns_unpin

        return dns_unpin(**attempt(values), **manner)

    change(make, values)


@click.command(
    "log",
    epilog="""\b
Examples:
  hostnet dns log
  hostnet dns log --json
""",
)
@json_option
def log(*, as_json: bool) -> None:
    """Show who changed what of the pinned DNS, and whether it was put back."""
    with reporting(as_json=as_json):
        from hostnet.guarding import dns_log

        entries = dns_log()
        _show(entries, as_json=as_json)
        if not entries and not as_json:
            out("nobody changed the pinned DNS")


@click.command(
    "keep",
    epilog="""\b
Examples:
  hostnet dns keep
""",
)
@json_option
def keep(*, as_json: bool) -> None:
    """Put back what others changed of the pinned DNS, now.

    hostnet-pin.service runs this whenever something changes; a host without the Debian package
    can run it itself.
    """
    with reporting(as_json=as_json):
        from hostnet.guarding import dns_keep

        _show(dns_keep(), as_json=as_json)


def _show(entries: Sequence[Tampering], *, as_json: bool) -> None:
    if as_json:
        from hostnet import report

        out_json(report.dns_log(entries))
        return
    for entry in entries:
        _show_tampering(entry)


def _show_tampering(entry: Tampering) -> None:
    when = datetime.fromtimestamp(entry.when).astimezone().isoformat(timespec="seconds")
    sign = f" ({entry.sign})" if entry.sign else ""
    end = "put back" if entry.repaired else "LEFT AS IT IS"
    out(safe(f"{when} {entry.what}: by {entry.writer}{sign}: {end}", line=True))
    for label, text in (("was", entry.before), ("became", entry.after)):
        for line in text.splitlines()[:_SHOWN] or [""]:
            out(safe(f"    {label}: {line}", line=True))
