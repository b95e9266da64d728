"""A web server: `python -m tests.integration.webserver ADDRESS PORT STATUS [CERTIFICATE]`.

The certificate's file has its key as well. STATUS `hang` takes connections and says nothing;
`garbage` says what is no HTTP.
"""

from __future__ import annotations

import socket
import ssl
import sys


def main(address: str, port: str, status: str, certificate: str = "") -> None:
    """Serve until killed."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)
    with socket.create_server((address, int(port)), family=family) as server:
        print("listening", flush=True)
        held = []
        while True:
            client, _ = server.accept()
            if status == "hang":
                held.append(client)
                continue
            if certificate:
                client = context.wrap_socket(client, server_side=True)
            with client:
                client.recv(4096)
                said = "\x01\x02" if status == "garbage" else f"HTTP/1.1 {status} Said"
                client.sendall(f"{said}\r\nContent-Length: 0\r\n\r\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
