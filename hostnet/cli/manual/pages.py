"""Pages of section 1: one for hostnet, one for each of its commands, from what click knows."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from hostnet import __version__, errors
from hostnet.cli.manual import roff
from hostnet.cli.manual.places import PLACES
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOK = "hostnet"
SEE_ALSO = ("hostnet(1)", "hostnet(7)", "netplan(5)", "systemd-networkd.service(8)")
_EXIT_CODES = "Exit codes:"


class Page(Value):
    """A manual page: its name, the section of the manual, and its text for groff."""

    name: str
    section: int
    text: str

    @property
    def path(self) -> str:
        """Where it lies below a folder of manual pages."""
        return f"man{self.section}/{self.name}.{self.section}"


def contexts(root: click.Command, name: str = "hostnet") -> Iterator[click.Context]:
    """The command and all below it, in the order of its help."""
    pending = [click.Context(root, info_name=name, **root.context_settings)]
    while pending:
        ctx = pending.pop()
        yield ctx
        if isinstance(ctx.command, click.Group):
            for each in reversed(ctx.command.list_commands(ctx)):
                command = ctx.command.get_command(ctx, each)
                assert command is not None
                pending.append(click.Context(command, info_name=each, parent=ctx))


def pages(root: click.Command, date: str) -> Iterator[Page]:
    """A page for each command; ``date`` is that of the release, or empty."""
    for ctx in contexts(root):
        name = page_name(ctx)
        parts = (_name(ctx), _synopsis(ctx), _description(ctx), _commands(ctx), _options(ctx))
        text = [roff.heading(name, 1, date, f"hostnet {__version__}", BOOK)]
        text += [line for part in parts for line in part]
        text += _exit_status() if ctx.parent is None else _elsewhere()
        text += [*_examples(ctx), *(_files() if ctx.parent is None else ()), *_see_also(name)]
        yield Page(name, 1, "\n".join(text) + "\n")


def page_name(ctx: click.Context) -> str:
    """`hostnet dns status` is hostnet-dns-status(1), as git has it."""
    return ctx.command_path.replace(" ", "-")


def _name(ctx: click.Context) -> list[str]:
    first = _paragraphs(ctx.command.help)[0].partition(". ")[0].rstrip(".")
    return [".SH NAME", rf"{roff.escaped(page_name(ctx))} \- {roff.line(first)}"]


def _synopsis(ctx: click.Context) -> list[str]:
    pieces = (roff.italic(piece) for piece in ctx.command.collect_usage_pieces(ctx))
    return [".SH SYNOPSIS", " ".join((roff.bold(ctx.command_path), *pieces))]


def _description(ctx: click.Context) -> list[str]:
    lines: list[str] = []
    for paragraph in _paragraphs(ctx.command.help):
        if not paragraph.startswith(_EXIT_CODES):
            lines += [".PP" if lines else ".SH DESCRIPTION", roff.line(paragraph)]
    return lines


def _commands(ctx: click.Context) -> list[str]:
    if not isinstance(ctx.command, click.Group):
        return []
    lines = [".SH COMMANDS"]
    for below in contexts(ctx.command, ctx.info_name or ""):
        if below.parent is not None and below.parent.command is ctx.command:
            said = _paragraphs(below.command.help)[0]
            page = f"{page_name(ctx)}-{below.info_name}"
            lines += roff.entry(f"{roff.bold(page)}(1)", said)
    return lines


def _options(ctx: click.Context) -> list[str]:
    lines = [".SH OPTIONS"]
    for parameter in ctx.command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None and isinstance(parameter, click.Option):
            spelled, said = record
            lines += roff.entry(_spelling(spelled), said)
    return lines


def _spelling(spelled: str) -> str:
    """`-j, --json` or `--dns IP`: options are typed, what follows them is replaced."""
    words = re.split(r"([ ,]+)", spelled)
    return "".join(
        roff.bold(word) if word.startswith("-") else roff.italic(word) if word.strip(" ,") else word
        for word in words
    )


def _exit_status() -> list[str]:
    """The one table of exit codes, which stands where they are defined."""
    lines = [".SH EXIT STATUS"]
    for code, meaning in re.findall(r"^(\d+) +(.+)$", str(errors.__doc__), re.MULTILINE):
        lines += roff.entry(roff.bold(code), meaning.replace("``", "`"))
    return lines


def _elsewhere() -> list[str]:
    return [".SH EXIT STATUS", "Every command has the exit codes of hostnet(1)."]


def _examples(ctx: click.Context) -> list[str]:
    _, _, said = (ctx.command.epilog or "").partition("Examples:\n")
    lines = inspect.cleandoc(said).splitlines()
    return [".SH EXAMPLES", *roff.verbatim(lines)] if lines else []


def _files() -> list[str]:
    lines = [".SH FILES"]
    for path, meaning in PLACES:
        lines += roff.entry(roff.italic(path), meaning)
    return lines


def _see_also(name: str) -> list[str]:
    others = ", ".join(each for each in SEE_ALSO if each != f"{name}(1)")
    return [".SH SEE ALSO", roff.escaped(others)]


def _paragraphs(text: str | None) -> list[str]:
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs]
