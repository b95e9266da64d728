"""Options that several commands share, and how their values reach the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from hostnet.cli.completing import folders, probes, rule_ids
from hostnet.cli.output import attend

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.result import Pending

_F = TypeVar("_F", bound="Callable[..., Any]")


class Wanted(TypedDict):
    """What an interface shall have, as the library takes it."""

    gateways: tuple[str, ...]
    on_link: bool
    dns: tuple[str, ...] | None
    search: tuple[str, ...] | None
    routes: tuple[str, ...]
    mtu: int | None
    metric: int | None
    keep_dhcp: bool


class Attempt(TypedDict):
    """How a change is tried, as the library takes it."""

    confirm: float | None
    probes: tuple[str, ...]
    no_probe: tuple[str, ...]
    attend: Callable[[Pending], None] | None


def wanted_options(command: _F) -> _F:
    """--gateway and the other options of ``static`` and ``render``."""
    for option in reversed(
        (
            click.option("--gateway", "gateways", multiple=True, metavar="IP|none",
                         help="Default gateway, once per family; none: none through this link."),
            click.option("--on-link", is_flag=True,
                         help="The gateway is reached directly though it lies outside the subnet."),
            click.option("--dns", multiple=True, metavar="IP", help="Nameserver; repeatable."),
            click.option("--search", multiple=True, metavar="DOMAIN",
                         help="Search domain; repeatable."),
            click.option("--route", "routes", multiple=True, metavar="DEST,VIA[,METRIC]",
                         help="Another route; repeatable."),
            click.option("--mtu", type=int, metavar="N", help="MTU of the link."),
            click.option("--metric", type=int, metavar="N", help="Metric of the default route."),
            click.option("--keep-dhcp", is_flag=True,
                         help="Keep the DHCP lease beside the static address."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def wanted(values: dict[str, Any]) -> Wanted:
    """The options' values; a list that was not given is None, and inherited."""
    return Wanted(
        gateways=values["gateways"],
        on_link=values["on_link"],
        dns=values["dns"] or None,
        search=values["search"] or None,
        routes=values["routes"],
        mtu=values["mtu"],
        metric=values["metric"],
        keep_dhcp=values["keep_dhcp"],
    )


def ignore_option(command: _F) -> _F:
    """The one override of findings."""
    option = click.option(
        "--ignore",
        multiple=True,
        metavar="HN...",
        shell_complete=rule_ids,
        help="Go on in spite of this finding; repeatable.",
    )
    return option(command)


def attempt_options(command: _F) -> _F:
    """--confirm and the other options of what is tried and may be undone."""
    for option in (
        ignore_option,
        click.option(
            "--no-probe",
            multiple=True,
            metavar="NAME",
            shell_complete=probes,
            help="Do not ask the gateway, nameserver, lookup or api-server; repeatable.",
        ),
        click.option(
            "--probe",
            "probes",
            multiple=True,
            metavar="PROBE",
            help="What else must answer, or the change is undone: ping:HOST, tcp:HOST:PORT, "
            "dns:NAME[@SERVER], http:URL, cmd:/PATH,ARG...; repeatable.",
        ),
        click.option(
            "--confirm",
            type=float,
            metavar="SECONDS",
            help="Undo it unless `hostnet confirm` is called in time.",
        ),
    ):
        command = option(command)
    return command


def attempt(values: dict[str, Any]) -> Attempt:
    """The values of ``attempt_options`` but --ignore."""
    return Attempt(
        confirm=values["confirm"],
        probes=values["probes"],
        no_probe=values["no_probe"],
        attend=attend(),
    )


def json_option(command: _F) -> _F:
    """-j, as ip(8) has it."""
    option = click.option("-j", "--json", "as_json", is_flag=True, help="Print JSON.")
    return option(command)


def exit_code_option(command: _F) -> _F:
    """--exit-code, as git-diff(1) has it."""
    option = click.option(
        "--exit-code", is_flag=True, help="Exit 10 if something would change or was found."
    )
    return option(command)


def change_options(command: _F) -> _F:
    """--dry-run and the other options of whatever writes files, below any root."""
    for option in (
        exit_code_option,
        json_option,
        click.option("-q", "--quiet", is_flag=True, help="No progress, no diffs."),
        click.option(
            "--root",
            default="/",
            metavar="DIR",
            shell_complete=folders,
            help="Write the files of an image tree.",
        ),
        click.option("--dry-run", is_flag=True, help="Print the plan and write nothing."),
    ):
        command = option(command)
    return command
