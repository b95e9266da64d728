"""How well a host's container network is protected from networkd: what is, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.checks import containers as checks
from hostnet.findings import NOT_OURS, UNPROTECTED, Finding
from hostnet.model import ABSENT
from hostnet.protection.files import Wanted, wanted
from hostnet.protection.places import OPT_OUTS, is_ours
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from hostnet.kubernetes.kernel import Kernel
    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree

FileState = Literal["as-wanted", "absent", "differs", "foreign"]


class FileStatus(Value):
    """A file that protects, and why it is to be there.

    ``loaded``: networkd started after it came to be as it is; None where that does not matter
    or cannot be told.
    """

    path: str
    state: FileState
    reason: str
    loaded: bool | None = None

    @property
    def is_good(self) -> bool:
        """Whether it protects."""
        return self.state == "as-wanted" and self.loaded is not False


class ContainerLink(Value):
    """A link of a container network; ``setup`` is networkd's word for what it does with it."""

    name: str
    setup: str | None
    network_file: str | None


class ContainerStatus(Value):
    """All of it; ``signs`` say by what a container network was found."""

    signs: tuple[str, ...]
    files: tuple[FileStatus, ...]
    links: tuple[ContainerLink, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def is_protected(self) -> bool:
        """Whether every file is there, as it is to be, and loaded as far as can be told."""
        return all(file.is_good for file in self.files)


def status(
    observed: Observed, tree: Tree, kernel: Kernel, findings: tuple[Finding, ...] = ()
) -> ContainerStatus:
    """Put together what was observed; ``findings`` are those of reading netplan's files."""
    files = tuple(_file(file, observed) for file in wanted(observed, tree, tree))
    links = tuple(
        ContainerLink(link.name, link.setup, link.network_file)
        for link in checks.container_links(observed, tree)
    )
    found = ContainerStatus(observed.cni_signs, files, links)
    foreign = tuple(
        Finding(NOT_OURS, f"{file.path} is not hostnet's", older=True)
        for file in files
        if file.state == "foreign"
    )
    unprotected: tuple[Finding, ...] = ()
    if observed.cni_signs and not found.is_protected:
        words = ", ".join(f"{file.path} {_word(file)}" for file in files if not file.is_good)
        unprotected = (Finding(UNPROTECTED, words),)
    return replace(
        found,
        findings=(
            *findings,
            *unprotected,
            *foreign,
            *checks.check(tree, observed, ()),
            *checks.check_links(observed, tree),
            *checks.check_kernel(kernel, observed),
        ),
    )


def _file(file: Wanted, observed: Observed) -> FileStatus:
    image = observed.image(file.path)
    loaded = observed.system.opt_outs_loaded if file.path == OPT_OUTS else None
    state: FileState = "as-wanted"
    if image == ABSENT:
        return FileStatus(file.path, "absent", file.reason)
    if not is_ours(image):
        state = "foreign"
    elif image.data != file.data:
        state = "differs"
    return FileStatus(file.path, state, file.reason, loaded)


def _word(file: FileStatus) -> str:
    """What is wrong with it."""
    if file.state == "as-wanted":
        return "is not loaded yet"
    return {"absent": "is absent", "differs": "differs", "foreign": "is not hostnet's"}[file.state]
