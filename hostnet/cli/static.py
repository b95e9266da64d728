"""hostnet static."""

from __future__ import annotations

import sys
from typing import Any

import click

from hostnet.cli.options import attempt_options, change_options, wanted, wanted_options
from hostnet.cli.output import attend, notice, out_change, progress, reporting
from hostnet.errors import EXIT_CHANGES


@click.command(
    "static",
    epilog="""\b
Examples:
  hostnet static ens33                        pin what the DHCP lease gave
  hostnet static ens33 192.168.141.134/24     gateway and nameservers are taken over
  hostnet static ens33 10.0.0.5/24 --gateway 10.0.0.1 --dns 10.0.0.2 --search lab.example
  hostnet static ens33 192.168.141.134/24 2001:db8::5/64 --dry-run
  hostnet static ens33 10.0.0.5/24 --gateway 10.0.0.1 --root /mnt/image
  hostnet static ens33 10.0.0.5/24 --confirm 120    undone unless you confirm it over 10.0.0.5
""",
)
@click.argument("interface", metavar="IFACE")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS/PREFIX]...")
@wanted_options
@click.option(
    "--pin-dns",
    type=click.Choice(["resolved", "direct", "chosen"]),
    is_flag=False,
    flag_value="chosen",
    help="Pin the nameservers as well, as `hostnet dns pin` does [--mode].",
)
@attempt_options
@click.option(
    "--kubernetes",
    is_flag=True,
    help="A container network will be here: protect it from networkd, as where one is found.",
)
@change_options
def command(interface: str, addresses: tuple[str, ...], **values: Any) -> None:
    """Give IFACE fixed addresses, gateway and nameservers, and keep them.

    Without an address, what the link has now is pinned. With addresses, they are all
    that the link has of their family; the other family stays as it is. What is not
    given (gateway, nameservers) is taken over from what is in force now.

    On the running host the change is tried, verified and then kept. Gateway, nameservers
    and what else answered before must answer over the new path. Whatever goes wrong, the
    old state comes back by itself; with --confirm it also does unless you say otherwise.
    """
    quiet = values["quiet"] or values["as_json"]
    with reporting(as_json=values["as_json"]):
        from hostnet.operations import static

        with progress(quiet=quiet) as step:
            result = static(
                interface,
                addresses,
                **wanted(values),
                root=values["root"],
                dry_run=values["dry_run"],
                confirm=values["confirm"],
                kubernetes=values["kubernetes"],
                pin_dns=values["pin_dns"],
                probes=values["probes"],
                no_probe=values["no_probe"],
                progress=step,
                notice=notice,
                attend=attend(),
            )
        out_change(interface, result, as_json=values["as_json"], quiet=values["quiet"])
    if values["exit_code"] and result.changed:
        sys.exit(EXIT_CHANGES)
