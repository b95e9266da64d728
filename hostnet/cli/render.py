"""hostnet render."""

from __future__ import annotations

from typing import Any

import click

from hostnet.cli.options import ignore_option, json_option, wanted, wanted_options
from hostnet.cli.output import out, out_json, reporting


@click.command(
    "render",
    epilog="""\b
Examples:
  hostnet render ens33 192.168.141.134/24 --gateway 192.168.141.1 --dns 192.168.141.1
  hostnet render eth0 2001:db8::5/64 --gateway fe80::1 > 90-hostnet.yaml
""",
)
@click.argument("interface", metavar="IFACE")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS/PREFIX...")
@wanted_options
@ignore_option
@json_option
def command(interface: str, addresses: tuple[str, ...], **values: Any) -> None:
    """Print the netplan YAML for IFACE. Needs no host: nothing is read or written."""
    with reporting(as_json=values["as_json"]):
        from hostnet.inspection import render

        text = render(interface, addresses, **wanted(values))
        if values["as_json"]:
            from hostnet import report

            out_json(report.rendered(text))
        else:
            out(text.rstrip("\n"))
