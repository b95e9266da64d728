"""How long a host had no names: `python3 meter.py ZONE SECONDS SERVER`, in it, until stdin ends.

Every so many seconds it asks for a name that nobody asked for before, in two ways: of all
servers in /etc/resolv.conf at once, as musl does (and with it most pods), and by NSS, as every
other program. The answer is JSON: for each way how many were asked and answered, the addresses
that came in a row, and the longest silence: the time, in milliseconds, in which no answer came.
A third way asks SERVER itself, whatever the host is set to: while that is silent, it is the
machine that stands still and not the host's names.

It stands alone, since it runs where this package is not.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import socket
import struct
import sys
import threading
import time

LATE = 1.0
"""Seconds after the end in which an answer still counts as one."""
LAST = 10.0
"""Seconds that either way has for one more answer when it shall end."""
MOST = 400
"""Lookups by NSS at one time; what hangs would else take all memory."""

Answers = list[tuple[float, str]]


def main(zone: str, every: float, server: str) -> None:
    """Ask until stdin ends, then tell."""
    word = os.urandom(3).hex()
    begun = time.monotonic()
    raw: Answers = []
    nss: Answers = []
    control: Answers = []
    sockets = [socket.socket(family, socket.SOCK_DGRAM) for family in (2, 10)]
    beside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    print("begun", flush=True)
    count = 0
    asked_to = ended = None
    while ended is None or (time.monotonic() < ended + LATE and len(raw) + len(nss) < 2 * count):
        if ended is None and time.monotonic() >= begun + count * every:
            ask(f"{count}.raw-{word}.{zone}", count, sockets, servers())
            ask(f"{count}.control-{word}.{zone}", count, [beside], [server])
            if threading.active_count() < MOST:
                name = f"{count}.nss-{word}.{zone}"
                threading.Thread(target=look_up, args=(name, nss), daemon=True).start()
            count += 1
        wait = max(0.0, begun + count * every - time.monotonic()) if ended is None else every
        ready, _, _ = select.select([*sockets, beside], [], [], wait)
        for each in ready:
            (control if each is beside else raw).extend(answer(each))
        now = time.monotonic()
        if asked_to is None and select.select([sys.stdin], [], [], 0)[0]:
            asked_to = now
        if asked_to is not None and ended is None:
            answered = all(way and way[-1][0] >= asked_to for way in (raw, nss))
            ended = now if answered or now > asked_to + LAST else None
    ways = {"raw": raw, "nss": nss, "control": control}
    found = {way: told(answers, begun, ended, count) for way, answers in ways.items()}
    print(json.dumps(found), flush=True)
    os._exit(0)  # what hangs in NSS keeps nobody waiting


def told(answers: Answers, begun: float, ended: float, asked: int) -> dict[str, object]:
    """Put a way's figures together."""
    within = sorted(each for each in answers if each[0] <= ended)
    moments = [begun, *(moment for moment, _ in within), ended]
    silence, at = max((after - before, before) for before, after in itertools.pairwise(moments))
    seen: list[str] = []
    for _, address in within:
        if seen[-1:] != [address]:
            seen.append(address)
    return {
        "asked": asked,
        "answered": len(answers),
        "silence_ms": round(silence * 1000, 1),
        "after_ms": round((at - begun) * 1000, 1),
        "addresses": seen,
    }


def servers(path: str = "/etc/resolv.conf") -> list[str]:
    """Return those of a resolv.conf, at most three."""
    try:
        with open(path, encoding="utf-8") as file:
            words = [line.split() for line in file]
    except OSError:
        return []
    return [each[1] for each in words if each[:1] == ["nameserver"] and len(each) > 1][:3]


def ask(name: str, number: int, sockets: list[socket.socket], where: list[str]) -> None:
    """Send a question for the name's IPv4 address to every server."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    for server in where:
        with contextlib.suppress(OSError):  # no way there now: no answer
            sockets[":" in server].sendto(question, (server, 53))


def answer(udp: socket.socket) -> Answers:
    """Take what has come, if it is an address: the last four bytes, for nothing comes after it."""
    try:
        data = udp.recv(4096)
    except OSError:
        return []
    _, _, _, answers, _, more = struct.unpack("!6H", data[:12])
    if not answers:
        return []
    if more:
        data = data[:-11]  # EDNS, RFC 6891: without options
    return [(time.monotonic(), socket.inet_ntoa(data[-4:]))]


def look_up(name: str, answers: Answers) -> None:
    """By NSS, whoever that asks."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return
    answers.append((time.monotonic(), str(found[0][4][0])))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
