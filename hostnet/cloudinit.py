"""Whether cloud-init renders the network, from its configuration files.

Source: cloud-init's reference "Network configuration": `network: {config: disabled}` in
/etc/cloud/cloud.cfg or cloud.cfg.d; later files override earlier ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.document import Mapping, YamlFault, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import SourceFile

CLOUD_FILE = "/etc/cloud/cloud.cfg.d/99-hostnet-network.cfg"


def network_disabled(files: Iterable[SourceFile]) -> bool:
    """Whether the files, in cloud-init's order, switch its network rendering off."""
    disabled = False
    for file in files:
        if b"network" not in file.data:
            continue  # Parsing costs milliseconds; most files speak of other things.
        try:
            root = parse(file.path, file.data).root
        except YamlFault:
            continue  # cloud-init skips it with a warning, too.
        if isinstance(root, Mapping) and root.get("network") is not None:
            disabled = root.mapping("network").text("config") == "disabled"
    return disabled
