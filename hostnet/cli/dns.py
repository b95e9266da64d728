"""hostnet dns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hostnet.cli.dns_check import check
from hostnet.cli.dns_pin import keep, log, pin, unpin
from hostnet.cli.options import exit_code_option, json_option
from hostnet.cli.output import findings, out, out_json, reporting, safe
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from hostnet.chain import AskedServer, Chain, Handed

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
  hostnet dns check --images
""",
)
def command() -> None:
    """Show who resolves names, pin the nameservers, and see whether hosts can be reached."""


for _each in (pin, unpin, log, keep, check):
    command.add_command(_each)


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
    if each.stale is None:
        out("    whether some hold other servers, only root may see")
    for stale in each.stale or ():
        role = "" if stale.pod.role in ("pod", "container") else f" ({stale.pod.role})"
        held = ", ".join(map(str, stale.holds))
        renewal = f"to renew: {stale.pod.renewal}"
        out(safe(f"    {stale.pod}{role} STILL HOLDS {held}; {renewal}", line=True))
