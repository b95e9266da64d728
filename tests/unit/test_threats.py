"""The threat model of README and hostnet(7): the same claims in both, and a test for each."""

from __future__ import annotations

import ast
import re

import pytest

from tests.checkout import ROOT

CLAIMS = {
    "integration/test_ordinary_users.py::test_a_file_that_he_cannot_read_names_the_command_to_run": (  # noqa: E501
        "Only root changes the running host; whoever is not is told the command to run."
    ),
    "unit/test_document.py::test_what_is_too_large_is_refused_at_once": (
        "A file is read up to 1 MiB, 64 levels and 100,000 parts with its aliases "
        "expanded; what is larger is refused at once."
    ),
    "integration/test_bad_files.py::test_a_faulty_file_of_anyone_refuses_with_its_place": (
        "A file that is no configuration, whatever it is, is refused with its place and "
        "changes nothing."
    ),
    "unit/test_request.py::test_no_text_passes_that_could_be_more_than_one_word": (
        "Every text is parsed before it stands in a file or in an argument: a line break "
        "in a search domain never becomes a line."
    ),
    "integration/test_command.py::test_control_characters_never_reach_the_terminal": (
        "Control characters of files, arguments and other programs never reach a terminal."
    ),
    "integration/test_files_races.py::test_a_folder_swapped_thousands_of_times_never_leads_outside": (  # noqa: E501
        "Below --root no name leads outside of it, also while somebody exchanges files "
        "and folders for links."
    ),
    "integration/test_files_users.py::test_the_lock_is_not_taken_through_a_link": (
        "The lock in /run/hostnet is root's alone and is not taken through a link."
    ),
    "unit/test_secrets.py::test_a_file_is_shown_without_its_secrets": (
        "What hostnet writes into /etc/netplan is for root alone; secrets are masked in "
        "every diff and message."
    ),
    "e2e/test_package.py::test_the_life_of_the_packages": (
        "Journals and what was before a pin, below /var/lib/hostnet, hold files with their "
        "secrets: they are for root alone and go at a purge."
    ),
    "integration/test_command.py::test_a_program_is_never_found_on_the_operators_path": (
        "Programs are found in system folders only, whatever the PATH says, and run "
        "without a shell and with a deadline."
    ),
    "e2e/test_package.py::test_code_that_others_can_change_does_not_run_as_root": (
        "Nothing that others than root can change runs as root: neither hostnet's own "
        "code nor a program that --probe names."
    ),
    "integration/test_bus.py::test_a_service_that_never_answers_has_a_deadline": (
        "Asking over D-Bus starts nothing, believes no answer of another type, and ends "
        "at a deadline."
    ),
    "integration/test_descriptions.py::test_only_a_regular_file_of_its_own_is_followed": (
        "A description at boot is followed if it is a regular file of at most 64 KiB that "
        "root alone can change; the kernel's ip= is never read."
    ),
    "integration/test_descriptions.py::test_a_volume_speaks_only_where_the_image_lets_it": (
        "A volume labelled HOSTNET says something only where the image opted in; it is "
        "mounted read-only, without devices, programs and set-user-ID."
    ),
    "e2e/test_package.py::test_the_services_are_sandboxed_or_say_why_not": (
        "hostnet-firstboot.service and hostnet-pin.service are sandboxed; "
        "hostnet-recover.service and the service of a change run netplan and start networkd, "
        "which write where they like, and are not."
    ),
}
"""By the test that would fail if it were not so."""


def plain(path: str) -> str:
    return " ".join((ROOT / path).read_text().replace("`", "").split())


@pytest.mark.parametrize("test", CLAIMS)
def test_a_claim_is_made_in_both_places_and_has_its_test(test: str) -> None:
    path, name = test.split("::")
    assert CLAIMS[test] in plain("hostnet/cli/manual/overview.txt")
    assert f"| {CLAIMS[test]} | {path} |" in plain("README.md")
    tree = ast.parse((ROOT / "tests" / path).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_nothing_else_is_claimed() -> None:
    claimed = (ROOT / "README.md").read_text().partition("## Security")[2].partition("\n## ")[0]
    assert claimed.count("\n| ") == len(CLAIMS) + 1


def test_both_who_keep_a_pin_run_in_one_sandbox() -> None:
    def settings(name: str) -> list[str]:
        text = (ROOT / f"debian/hostnet.hostnet-{name}.service").read_text()
        return re.findall(r"(?m)^\w+=.*", text.partition("[Service]")[2])

    after = [each for each in settings("pin") if each not in settings("pin-look")]
    assert [each.partition("=")[0] for each in after] == ["ExecStopPost"]
    assert [each for each in settings("pin") if each not in after] == settings("pin-look")


def test_no_number_of_events_ends_what_keeps_a_pin() -> None:
    """Each event has all four start; systemd's own limit is five in ten seconds."""
    units = sorted(ROOT.glob("debian/hostnet.hostnet-pin*"))
    assert len(units) == 4
    for unit in units:
        assert "\nStartLimitIntervalSec=0\n" in unit.read_text().partition("[Service]")[0], unit
