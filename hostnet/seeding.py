"""The walk of `hostnet cloud-init`: the seeds of one node or of many. Needs no host."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hostnet.applied import Site
from hostnet.errors import Refused, UsageError
from hostnet.findings import without
from hostnet.host.files import Files
from hostnet.netplan.document import MAX_BYTES
from hostnet.node.select import named
from hostnet.nodes import content, read
from hostnet.request import ignored_rules
from hostnet.seed import (
    META_DATA,
    NETWORK_CONFIG,
    USER_DATA,
    Hook,
    SeedFormat,
    meta_data,
    network_config,
    user_data,
)
from hostnet.site import rendered_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.findings import Finding
    from hostnet.node.model import Node

_MODE = 0o600


def cloud_init(
    path: str,
    *,
    format: SeedFormat = "user-data",
    hook: Hook = "runcmd",
    node: str | None = None,
    output: str | None = None,
    ignore: Sequence[str] = (),
) -> Site:
    """What cloud-init is to be told for the nodes of a description.

    ``user-data`` is the same for all of them: it brings the description, and hostnet on the
    machine takes the node that it is. ``network-config`` is that of one node, the only one or
    the one called ``node``: cloud-init then comes up with its addresses by itself.
    ``nocloud-dir`` writes both and the meta-data of every node into folders of their names
    below ``output``, which is there. ``hook``: at the first boot of each instance (runcmd) or
    at every boot (bootcmd).

    Returns the files by their names. Raises Refused with all findings, UsageError.
    """
    if format not in get_args(SeedFormat) or hook not in get_args(Hook):
        raise UsageError(f"{format} with {hook} is no format of a seed")
    if (output is not None) != (format == "nocloud-dir"):
        raise UsageError("--output DIR goes with --format nocloud-dir, and only with it")
    ignored = ignored_rules(ignore)
    nodes, found = read(path)
    found = without(found, ignored)
    text = content(path, MAX_BYTES).decode()
    if node is not None and not found:
        chosen, found = named(nodes, node)
        nodes = (chosen,) if chosen is not None else ()
    rendered = []
    for each in nodes if not found else ():
        files = rendered_node(each)
        rendered.append((each, files.netplan))
        found += files.findings
    found = without(found, ignored)
    if any(finding.is_error for finding in found):
        raise Refused("nothing is rendered", found)
    if format == "user-data":
        return Site(((USER_DATA, user_data(text, hook)),), found)
    if format == "network-config":
        return Site(((NETWORK_CONFIG, _of_one(rendered)),), found)
    assert output is not None
    site = _folders(rendered, user_data(text, hook), found)
    with Files(output) as below:
        below.fill((f"/{name}", text, _MODE) for name, text in site.files)
    return site


def _of_one(rendered: list[tuple[Node, str]]) -> str:
    if len(rendered) != 1:
        raise UsageError(
            f"a network-config is that of one node, and {len(rendered)} are described",
            "",
            "Name it: --node NAME.",
        )
    return network_config(rendered[0][1])


def _folders(rendered: list[tuple[Node, str]], hook: str, findings: tuple[Finding, ...]) -> Site:
    files = []
    for node, netplan in rendered:
        files.append((f"{node.name}/{META_DATA}", meta_data(node.name)))
        files.append((f"{node.name}/{USER_DATA}", hook))
        files.append((f"{node.name}/{NETWORK_CONFIG}", network_config(netplan)))
    return Site(tuple(files), findings)
