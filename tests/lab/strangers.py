"""Packages that a host can install later, though no network brings it any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a host has an image, and an image these
    from tests.lab.host import Host

PACKAGES = ("network-manager", "openresolv", "systemd-resolved")
_STORE = "/var/cache/strangers"
"""A folder for each in every image, with what it needs beside the image's own packages."""

FETCH = tuple(
    f'install -d "$1{_STORE}/{name}/partial" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq -y '
    "--no-install-recommends --reinstall --download-only "
    f'-o Dir::Cache::archives="$1{_STORE}/{name}/" install {name} >/dev/null'
    for name in PACKAGES
)
"""Lines for mmdebstrap, which has an apt of the suite; packages of another day need not fit."""


def install(host: Host, name: str) -> None:
    """Install one of them; it may start what it brings."""
    paths = host.run(["sh", "-c", f"echo {_STORE}/{name}/*.deb"]).stdout.split()
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    host.run(["dpkg", "--install", *paths], env=env, timeout=120)
