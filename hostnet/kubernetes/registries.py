"""Where container runtimes fetch images: registries, their mirrors, and images' names.

Sources: github.com/distribution/reference (which registry a name means); containerd's
docs/hosts.md; containers-registries.conf(5); dockerd(8); docs.k3s.io/installation/private-registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import Position

ANY = "*"
"""The name that stands for every registry without an entry of its own."""
DOCKER_HUB = "docker.io"
_HOST_OF = {DOCKER_HUB: "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
"""The one registry whose host is called otherwise (containerd, remotes/docker, DefaultHost)."""
_LOCAL = ("localhost", "127.", "[::1]")
"""Hosts that are asked without TLS (containerd, remotes/docker, MatchLocalhost)."""


class Endpoint(Value):
    """A host to ask for a registry's images; ``url`` as it is configured, with its scheme.

    ``verify``: its certificate must be good, by ``ca``, paths of files, besides the host's own
    authorities. ``insecure``: HTTP will do where it does not speak TLS. ``proxy`` is one of its
    own, whatever the environment says. ``exact``: its API lies where the standard has it, so
    that it must answer /v2/ as a registry does (OCI distribution-spec, "Determining Support").
    """

    url: str
    origin: Position | None = None
    is_mirror: bool = False
    verify: bool = True
    insecure: bool = False
    ca: tuple[str, ...] = ()
    proxy: str | None = None
    exact: bool = True


class Registry(Value):
    """A registry as images' names have it, and who is asked for it, in this order."""

    name: str
    endpoints: tuple[Endpoint, ...]


class Image(Value):
    """The name of an image, and where it stands."""

    name: str
    origin: Position | None = None

    @property
    def registry(self) -> str:
        """The registry that the name means: Docker Hub where it names none."""
        first, slash, _ = self.name.partition("/")
        named = slash and ("." in first or ":" in first or first == "localhost")
        return first if named else DOCKER_HUB


class Sources(Value):
    """What a runtime's configuration names."""

    registries: tuple[Registry, ...] = ()
    images: tuple[Image, ...] = ()

    def asked_for(self, name: str) -> Registry:
        """Who is asked for a registry of this name, configured or not."""
        found = {each.name: each for each in self.registries}
        if name in found:
            return found[name]
        if ANY not in found:
            return Registry(name, (own_endpoint(name),))
        instead = found[ANY].endpoints
        if any(not each.is_mirror for each in instead):
            return Registry(name, instead)
        return Registry(name, (*instead, own_endpoint(name)))


def own_endpoint(name: str, origin: Position | None = None) -> Endpoint:
    """The registry itself, as it is asked where nothing is configured."""
    return Endpoint(with_scheme(_HOST_OF.get(name, name)), origin)


def with_scheme(host: str) -> str:
    """The URL of a host that may be one already."""
    if host.startswith(("http://", "https://")):
        return host.rstrip("/")
    return f"{'http' if host.startswith(_LOCAL) else 'https'}://{host.strip('/')}"


def merged(parts: Iterable[Sources]) -> Sources:
    """All that several parts of a configuration name; of a registry the first entry counts."""
    parts = tuple(parts)
    registries = {
        registry.name: registry
        for each in reversed(parts)
        for registry in reversed(each.registries)
    }
    images = (image for each in parts for image in each.images)
    return Sources(tuple(registries.values())[::-1], tuple(dict.fromkeys(images)))
