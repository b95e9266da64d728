"""A host that fetches images, in a world: its /etc is a copy, and the registries are real."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests import needs
from tests.integration.asked import nameserver, serving
from tests.integration.world import WIRE

NAMES = ("four.example", "mirror.example", "proxy.example")
OWN_ETC = """
cp -a /etc /run/etc
mount --bind /run/etc /etc
rm -f /etc/resolv.conf
echo 'nameserver 10.0.0.2' >/etc/resolv.conf
echo 'options timeout:5 attempts:2' >>/etc/resolv.conf
printf 'hosts: files dns\\n' >/etc/nsswitch.conf
printf '127.0.0.1 localhost\\n10.0.0.2 proxy.example\\n10.0.0.3 mirror.example\\n' >/etc/hosts
ip -n peer address add 10.0.0.3/24 dev peer0
ip -n peer address add 192.0.2.7/32 dev lo
ip route add 192.0.2.0/24 via 10.0.0.2
"""
NODE = WIRE + OWN_ETC + nameserver("10.0.0.2")
"""proxy.example (10.0.0.2), mirror.example (10.0.0.3); four.example (192.0.2.7) by DNS alone."""


def certificate(folder: Path, name: str = "certificate.pem", *hosts: str) -> str:
    """A file with a key and a certificate for the hosts, which is its own authority."""
    path = folder / name
    names = ",".join(f"DNS:{host}" for host in hosts or NAMES)
    argv = [needs.tool("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-subj", "/CN=x"]
    argv += ["-addext", f"subjectAltName={names}", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    argv += ["-keyout", "-", "-out", "-"]
    path.write_bytes(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout)
    return str(path)


def registry(address: str, port: int, where: str = "nowhere", *certificate: str) -> str:
    """Serve a registry at an address of the peer; see tests/integration/registry.py."""
    return serving("registry", address, str(port), where, *certificate)


def proxy(port: int, mode: str = "open", to: str = "10.0.0.3") -> str:
    """Serve a proxy at 10.0.0.2; see tests/integration/proxy.py."""
    return serving("proxy", "10.0.0.2", str(port), to, mode)


def written(path: str, text: str) -> str:
    """Write a file there."""
    return f"mkdir -p $(dirname {path})\ncat >{path} <<'FILE'\n{text.strip()}\nFILE\n"
