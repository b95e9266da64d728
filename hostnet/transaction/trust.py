"""Nothing that a non-root user can write runs as root later."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from hostnet.errors import Unsuitable
from hostnet.host.trusted import weakness

_PACKAGES = ("hostnet", "yaml", "ruamel.yaml", "dbus_next", "dns")
"""What the service imports from outside the standard library."""


def demand_trusted_program() -> None:
    """What the service will run, and every folder above it, is root's alone.

    A transient unit runs it as root; in a folder that others can write to, a program, a
    module or its compiled form could be exchanged before it does. Raises Unsuitable with
    the first that is not.
    """
    prefixes = (sys.prefix, sys.base_prefix)
    # Python's own folders; the service is run with -I, so no other is searched.
    folders = [path for path in sys.path if path.startswith(prefixes)]
    found = weakness((os.path.realpath(sys.executable), *folders, *_package_files()))
    if found is not None:
        raise Unsuitable(
            f"{found.part} can be changed by users other than root",
            f"hostnet runs {found.path} as root in a service",
            "Install hostnet from its Debian package, or as root into a system folder.",
        )


def _package_files() -> list[str]:
    """Every file and folder of the packages, compiled modules among them."""
    found = []
    for name in _PACKAGES:
        # Not sys.modules: the service imports what this command may not have needed yet.
        spec = find_spec(name)
        for top in (spec.submodule_search_locations if spec else None) or ():
            for folder, folders, names in os.walk(top):
                found += [os.path.join(folder, entry) for entry in (*folders, *names)]
    return found
