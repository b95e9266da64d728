"""Secrets are masked before any eye sees a file; everything else stays as it is."""

from __future__ import annotations

import pytest

from hostnet.netplan.secrets import MASK, masked

SHOWN = {
    "a wifi": ("home:\n  password: hunter2  # no\n  auth: {password: 'x y', method: tls}\n",
               f"home:\n  password: {MASK}  # no\n  auth: {{password: {MASK}, method: tls}}\n"),
    "802.1X": ("auth: {client-key-password: a, client-key: /etc/x, identity: me}\n",
               f"auth: {{client-key-password: {MASK}, client-key: /etc/x, identity: me}}\n"),
    "WireGuard": (
        "w: {key: a, peers: [{keys: {public: p, shared: s}}]}\n",
        f"w: {{key: {MASK}, peers: [{{keys: {{public: p, shared: {MASK}}}}}]}}\n"),
    "keys in a mapping": ("keys:\n  input: 1\n  output: 2\n",
                          f"keys:\n  input: {MASK}\n  output: {MASK}\n"),
    "a modem": ("pin: 1234\napn: x\n", f"pin: {MASK}\napn: x\n"),
    "what NetworkManager passes through": (
        "passthrough: {a.b: c, d: [e]}\n", f"passthrough: {{a.b: {MASK}, d: [{MASK}]}}\n"),
    "a text of several lines": ("password: |\n  hunter\n  two\nmtu: 1\n",
                                f"password: {MASK}\nmtu: 1\n"),
    "a text at the end": ("password: |-\r\n  hunter\r\n", f"password: {MASK}\r\n"),
    "an anchored one": ("password: &a hunter2\nother: {password: *a}\n",
                        f"password: {MASK}\nother: {{password: {MASK}}}\n"),
    "nothing to hide": ("# c\nnetwork: {version: 2}", "# c\nnetwork: {version: 2}"),
    "no value": ("password:\nmtu: 1\n", "password:\nmtu: 1\n"),
    "nothing": ("", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SHOWN.values(), ids=SHOWN)
def test_a_file_is_shown_without_its_secrets(text: str, expected: str) -> None:
    assert masked("x.yaml", text.encode()) == expected


def test_a_file_that_cannot_be_parsed_is_not_shown() -> None:
    for data in (b"password: [hunter2", b"password: hunter2\n\ta: b\n", b"hunter2\xff"):
        assert "hunter2" not in masked("x.yaml", data)
