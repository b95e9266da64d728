"""hostnet dns."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hostnet.cli.options import attempt_options, change_options, exit_code_option, json_option
from hostnet.cli.output import (
    attend,
    findings,
    notice,
    out,
    out_change,
    out_json,
    progress,
    reporting,
    safe,
)
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.chain import AskedServer, Chain, Handed
    from hostnet.result import Result
    from hostnet.tampering import Tampering

_SHOWN = 12
"""Lines of a file in the log."""
_FATES = {
    "good": "good",
    "loopback": "LOOPBACK",
    "too-much": "too much",
    "nothing": "NOTHING",
}


@click.group(
    "dns",
    epilog="""\b
Examples:
  hostnet dns status
  hostnet dns pin 10.0.0.2 10.0.0.3
  hostnet dns unpin
""",
)
def command() -> None:
    """Show who resolves names, and pin the nameservers."""


@command.command(
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
    from hostnet.pins import dns_pin

    _change(
        dns_pin,
        values,
        servers=servers,
        search=values["search"] or None,
        mode=values["mode"],
        strict=values["strict"],
        repoint_kubelet=values["repoint_kubelet"],
    )


@command.command(
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
    from hostnet.pins import dns_unpin

    _change(dns_unpin, values)


@command.command(
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
        if as_json:
            from hostnet import report

            out_json(report.dns_log(entries))
            return
        for entry in entries:
            _show_tampering(entry)
        if not entries:
            out("nobody changed the pinned DNS")


@command.command(
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

        entries = dns_keep()
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


def _change(change: Callable[..., Result], values: dict[str, Any], **more: object) -> None:
    quiet = values["quiet"] or values["as_json"]
    with reporting(as_json=values["as_json"]):
        with progress(quiet=quiet) as step:
            result = change(
                **more,
                root=values["root"],
                dry_run=values["dry_run"],
                confirm=values["confirm"],
                probes=values["probes"],
                no_probe=values["no_probe"],
                ignore=values["ignore"],
                progress=step,
                notice=notice,
                attend=attend(),
            )
        out_change("DNS", result, as_json=values["as_json"], quiet=values["quiet"])
    if values["exit_code"] and result.changed:
        sys.exit(EXIT_CHANGES)


@command.command(
    "status",
    epilog="""\b
Examples:
  hostnet dns status
  hostnet dns status --json
  hostnet dns status --exit-code              10 if something is wrong with it
""",
)
@json_option
@exit_code_option
def status(*, as_json: bool, exit_code: bool) -> None:
    """Show the chain that a lookup takes, and what pods get.

    From the program by nsswitch.conf and /etc/resolv.conf to the servers, each with who
    named it and how fast it answers now; then the file that kubelet and its like hand on.
    """
    with reporting(as_json=as_json):
        from hostnet.resolution import dns_status

        value = dns_status()
        if as_json:
            from hostnet import report

            out_json(report.dns_status(value))
        else:
            _show(value)
    if exit_code and value.findings:
        sys.exit(EXIT_CHANGES)


def _show(value: Chain) -> None:
    steps = (
        f"{step.name}{'' if step.installed else ' (not installed)'} {step.action}".rstrip()
        for step in value.steps
    )
    out(f"hosts: {', '.join(steps)}")
    conf = value.resolv_conf
    target = f" -> {conf.target}" if conf.target else ""
    servers = ", ".join(map(str, conf.servers)) or "no server"
    out(f"/etc/resolv.conf{target}: {conf.mode}, kept by {conf.owner}: {servers}")
    way = "asked by programs" if value.through_resolved else "passed by"
    out(f"systemd-resolved: {value.resolved}, {way}")
    out(f"pinned by hostnet: {f'mode {value.pinned}' if value.pinned else 'no'}")
    for asked in value.servers:
        _show_server(asked)
    for each in value.handed:
        _show_handed(each)
    if value.tampering:
        out(f"changed by others and put back: {len(value.tampering)} times, see `hostnet dns log`")
    findings(value.findings)


def _show_server(asked: AskedServer) -> None:
    used = asked.used
    origin = f" {used.origin}" if used.origin else ""
    answer = f"{asked.milliseconds} ms" if asked.milliseconds is not None else "SILENT"
    out(safe(f"    {used.server}  {used.scope}, {used.source}{origin}: {answer}", line=True))


def _show_handed(each: Handed) -> None:
    reader = each.reader
    told = f" (told in {reader.origin})" if reader.origin else ""
    servers = ", ".join(map(str, each.conf.servers)) or "no server"
    got = f"{each.path}: {servers}" if each.path else "no file of this host"
    why = f", {each.why}" if each.why else ""
    text = f"{reader.audience} by {reader.program}{told}: {got}: {_FATES[each.fate]}{why}"
    out(safe(text, line=True))
