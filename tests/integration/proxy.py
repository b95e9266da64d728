"""A proxy: `python -m tests.integration.proxy ADDRESS PORT TO MODE`.

It connects on to the address TO alone, whatever host is asked for, at the port that is asked for:
names are its own business. Modes: `open`; `closed` (403 to everybody); `password`, which is
`user:p@ss`; `dead` (it cannot connect on: 502).
"""

from __future__ import annotations

import base64
import socket
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

SECRET = base64.b64encode(b"user:p@ss").decode()


def head(client: socket.socket) -> bytes:
    """Read up to the empty line."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(4096)
        if not more:
            break
        data += more
    return data


def pour(source: socket.socket, sink: socket.socket) -> None:
    """Hand on what comes until it ends."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def serve(client: socket.socket, to: str, mode: str) -> None:
    """Serve one connection."""
    with client:
        data = head(client)
        method, target, *_ = data.decode().split("\r\n")[0].split()
        status = {"closed": "403 Forbidden", "dead": "502 Bad Gateway"}.get(mode)
        if mode == "password" and f"Proxy-Authorization: Basic {SECRET}" not in data.decode():
            status = "407 Proxy Authentication Required"
        if status:
            client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        with socket.create_connection((to, url.port or 80), timeout=5) as server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(data.replace(target.encode(), url.path.encode(), 1))
            back = threading.Thread(target=pour, args=(server, client), daemon=True)
            back.start()
            pour(client, server)
            back.join()


def main(address: str, port: str, to: str, mode: str) -> None:
    """Serve until killed."""
    with socket.create_server((address, int(port))) as listener:
        print("listening", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, to, mode), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
