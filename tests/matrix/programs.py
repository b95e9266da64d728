"""Programs that really run on the node: keepalived, Docker, the CNI's reference plugins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.host import Host
from tests.lab.waiting import until
from tests.matrix.pings import ROUTER, Asked
from tests.matrix.scripts import configured

VIP, IN_SUBNET = "192.168.141.200/32", "192.168.141.201/24"
_KEEPALIVED = """
vrrp_instance node {
    state MASTER
    interface ens33
    virtual_router_id 51
    priority 150
    version 3
    advert_int 0.1
    virtual_ipaddress {
        VIP
    }
    virtual_routes {
        10.88.0.0/16 via 192.168.141.9 dev ens33
    }
    virtual_rules {
        from 10.88.0.0/16 table 88 priority 2000
    }
}
"""
_CONTAINERS = """
install -d /tmp/root/bin
cp "$(command -v busybox)" /tmp/root/bin/sleep
tar -C /tmp/root -c . | docker import - tiny
docker network create user
run() { docker run --detach --name "$@" tiny /bin/sleep 100000; }
run first
run second --publish 8080:80
run third --network user
run fourth --network user
run alone --network none
run open --network host
"""
_DOCKER_CONFIGURATION = '{"storage-driver": "vfs"}'
"""overlay2 cannot lie on the laboratory's own overlay."""

_PODS = {
    "bridge": ("10.22.0", ("one", "two")),
    "ptp": ("10.23.0", ("three", "four")),
}
"""By plugin: the subnet and the names of its pods."""


@dataclass(frozen=True)
class Keepalived:
    """A control plane's virtual router, with a route and a rule beside its address."""

    vip: str

    def make(self, host: Host) -> None:
        host.run(["sh", "-ec", configured("10-flannel")])
        host.write("/etc/keepalived/keepalived.conf", _KEEPALIVED.replace("VIP", self.vip))
        host.run(["systemctl", "start", "keepalived"])
        there = lambda: self.vip in host.addresses()  # noqa: E731
        until(there, f"{host.suite}: keepalived sets no {self.vip}", 20, 0.1)

    def asked(self, host: Host) -> Sequence[Asked]:
        """The router asks it."""
        router = Path("/run/netns", host.router.namespace)
        return [Asked("router", router, self.vip.partition("/")[0])]


def docker(host: Host) -> None:
    """Every kind of network that Docker has: its bridge, one of a user, the host's, none."""
    host.write("/etc/docker/daemon.json", _DOCKER_CONFIGURATION)
    host.run(["systemctl", "start", "docker"])
    host.run(["sh", "-ec", _CONTAINERS])


def ask_docker(host: Host) -> Sequence[Asked]:
    """Containers ask each other, their bridge, and the router."""
    names = ("first", "second", "third", "fourth")
    told = json.loads(host.run(["docker", "inspect", *names]).stdout)
    networks = {each["Name"].strip("/"): each["NetworkSettings"] for each in told}
    asked = []
    for name, other in (("first", "second"), ("third", "fourth")):
        (own,) = networks[name]["Networks"].values()
        (neighbour,) = networks[other]["Networks"].values()
        inside = host.path(networks[name]["SandboxKey"].replace("/var/run/", "/run/"))
        targets = (neighbour["IPAddress"], own["Gateway"], *ROUTER)
        asked += [Asked(name, inside, target) for target in targets]
    return asked


def plugins(host: Host) -> None:
    """Pods of the plugins bridge and ptp, with host-local addresses and mapped ports."""
    host.write("/etc/cni/net.d/10-node.conflist", json.dumps(_network("bridge")))
    for number, (plugin, (_, pods)) in enumerate(_PODS.items()):
        for index, pod in enumerate(pods):
            _add(host, _network(plugin), pod, 8080 + 10 * number + index)


def ask_pods(host: Host) -> Sequence[Asked]:
    """Pods ask each other, the node, and the router."""
    asked = []
    addresses = {pod: _address(host, pod) for _, pods in _PODS.values() for pod in pods}
    for subnet, (pod, other) in _PODS.values():
        inside = host.path(f"/run/netns/{pod}")
        targets = (addresses[other], f"{subnet}.1", *ROUTER)
        asked += [Asked(pod, inside, target) for target in targets]
    return asked


def _network(plugin: str) -> dict[str, object]:
    subnet, _ = _PODS[plugin]
    ipam = {
        "type": "host-local",
        "ranges": [[{"subnet": f"{subnet}.0/24", "gateway": f"{subnet}.1"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    first = {"type": plugin, "ipMasq": True, "ipam": ipam}
    if plugin == "bridge":
        first |= {"bridge": "cni0", "isGateway": True}
    mapped = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": f"by-{plugin}", "plugins": [first, mapped]}


def _add(host: Host, network: dict[str, object], pod: str, port: int) -> None:
    """What a container runtime does: a namespace, and each plugin with the result of the last."""
    host.run(["ip", "netns", "add", pod])
    environment = {
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": f"pod-{pod}",
        "CNI_NETNS": f"/run/netns/{pod}",
        "CNI_IFNAME": "eth0",
        "CNI_PATH": "/usr/lib/cni",
    }
    mapping = {"hostPort": port, "containerPort": 80, "protocol": "tcp"}
    result = None
    chain = network["plugins"]
    assert isinstance(chain, list)
    for plugin in chain:
        given = {**plugin, "name": network["name"], "cniVersion": network["cniVersion"]}
        if "capabilities" in given:
            given["runtimeConfig"] = {"portMappings": [mapping]}
        if result is not None:
            given["prevResult"] = result
        argv = [f"/usr/lib/cni/{plugin['type']}"]
        result = json.loads(host.run(argv, input=json.dumps(given), env=environment).stdout)


def _address(host: Host, pod: str) -> str:
    (link,) = host.ip("-n", pod, "-4", "address", "show", "dev", "eth0")
    return str(link["addr_info"][0]["local"])
