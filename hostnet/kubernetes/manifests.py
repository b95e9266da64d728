"""The images of static pods, and of what containerd runs: they must come from somewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hostnet.kubernetes.registries import Image
from hostnet.kubernetes.tables import yaml
from hostnet.model import Position
from hostnet.netplan.document import Mapping, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import SourceFile

FOLDER = "/etc/kubernetes/manifests"
_IMAGE = "io.kubernetes.cri.image-name"


def images(file: SourceFile) -> Iterator[Image]:
    """Of a static pod's containers, as kubelet starts them (Pod, v1)."""
    spec = yaml(file).mapping("spec")
    for key in ("initContainers", "containers"):
        for container in spec.sequence(key):
            image = container.get("image") if isinstance(container, Mapping) else None
            text = container.text("image") if isinstance(container, Mapping) else None
            if image is not None and text:
                yield Image(text, position_of(image))


def running(file: SourceFile) -> Iterator[Image]:
    """Of a container's bundle, as containerd notes it there."""
    try:
        root = json.loads(file.data)
    except ValueError:
        return
    notes = root.get("annotations") if isinstance(root, dict) else None
    name = notes.get(_IMAGE) if isinstance(notes, dict) else None
    if isinstance(name, str) and name and not name.startswith("sha256:"):
        yield Image(name, Position(file.path, 1, 1))
