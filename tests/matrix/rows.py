"""Who has objects in the node's kernel, and how they come there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.lab.host import Host
from tests.matrix import programs, scripts
from tests.matrix.pings import Asked


def _nobody(_host: Host) -> Sequence[Asked]:
    return ()


@dataclass(frozen=True)
class Row:
    """`asked` are the pings that go on meanwhile; `real` if the very program runs."""

    name: str
    make: Callable[[Host], None]
    asked: Callable[[Host], Sequence[Asked]] = _nobody
    real: bool = False


def _made(name: str, script: str) -> Row:
    return Row(name, lambda host: _run(host, script))


def _keepalived(name: str, vip: str) -> Row:
    program = programs.Keepalived(vip)
    return Row(name, program.make, program.asked, real=True)


def _run(host: Host, script: str) -> None:
    host.run(["sh", "-ec", script])


ROWS = {
    row.name: row
    for row in (
        _made("Flannel", scripts.FLANNEL),
        _made("Calico", scripts.CALICO),
        _made("Canal", scripts.CANAL),
        _made("Weave", scripts.WEAVE),
        _made("Cilium", scripts.CILIUM),
        _made("Cilium < 1.14", scripts.OLD_CILIUM),
        _made("kube-router", scripts.KUBE_ROUTER),
        _made("AWS VPC", scripts.AWS_VPC),
        _made("kube-ipvs0", scripts.KUBE_IPVS),
        _keepalived("keepalived", programs.VIP),
        _keepalived("keepalived, /24", programs.IN_SUBNET),
        Row("Docker", programs.docker, programs.ask_docker, real=True),
        Row("CNI plugins", programs.plugins, programs.ask_pods, real=True),
    )
}
"""By name, in the order of the table."""
