"""Docker's registries, and its own word on proxies: daemon.json (dockerd(8))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.kubernetes.registries import (
    DOCKER_HUB,
    Endpoint,
    Registry,
    Sources,
    own_endpoint,
    with_scheme,
)
from hostnet.kubernetes.tables import yaml
from hostnet.netplan.document import Scalar, position_of

if TYPE_CHECKING:
    from hostnet.model import Position, SourceFile

CONFIG = "/etc/docker/daemon.json"
_VARIABLES = {
    "http-proxy": "HTTP_PROXY",
    "https-proxy": "HTTPS_PROXY",
    "no-proxy": "NO_PROXY",
}


def read(file: SourceFile) -> Sources:
    """Mirrors are of Docker Hub alone; an insecure registry is one that images may come from."""
    root = yaml(file)
    mirrors = [
        Endpoint(with_scheme(item.text), position_of(item), is_mirror=True)
        for item in root.sequence("registry-mirrors")
        if isinstance(item, Scalar)
    ]
    hub = Registry(DOCKER_HUB, (*mirrors, own_endpoint(DOCKER_HUB)))
    return Sources((hub, *(
        Registry(item.text, (
            Endpoint(f"https://{item.text}", position_of(item), verify=False, insecure=True),
        ))
        for item in root.sequence("insecure-registries")
        if isinstance(item, Scalar) and "/" not in item.text  # a network names no registry
    )))  # fmt: skip


def proxies(file: SourceFile) -> tuple[tuple[str, str, Position | None], ...]:
    """The variables that ``proxies`` puts in the environment's place, since Docker 23."""
    table = yaml(file).mapping("proxies")
    found = ((name, table.get(key)) for key, name in _VARIABLES.items())
    return tuple(
        (name, value.text, position_of(value))
        for name, value in found
        if isinstance(value, Scalar) and value.text
    )
