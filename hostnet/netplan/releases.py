"""The releases of netplan whose language is known, and which Ubuntu and Debian have them.

Each was held against the C core of one package: 0.106-2 (Debian 12), 1.1.2-7 (Debian 13) and
1.2.2-3. Ubuntu's package of a release between two of them speaks the language of the earlier one.
"""

from __future__ import annotations

from typing import Literal, get_args

Release = Literal["0.106", "1.1", "1.2"]
RELEASES: tuple[Release, ...] = get_args(Release)
"""From the oldest to the newest."""
NEWEST: Release = "1.2"

_ORDER: dict[str, int] = {release: place for place, release in enumerate(RELEASES)}

DISTRIBUTIONS: dict[str, Release] = {
    "22.04": "0.106",
    "24.04": "1.1",
    "26.04": "1.2",
    "bookworm": "0.106",
    "trixie": "1.1",
}
"""What `--release` takes: an Ubuntu or a Debian release."""


def since(release: Release, first: str) -> bool:
    """Whether the release is ``first`` or newer."""
    return _ORDER[release] >= _ORDER[first]
