"""Where images and the trees of running hosts lie."""

from __future__ import annotations

import os
from pathlib import Path


def folder(*parts: str) -> Path:
    """Return a folder below the cache, made if absent.

    The cache is on a real disk on purpose, running hosts' upper layers included: /tmp is a tmpfs
    on newer Debian, which images do not fit in, and overlayfs takes no overlay as upper layer.
    """
    base = os.environ.get("HOSTNET_LAB_CACHE")
    if not base:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        base = str(Path(home) / "hostnet-lab")
    path = Path(base, *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path
