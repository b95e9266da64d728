"""Domain names as texts, pure."""

from __future__ import annotations

import re

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?\Z", re.ASCII)


def is_domain(text: str) -> bool:
    """Whether the text is a domain name, of 253 characters at most (RFC 1035 section 2.3.4)."""
    return _DOMAIN.match(text) is not None and len(text.rstrip(".")) <= 253
