"""hostnet-node(5), from schemas/node.schema.json and the places that a first boot looks at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hostnet
from hostnet.cli.manual import roff
from hostnet.cli.manual.pages import BOOK, Page
from hostnet.host.descriptions import CREDENTIAL, OPT_IN, PATHS
from hostnet.schema_files import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS = ("node", "select", "interface", "route", "dns", "nodes")
_TYPES = {"texts": "text or list", "some": "text or list", "macs": "text or list"}
_EXAMPLE = """\
nodes:
  - node: k8s-1
    select: {mac: '52:54:00:12:34:56'}
    interfaces:
      ens33:
        addresses: [192.168.141.134/24]
        gateway: 192.168.141.1
        nameservers: [192.168.141.2, 192.168.141.3]
        search: [lab.example]
    kubernetes: true
  - node: k8s-2
    select: {serial: VMware-42 1a 2b}
    interfaces: {ens34: {}, ens35: {}}
    bonds:
      bond0:
        interfaces: [ens34, ens35]
        parameters: {mode: active-backup}
        addresses: [192.168.141.135/24]
        routes: [{to: default, via: 192.168.141.1}]
"""
"""Held by a test to the schema and the parser."""


def node_page(date: str) -> Page:
    """The page; ``date`` as for the others."""
    described = json.loads(schema("node"))
    lines = [
        roff.heading("hostnet-node", 5, date, f"hostnet {hostnet.__version__}", BOOK),
        ".SH NAME",
        r"hostnet\-node \- description of the network of one machine or of many",
        ".SH DESCRIPTION",
        roff.line(described["description"]),
        *(line for part in _PARTS for line in _part(described["$defs"], part)),
        ".SH EXAMPLE",
        *roff.verbatim(_EXAMPLE.splitlines()),
        ".SH THE FIRST BOOT",
        roff.line(
            "hostnet-firstboot.service takes the first of these that is there, before the network "
            "comes up, once for each machine-id. At most 64 KiB; a file must be root's alone to "
            "change. Bonds, bridges and vlans can be made only here, or below another root."
        ),
        *(line for path in PATHS for line in (".TP", roff.italic(path), "A file of the image.")),
        *roff.entry(
            roff.bold(CREDENTIAL),
            "A credential of systemd, as given by a container manager, by SMBIOS, or on the "
            "kernel's command line: systemd.exec(5).",
        ),
        *roff.entry(
            "A volume labelled " + roff.bold("HOSTNET"),
            f"Its node.yaml, only where the image has the file `{OPT_IN}`.",
        ),
        ".SH SEE ALSO",
        roff.escaped("hostnet-apply(1), hostnet-firstboot(1), hostnet-render(1), netplan(5)"),
    ]
    return Page("hostnet-node", 5, "\n".join(lines) + "\n")


def _part(parts: dict[str, Any], name: str) -> Iterator[str]:
    part = parts[name]
    yield f'.SH "{roff.escaped(part["title"].upper())}"'
    yield roff.line(part["description"])
    required = part.get("required", ())
    for key, value in part["properties"].items():
        referred = value.get("$ref", "").rpartition("/")[2]
        kind = _TYPES.get(referred) or value.get("type") or _words(value) or "see below"
        more = ", required" if key in required else ""
        said = value.get("description") or parts[referred]["description"]
        yield from roff.entry(f"{roff.bold(key)} ({kind}{more})", said)


def _words(value: dict[str, Any]) -> str:
    return " or ".join(map(str, value.get("enum", ())))
