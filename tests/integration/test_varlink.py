"""Questions over varlink, to a service that answers, refuses, stalls or babbles."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hostnet.host import varlink
from hostnet.host.fields import Unreadable


@contextmanager
def service(folder: Path, *pieces: bytes, stays: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """A service that gives these pieces in answer to its one question, which it keeps."""
    path = str(folder / "socket")
    asked: list[bytes] = []
    done = threading.Event()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            asked.append(client.recv(4096))
            for piece in pieces:
                client.sendall(piece)
            if stays:
                done.wait(10)

    thread = threading.Thread(target=serve)
    thread.start()
    yield path, asked
    done.set()
    thread.join()
    listening.close()


def test_a_question_and_its_answer_in_pieces(tmp_path: Path) -> None:
    with service(tmp_path, b'{"parameters": {"DNS"', b': [{"Port": 53}]}}', b"\0") as (path, asked):
        found = varlink.ask(path, "x.y.Describe", {"InterfaceIndex": 2}, 5)
    (server,) = found.entries("DNS")
    assert server.number("Port") == 53
    question = json.loads(asked[0].removesuffix(b"\0"))
    assert question == {"method": "x.y.Describe", "parameters": {"InterfaceIndex": 2}}


@pytest.mark.parametrize(
    "reply", [b'{"error": "org.varlink.service.MethodNotFound"}\0', b"no JSON\0", b"", b"[]\0"]
)
def test_an_answer_that_is_none(tmp_path: Path, reply: bytes) -> None:
    with service(tmp_path, reply) as (path, _), pytest.raises(Unreadable):
        varlink.ask(path, "x.y.Describe", {}, 5)


def test_a_service_that_stalls(tmp_path: Path) -> None:
    with service(tmp_path, b'{"param', stays=True) as (path, _), pytest.raises(TimeoutError):
        varlink.ask(path, "x.y.Describe", {}, 0.2)


def test_no_service(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        varlink.ask(str(tmp_path / "none"), "x.y.Describe", {}, 1)
