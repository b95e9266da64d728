"""The walk that needs neither host nor files: render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.checks import tree as tree_checks
from hostnet.complete import complete
from hostnet.errors import refusal
from hostnet.findings import INTERFACE_MALFORMED, without
from hostnet.model import Observed, System
from hostnet.netplan.document import parse as parse_document
from hostnet.netplan.edit import put
from hostnet.netplan.tree import merge_documents
from hostnet.owner import OUR_FILE, Ownership
from hostnet.request import ignored_rules, parse
from hostnet.telling import quoted
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence


def render(
    interface: str,
    addresses: Sequence[str],
    *,
    gateways: Sequence[str] = (),
    on_link: bool = False,
    dns: Sequence[str] | None = None,
    search: Sequence[str] | None = None,
    routes: Sequence[str] = (),
    mtu: int | None = None,
    metric: int | None = None,
    keep_dhcp: bool = False,
    ignore: Sequence[str] = (),
) -> str:
    """The YAML that ``static`` would write where nothing defines the interface yet.

    Needs no host. Raises Refused with all findings.
    """
    ignored = ignored_rules(ignore)
    request, findings = parse(
        interface, addresses, gateways=gateways, on_link=on_link, dns=dns, search=search,
        routes=routes, mtu=mtu, metric=metric, keep_dhcp=keep_dhcp,
    )  # fmt: skip
    if any(finding.rule is INTERFACE_MALFORMED for finding in findings):
        # Nothing can be said of an interface that has no name.
        raise refusal(f"nothing is rendered for {quoted(interface)}", findings)
    completed = complete(request, Observed(System()), Ownership())
    text = put(None, completed.section, completed.id, completed.body)
    tree = merge_documents([parse_document(OUR_FILE, text.encode())])
    about_text = tuple(replace(f, position=None) for f in tree_checks.check(tree))
    found = without((*findings, *completed.findings, *about_text), ignored)
    if any(finding.is_error for finding in found):
        raise refusal(f"nothing is rendered for {interface!r}", found)
    return text
