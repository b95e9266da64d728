"""Why a command of hostnet ends other than well, and with which exit code.

The exit code answers one question, "what happened to my host?":

====  =======================================================================
0     as asked, or already so, or waiting for confirmation
1     a bug in hostnet
2     usage: an argument does not parse
3     refused by findings, the host is untouched
4     the host is unsuitable, untouched
5     busy: another change is under way, untouched
6     tried and failed, the old state is verified back
7     tried and failed, the old state is NOT verified back
10    with ``--exit-code``: something would change, or findings are present
====  =======================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.findings import Finding

EXIT_CHANGES = 10
"""With ``--exit-code``: there would be changes, or there are findings."""


class HostnetError(Exception):
    """Something went wrong that the operator can act on.

    ``what`` happened, ``why`` (may be empty), and the ``remedy`` (may be empty).
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy


class UsageError(HostnetError):
    """An argument does not parse; nothing was looked at."""

    exit_code = 2


class Refused(HostnetError):
    """Findings forbid the change; the host is untouched."""

    exit_code = 3

    def __init__(self, what: str, findings: Sequence[Finding], remedy: str = "") -> None:
        super().__init__(what, "", remedy)
        self.findings = tuple(findings)


class Unparsable(Refused):
    """Among the findings is a text on the command line that does not parse at all."""

    exit_code = UsageError.exit_code


def refusal(what: str, findings: Sequence[Finding]) -> Refused:
    """The error that these findings are."""
    is_usage = any(finding.rule.unparsable for finding in findings)
    return (Unparsable if is_usage else Refused)(what, findings)


class Unsuitable(HostnetError):
    """This host cannot be changed by hostnet (no root, no netplan, ...); untouched."""

    exit_code = 4


def needs_root(what: str, command_line: str) -> Unsuitable:
    """The error of whoever may not do it, with the command that may."""
    return Unsuitable(
        what, "this process lacks uid 0 or CAP_NET_ADMIN", f"Run: sudo {command_line}"
    )


class Busy(HostnetError):
    """Another hostnet is at work, or its trial waits; untouched."""

    exit_code = 5


class RolledBack(HostnetError):
    """Tried and failed; the old state was put back and observed again."""

    exit_code = 6


class Stranded(HostnetError):
    """Tried and failed, and the old state could not be verified to be back."""

    exit_code = 7
