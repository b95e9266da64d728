"""Who looks for a message of hostnet in the system journal finds its id in the README."""

from __future__ import annotations

import re

import pytest

from hostnet.host import announce
from hostnet.host.announce import Kind
from tests.checkout import ROOT

pytestmark = pytest.mark.checkout
KINDS = {name: kind for name, kind in vars(announce).items() if isinstance(kind, Kind)}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_an_id_that_the_readme_names(kind: Kind) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", kind.message_id)
    assert f"`{kind.message_id}`" in (ROOT / "README.md").read_text()


def test_no_two_kinds_share_an_id() -> None:
    assert len(KINDS) == len({kind.message_id for kind in KINDS.values()}) == 6
