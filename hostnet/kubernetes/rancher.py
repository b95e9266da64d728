"""The registries of k3s and rke2: registries.yaml, and the registry that all comes from.

Sources: docs.k3s.io/installation/private-registry and docs.rke2.io/install/private_registry.
k3s writes containerd's own files from it when it starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.kubernetes.registries import (
    ANY,
    Endpoint,
    Image,
    Registry,
    Sources,
    own_endpoint,
    with_scheme,
)
from hostnet.kubernetes.tables import yaml
from hostnet.netplan.document import Mapping, Scalar, position_of

if TYPE_CHECKING:
    from hostnet.model import SourceFile

REGISTRIES = {name: f"/etc/rancher/{name}/registries.yaml" for name in ("k3s", "rke2")}
CONFIGS = {name: f"/etc/rancher/{name}/config.yaml" for name in ("k3s", "rke2")}


def read(registries: SourceFile, config: SourceFile) -> Sources:
    """The registry itself is asked last, unless the endpoints are all that there is."""
    root, more = yaml(registries), yaml(config)
    fallback = more.text("disable-default-registry-endpoint") != "true"
    configs = root.mapping("configs")
    found = []
    for entry in root.mapping("mirrors").entries:
        name, value = entry.key.text, entry.value
        items = value.sequence("endpoint") if isinstance(value, Mapping) else ()
        endpoints = [
            _configured(
                Endpoint(with_scheme(item.text), position_of(item), is_mirror=True), configs
            )
            for item in items
            if isinstance(item, Scalar)
        ]
        own = _configured(own_endpoint(name, position_of(entry.key)), configs)
        known = [each.url for each in endpoints]
        if name != ANY and own.url not in known and (fallback or not endpoints):
            endpoints.append(own)
        found.append(Registry(name, tuple(endpoints)))
    system = more.get("system-default-registry")
    images = []
    if isinstance(system, Scalar) and system.text:
        images.append(Image(f"{system.text}/rancher/mirrored-pause", position_of(system)))
    return Sources(tuple(found), tuple(images))


def _configured(endpoint: Endpoint, configs: Mapping) -> Endpoint:
    tls = configs.mapping(endpoint.url.partition("://")[2].partition("/")[0]).mapping("tls")
    ca = tls.text("ca_file")
    return Endpoint(
        endpoint.url,
        endpoint.origin,
        endpoint.is_mirror,
        verify=tls.text("insecure_skip_verify") != "true",
        ca=(ca,) if ca else (),
    )
