"""hostnet status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hostnet.cli.options import exit_code_option, json_option
from hostnet.cli.output import findings, out, out_json, reporting, waits
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from hostnet.host_status import LinkStatus, Status


@click.command(
    "status",
    epilog="""\b
Examples:
  hostnet status
  hostnet status --json
  hostnet status --exit-code                  10 if files and kernel differ
""",
)
@json_option
@exit_code_option
def command(*, as_json: bool, exit_code: bool) -> None:
    """Show each link, where its addresses come from, and who resolves names."""
    with reporting(as_json=as_json):
        from hostnet.overview import status

        value = status()
        if as_json:
            from hostnet import report

            out_json(report.status(value))
        else:
            _show(value)
    if exit_code and (value.has_drift or value.findings):
        sys.exit(EXIT_CHANGES)


def _show(value: Status) -> None:
    for link in value.links:
        _show_link(link)
    conf = value.dns.resolv_conf
    target = f" -> {conf.target}" if conf.target else ""
    out(f"/etc/resolv.conf{target}: {conf.mode}, kept by {conf.owner}")
    resolved = "active" if value.dns.resolved else "not active"
    servers = ", ".join(map(str, value.dns.servers)) or "none"
    out(f"    systemd-resolved {resolved}; servers asked: {servers}")
    if value.pending is not None:
        out(waits(value.pending))
    findings(value.findings)


def _show_link(link: LinkStatus) -> None:
    state = "up" if link.up and link.carrier else "no carrier" if link.up else "down"
    places = ", ".join(map(str, link.defined_in)) or "no file of netplan"
    out(f"{link.name} ({link.kind}, {state}, mtu {link.mtu}): {places}")
    for address in link.addresses:
        origin = f"  {address.origin}" if address.origin else ""
        out(f"    {address.address}  {address.source}{origin}")
    for gateway in link.gateways:
        out(f"    gateway {gateway}")
    if link.nameservers:
        out(f"    nameservers {', '.join(map(str, link.nameservers))}")
    for difference in link.drift:
        out(f"    drift: {difference}")
