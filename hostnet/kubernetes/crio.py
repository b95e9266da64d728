"""CRI-O's registries: containers-registries.conf(5), version 2, and crio.conf(5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.kubernetes.registries import (
    Endpoint,
    Image,
    Registry,
    Sources,
    merged,
    own_endpoint,
)
from hostnet.kubernetes.tables import place, toml
from hostnet.netplan.document import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import SourceFile

REGISTRIES = "/etc/containers/registries.conf"
REGISTRIES_FOLDER = "/etc/containers/registries.conf.d"
CONFIG = "/etc/crio/crio.conf"
CONFIG_FOLDER = "/etc/crio/crio.conf.d"


def read(registries: Iterable[SourceFile], configs: Iterable[SourceFile] = ()) -> Sources:
    """Main files first, then their drop-ins, of which the last that names a registry counts."""
    found = [
        Sources(tuple(_registries(file, root)))
        for file in registries
        if file.data and (root := toml(file)) is not None
    ]
    images = [image for file in configs for image in _pause(file)][-1:]
    return merged([Sources(images=tuple(images)), *reversed(found)])


def _registries(file: SourceFile, root: Mapping) -> Iterator[Registry]:
    for table in root.sequence("registry"):
        if not isinstance(table, Mapping) or table.text("blocked") == "true":
            continue
        location = table.text("location") or ""
        name = (table.text("prefix") or location).partition("/")[0]
        endpoints = [
            _endpoint(file, mirror, is_mirror=True)
            for mirror in table.sequence("mirror")
            if isinstance(mirror, Mapping) and mirror.text("location")
        ]
        if location:
            endpoints.append(_endpoint(file, table, is_mirror=False))
        elif name and not name.startswith("*"):
            endpoints.append(own_endpoint(name, place(file, name)))
        if name and endpoints:
            yield Registry(name, tuple(endpoints))
    for item in root.sequence("unqualified-search-registries"):
        if isinstance(item, Scalar):
            yield Registry(item.text, (own_endpoint(item.text, place(file, item.text)),))


def _endpoint(file: SourceFile, table: Mapping, *, is_mirror: bool) -> Endpoint:
    """The location's path is of the images below it: the API is at the host's root."""
    location = table.text("location") or ""
    insecure = table.text("insecure") == "true"
    return Endpoint(
        own_endpoint(location.partition("/")[0]).url,
        place(file, location),
        is_mirror,
        verify=not insecure,
        insecure=insecure,
    )


def _pause(file: SourceFile) -> Iterator[Image]:
    root = toml(file) if file.data else None
    found = root.mapping("crio").mapping("image").text("pause_image") if root else None
    if found:
        yield Image(found, place(file, found))
