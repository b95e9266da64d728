"""What is asked before a change, where it cannot be asked."""

from __future__ import annotations

from ipaddress import ip_address

from hostnet.findings import NEIGHBOURS_NOT_ASKED
from hostnet.model import Observed, System
from hostnet.preflight import _conflicts


def test_a_link_that_cannot_be_asked_is_told_and_forbids_nothing() -> None:
    for text in ("192.0.2.5", "2001:db8::5"):
        (found,) = _conflicts("hnnolink0", (ip_address(text),), Observed(System()))
        assert found.rule is NEIGHBOURS_NOT_ASKED
        assert not found.is_error
        assert text in found.message
        assert "hnnolink0" in found.message


def test_without_new_addresses_nobody_is_asked() -> None:
    assert _conflicts("hnnolink0", (), Observed(System())) == []
