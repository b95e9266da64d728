"""hostnet static."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hostnet.cli.changing import change
from hostnet.cli.completing import interfaces
from hostnet.cli.options import (
    attempt,
    attempt_options,
    change_options,
    wanted,
    wanted_options,
)

if TYPE_CHECKING:
    from hostnet.result import Result


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
@click.argument("interface", metavar="IFACE", shell_complete=interfaces)
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

    def make(**manner: Any) -> Result:
        from hostnet.operations import static

        return static(
            interface,
            addresses,
            **wanted(values),
            **attempt(values),
            **manner,
            kubernetes=values["kubernetes"],
            pin_dns=values["pin_dns"],
        )

    change(make, values, subject=interface)
