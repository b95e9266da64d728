"""hostnet dns check."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hostnet.cli.options import exit_code_option, json_option
from hostnet.cli.output import err, out, out_json, reporting, safe
from hostnet.errors import EXIT_CHANGES

if TYPE_CHECKING:
    from hostnet.pulls.result import Reached
    from hostnet.pulls.steps import Check


@click.command(
    "check",
    epilog="""\b
Examples:
  hostnet dns check api.example.org             looked up as programs do, and at each server
  hostnet dns check api.example.org:6443        and connected to
  hostnet dns check https://registry.k8s.io/v2/
  hostnet dns check --images                    all that the container runtimes here pull from
  hostnet dns check --images ghcr.io/a/b:1.2    and that image's registry
""",
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--images",
    is_flag=True,
    help="Ask every registry, mirror and proxy as the container runtimes do; NAMEs are images.",
)
@click.option("--timeout", type=float, metavar="SECONDS", help="For all of it at once (15).")
@json_option
@exit_code_option
def check(
    names: tuple[str, ...],
    *,
    images: bool,
    timeout: float | None,
    as_json: bool,
    exit_code: bool,
) -> None:
    """Look hosts up and connect to them from here, each step by itself.

    With --images: what containerd, CRI-O, Docker, k3s, rke2 and microk8s are configured to fetch
    images from, through the proxy that their service is given, and what NO_PROXY leaves out.
    """
    with reporting(as_json=as_json):
        from hostnet.reaching import PATIENCE, dns_check

        value = dns_check(names, images=images, within=PATIENCE if timeout is None else timeout)
        if as_json:
            from hostnet import report

            out_json(report.dns_check(value))
        else:
            _show(value, images=images)
    if exit_code and value.findings:
        sys.exit(EXIT_CHANGES)


def _show(value: Reached, *, images: bool) -> None:
    for path, problem in value.unread:
        err(f"hostnet: {path} {problem}: what it names is not asked; root may read it")
    if images and not value.runtimes:
        out("no container runtime is installed here")
    for runtime in value.runtimes:
        through = ", ".join(
            f"{proxy} ({proxy.origin})" if proxy.origin else str(proxy)
            for proxy in runtime.proxies.known
        )
        out(safe(f"{runtime.name} ({runtime.unit}): {through or 'no proxy'}", line=True))
        if not any(each.target.runtime == runtime.name for each in value.checks):
            out("    nothing is configured to come from anywhere: name an image")
    for each in value.checks:
        _show_check(each)
    for finding in value.findings:
        err(str(finding))
        err(f"    {finding.advice}")


def _show_check(each: Check) -> None:
    target = each.target
    by = f" by {target.runtime}" if target.runtime else ""
    what = f"{target.name}{by}: {target.role} {target.text}" if by else target.text
    place = f" ({target.origin})" if target.origin else ""
    told = f"good, {each.milliseconds} ms" if each.is_ok else "FAILS"
    out(safe(f"{what}{place}: {told}", line=True))
    for step in each.steps:
        word = "" if step.ok else "FAILS: "
        text = f"    {step.name} {step.target}: {word}{step.detail}, {step.milliseconds} ms"
        out(safe(text, line=True))
    for answer in each.answers:
        told = answer.detail if answer.ok else f"FAILS: {answer.detail}"
        out(safe(f"    {answer.probe}: {told}, {answer.milliseconds} ms", line=True))
