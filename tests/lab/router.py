"""The router: a network namespace with bridges, DHCP, DNS and, if wanted, router advertisements.

long because what its hosts are told and what tests ask of it stand together.

It is as deaf to the world as it looks: it has no way out, and answers every name itself.
"""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import cleanup
from tests.lab.commands import ENVIRONMENT, Completed, execute
from tests.lab.errors import LabError
from tests.lab.outage import Outage
from tests.lab.waiting import until


@dataclass(frozen=True)
class Network:
    """One bridge of the router and what its hosts are told."""

    bridge: str
    ipv4: str
    pool: tuple[str, str] | None = None
    gateway: bool = True
    ipv6: str | None = None
    nameservers: tuple[str, ...] = ()
    """What its leases name; none: the router itself."""

    @property
    def router(self) -> str:
        """The router's own address here."""
        return self.ipv4.partition("/")[0]


LAN = Network(
    "br0", "192.168.141.1/24", ("192.168.141.100", "192.168.141.199"), ipv6="fd00:141::1/64"
)
SECOND = Network("br1", "192.168.142.1/24", ("192.168.142.100", "192.168.142.199"), gateway=False)


_LEASE = "1h"
"""Longer than any test: none is renewed but by a test. Half of it is when a host asks again."""


@dataclass(frozen=True)
class Lease:
    """A line of the DHCP server's memory."""

    expires: int
    mac: str
    address: str


class Router:
    """The network hosts are plugged into; a context manager.

    `dual_stack` sends router advertisements for the LAN's ULA prefix, naming the router as DNS
    server (RDNSS). `options` are further dnsmasq --dhcp-option values.
    """

    def __init__(
        self,
        *networks: Network,
        dual_stack: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        self.networks = networks or (LAN, SECOND)
        self.namespace = cleanup.unique()
        self.folder = cleanup.run_folder(self.namespace)
        self._dual_stack = dual_stack
        self._options = tuple(options)
        self._ports = itertools.count(1)
        self._undo = ExitStack()

    def __enter__(self) -> Router:
        with ExitStack() as undo:
            undo.callback(cleanup.remove_folder, self.folder)
            # dnsmasq syncs its leases before it answers, and does nothing else meanwhile.
            execute(["mount", "-t", "tmpfs", "router", str(self.folder)])
            undo.callback(execute, ["umount", str(self.folder)])
            execute(["ip", "netns", "add", self.namespace])
            undo.callback(execute, ["ip", "netns", "delete", self.namespace], check=False)
            self._group = cleanup.ControlGroup(self.namespace)
            undo.callback(self._group.remove)
            self._build()
            self._serve()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        input: str | bytes | None = None,
        timeout: float = 60,
    ) -> Completed:
        """Run a command of the machine in the router's network namespace."""
        return execute(
            argv, where="router", prefix=self._enter, check=check, input=input, timeout=timeout
        )

    def ping(self, address: str, count: int = 1, timeout: int = 1) -> bool:
        """Tell whether an address answers every one of `count` pings."""
        argv = ["ping", "-n", "-q", "-i", "0.05", "-c", str(count), "-W", str(timeout), address]
        done = self.run(argv, check=False, timeout=count * timeout + 10)
        return f" {count} received" in done.stdout

    def wait_reachable(self, address: str, within: int = 60) -> None:
        """Return as soon as an address answers."""
        argv = ["ping", "-n", "-q", "-i", "0.02", "-c", "1", "-w", str(within), address]
        if self.run(argv, check=False, timeout=within + 10).returncode != 0:
            neighbours = self.run(["ip", "neighbour"]).stdout
            raise LabError(f"{address} does not answer the router in {within} s\n{neighbours}")

    @contextmanager
    def measure_gap(self, address: str, mac: str | None = None) -> Iterator[Outage]:
        """Ping an address every 5 ms while the block runs, and tell the largest gap.

        Without a permanent neighbour entry an unanswered ARP request would wait by itself and be
        counted as an outage. `mac` is needed only where the address does not answer yet; with
        it, measuring starts at once and the first reply opens the first gap.
        """
        known = mac is not None
        if mac is None:
            self.wait_reachable(address)
            mac = self._neighbour(address)
        bridge = self._bridge_towards(address)
        entry = [address, "lladdr", mac, "dev", bridge, "nud", "permanent"]
        self.run(["ip", "neighbour", "replace", *entry])
        seen = Outage(address)
        log = self.folder / f"ping-{next(self._ports)}"
        argv = [*self._enter, "stdbuf", "-oL", "ping", "-n", "-D", "-i", "0.005", address]
        with log.open("wb") as output:
            ping = subprocess.Popen(
                argv, stdout=output, stderr=subprocess.DEVNULL, env=dict(ENVIRONMENT)
            )
        try:
            if not known:
                until(lambda: " bytes from " in log.read_text(), f"{address} answers no ping")
            yield seen
        finally:
            seen.finished = time.time()
            ping.terminate()
            ping.wait()
            seen.read(log.read_text())
            log.unlink()
            self.run(["ip", "neighbour", "delete", address, "dev", bridge], check=False)

    def leases(self) -> list[Lease]:
        """Return the DHCP leases given now."""
        path = self.folder / "leases"
        lines = path.read_text().splitlines() if path.exists() else []
        found = (line.split() for line in lines if not line.startswith("duid"))
        return [Lease(int(f[0]), f[1], f[2]) for f in found if ":" in f[1]]

    def queries(self) -> list[str]:
        """Return the names asked for so far, in order, each as often as it was asked."""
        return re.findall(r": query\[\w+\] (\S+) from", self.log())

    def name_servers(self, *addresses: str, bridge: str = "br0") -> None:
        """Let leases of a network name other nameservers from now on."""
        self._write_servers(bridge, addresses)
        told = f"read {self._servers}"
        before = self.log().count(told)
        self._dnsmasq.send_signal(signal.SIGHUP)
        until(lambda: self.log().count(told) > before, "dnsmasq does not read its options again")

    def log(self) -> str:
        """Return all that dnsmasq said."""
        return (self.folder / "dnsmasq.log").read_text()

    def add_address(self, address: str, bridge: str = "br0") -> None:
        """Give the router one more address, for a second subnet on the same wire."""
        nodad = ["nodad"] if ":" in address else []
        self.run(["ip", "address", "add", address, "dev", bridge, *nodad])

    def plug(self, namespace: str, name: str, mac: str, bridge: str) -> str:
        """Put a network card into a host's namespace and return the router's end of its cable."""
        port = f"port{next(self._ports)}"
        peer = ["peer", "name", name, "address", mac, "netns", namespace]
        self.run(["ip", "link", "add", port, "type", "veth", *peer])
        self.run(["ip", "link", "set", port, "master", bridge, "up"])
        return port

    def unplug(self, port: str) -> None:
        """Remove a cable with the card at its other end.

        Deleting is synchronous; a card that goes with its namespace goes when the kernel likes,
        and a host booted meanwhile would find two.
        """
        self.run(["ip", "link", "delete", port], check=False)

    def cable(self, port: str, *, connected: bool) -> None:
        """Pull a cable out, or put it back."""
        self.run(["ip", "link", "set", port, "up" if connected else "down"])

    @property
    def _enter(self) -> list[str]:
        """nsenter and not `ip netns exec`: the latter hides /sys/fs/cgroup."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", "--"]

    def _build(self) -> None:
        lines = ["link set lo up"]
        for network in self.networks:
            bridge = network.bridge
            # no spanning tree delay; no snooping, which without a querier loses IPv6 neighbours
            lines.append(f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0")
            lines.append(f"address add {network.ipv4} dev {bridge}")
            if network.ipv6:
                lines.append(f"address add {network.ipv6} dev {bridge} nodad")
            lines.append(f"link set {bridge} up")
        self.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n")
        # Who advertises itself as a router must be one: each neighbour advertisement says so as
        # well, and on one that does not a host forgets its default route (RFC 4861, 7.2.5).
        for network in self.networks:
            if network.ipv6:
                key = f"net/ipv6/conf/{network.bridge}/forwarding"
                self.run(["sysctl", "-qw", f"{key}=1"])
        # an unanswered ARP request is repeated after 50 ms instead of a second
        for family, network in itertools.product(("ipv4", "ipv6"), self.networks):
            key = f"net/{family}/neigh/{network.bridge}/retrans_time_ms"
            self.run(["sysctl", "-qw", f"{key}=50"])

    def _serve(self) -> None:
        """Start dnsmasq.

        --no-ping, since the server would otherwise ping an address for up to 3 s before offering
        it; --dhcp-authoritative, so that a host booting with a remembered lease is answered. No
        --bind-interfaces: it would be deaf on addresses added later, and nothing else listens in
        this namespace.
        """
        argv = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root"]
        argv += ["--no-resolv", "--no-hosts", "--no-ping", "--dhcp-authoritative"]
        # no host name in replies: it would start systemd-hostnamed in every host
        argv += [
            "--dhcp-ignore-names",
            "--pid-file=",
            "--log-queries",
            "--address=/example.test/192.0.2.7",
            "--address=/lab.example/192.0.2.1",
            "--address=/lab.example/2001:db8::1",
            "--local-ttl=60",
        ]
        argv += [f"--log-facility={self.folder / 'dnsmasq.log'}"]
        argv += [f"--dhcp-leasefile={self.folder / 'leases'}"]
        argv += [f"--dhcp-option={option}" for option in self._options]
        for network in self.networks:
            name = network.bridge
            argv.append(f"--interface={name}")
            if network.pool:
                first, last = network.pool
                argv.append(f"--dhcp-range=set:{name},{first},{last},{_LEASE}")
                # an empty option 3 is how dnsmasq is told not to name itself as router
                router = f",{network.router}" if network.gateway else ""
                argv.append(f"--dhcp-option=tag:{name},option:router{router}")
            if network.ipv6 and self._dual_stack:
                prefix, _, length = network.ipv6.partition("/")
                argv.append("--enable-ra")
                argv.append(f"--dhcp-range=::,constructor:{name},ra-only,{length},10m")
                argv.append(f"--dhcp-option=option6:dns-server,[{prefix}]")
        argv.append(f"--dhcp-optsfile={self._servers}")
        self._write_servers()
        self._dnsmasq = self._group.start([*self._enter, *argv], subprocess.DEVNULL)
        log = self.folder / "dnsmasq.log"

        def ready() -> bool:
            if (code := self._dnsmasq.poll()) is not None:
                said = log.read_text() if log.exists() else ""
                raise LabError(f"dnsmasq ended with {code}\n{said}")
            return log.exists() and "started" in log.read_text()

        until(ready, "dnsmasq does not start")

    @property
    def _servers(self) -> Path:
        return self.folder / "servers"

    def _write_servers(self, bridge: str = "", others: Sequence[str] = ()) -> None:
        lines = ""
        for each in self.networks:
            servers = others if each.bridge == bridge else each.nameservers or (each.router,)
            lines += f"tag:{each.bridge},option:dns-server,{','.join(servers)}\n"
        self._servers.write_text(lines)

    def _neighbour(self, address: str) -> str:
        found = self.run(["ip", "neighbour", "show", address]).stdout
        match = re.search(r"lladdr (\S+)", found)
        if not match:
            raise LabError(f"the router does not know who has {address}: {found!r}")
        return match[1]

    def _bridge_towards(self, address: str) -> str:
        found = self.run(["ip", "route", "get", address]).stdout
        match = re.search(r"dev (\S+)", found)
        if not match:
            raise LabError(f"the router has no way to {address}: {found!r}")
        return match[1]
