"""hostnet render."""

from __future__ import annotations

from typing import Any

import click

from hostnet.cli.completing import files, folders, interfaces
from hostnet.cli.options import ignore_option, json_option, wanted, wanted_options
from hostnet.cli.output import findings, out, out_json, reporting


@click.command(
    "render",
    epilog="""\b
Examples:
  hostnet render ens33 192.168.141.134/24 --gateway 192.168.141.1 --dns 192.168.141.1
  hostnet render eth0 2001:db8::5/64 --gateway fe80::1 > 90-hostnet.yaml
  hostnet render --nodes site.yaml -o rendered      rendered/NODE.yaml of each node
""",
)
@click.argument("interface", metavar="[IFACE]", required=False, shell_complete=interfaces)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS/PREFIX]...")
@click.option(
    "--nodes", metavar="FILE", shell_complete=files, help="Render every node of a description."
)
@click.option(
    "-o", "--output", metavar="DIR", shell_complete=folders, help="The folder for their files."
)
@wanted_options
@ignore_option
@json_option
def command(interface: str | None, addresses: tuple[str, ...], **values: Any) -> None:
    """Print the netplan YAML for IFACE. Needs no host: nothing is read or written.

    With --nodes the files of all nodes of a description are written into a folder, which
    must be there; hostnet-node(5) says how nodes are described.
    """
    with reporting(as_json=values["as_json"]):
        if values["nodes"] is not None:
            _render_nodes(interface, values)
            return
        if interface is None or not addresses or values["output"] is not None:
            raise click.UsageError("say IFACE ADDRESS/PREFIX..., or --nodes FILE --output DIR")
        from hostnet.inspection import render

        text = render(interface, addresses, **wanted(values), ignore=values["ignore"])
        if values["as_json"]:
            from hostnet import report

            out_json(report.rendered(text))
        else:
            out(text.rstrip("\n"))


def _render_nodes(interface: str | None, values: dict[str, Any]) -> None:
    given = any(values[name] for name in wanted(values))
    if interface is not None or given or values["output"] is None:
        raise click.UsageError("--nodes FILE goes with --output DIR, and with no interface")
    from hostnet.site import render_nodes

    site = render_nodes(values["nodes"], values["output"], ignore=values["ignore"])
    if values["as_json"]:
        from hostnet import report

        out_json(report.site(site))
    else:
        findings(site.findings)
        out(f"{len(site.files)} nodes rendered below {values['output']}")
