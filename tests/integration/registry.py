"""A registry of images: `python -m tests.integration.registry ADDRESS PORT WHERE [CERTIFICATE]`.

It asks for a token at /v2/, gives one at WHERE/token (a URL, or `nowhere`), and sends whoever asks
for /moved/v2/ to WHERE/v2/. The certificate's file has its key as well.
"""

from __future__ import annotations

import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Registry(BaseHTTPRequestHandler):
    """What it says to each request."""

    where = ""

    def do_GET(self) -> None:
        """Serve a path."""
        if self.path == "/v2/":
            self.send_response(401)
            if self.where != "nowhere":
                challenge = f'Bearer realm="{self.where}/token",service="registry"'
                self.send_header("WWW-Authenticate", challenge)
        elif self.path == "/moved/v2/":
            self.send_response(307)
            self.send_header("Location", f"{self.where}/v2/")
        else:
            self.send_response(403 if self.path == "/token" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(address: str, port: str, where: str, certificate: str = "") -> None:
    """Serve until killed."""
    Registry.where = where
    with ThreadingHTTPServer((address, int(port)), Registry) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        print("listening", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
