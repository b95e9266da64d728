"""Whether cloud-init renders the network, from its files."""

from __future__ import annotations

import pytest

from hostnet.cloudinit import network_disabled
from hostnet.netplan.document import parse
from hostnet.templates import constant
from tests.unit.builders import file

OFF = "network: {config: disabled}\n"
SWITCHES = {
    "nothing": ([], False),
    "another matter": (["users: [default]\n"], False),
    "off": ([OFF], True),
    "off in block style": (["network:\n  config: disabled\n"], True),
    "on again in a later file": ([OFF, "network: {version: 2}\n"], False),
    "off in a later file": (["network: {version: 2}\n", OFF], True),
    "another word": (["network: {config: enabled}\n"], False),
    "a comment": (["# network: {config: disabled}\n"], False),
    "at another place": (["x: {network: {config: disabled}}\n"], False),
    "a broken file behind": ([OFF, "network: [\n"], True),
    "a template": (["## template: jinja\n{% if x %}\n" + OFF + "{% endif %}\n"], False),
    "a list": (["- network\n"], False),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "disabled"), SWITCHES.values(), ids=SWITCHES)
def test_the_last_word_counts(texts: list[str], *, disabled: bool) -> None:
    files = [file(f"/etc/cloud/cloud.cfg.d/{n}.cfg", text) for n, text in enumerate(texts)]
    assert network_disabled(files) == disabled


def test_what_hostnet_writes_switches_it_off() -> None:
    data = constant("99-hostnet-network.cfg")
    assert parse("x.cfg", data).root is not None
    assert network_disabled([file("x.cfg", data.decode())])
    assert data.startswith(b"# Made by hostnet")
