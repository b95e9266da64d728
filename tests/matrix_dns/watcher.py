"""What programs and pods go by, ten times a second: `python3 watcher.py ZONE PODS`, in a host.

PODS is the file that kubelet hands on. Until stdin ends each look is a line of JSON: its number
`n`, the moment `at`, what /etc/resolv.conf and PODS say, and whether resolved runs. With each look
a name that nobody asked for before, NUMBER.WORD.ZONE, is looked up by NSS; an `answer` is a line
of its own. The first line is the WORD.

It stands alone, since it runs where this package is not.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
import time

EVERY = 0.1
MOST = 200
"""Lookups at one time; what hangs would else take all memory."""
CONF = "/etc/resolv.conf"
RESOLVED = "/sys/fs/cgroup/system.slice/systemd-resolved.service"
_printing = threading.Lock()


def main(zone: str, pods: str) -> None:
    """Look until stdin ends."""
    word = os.urandom(3).hex()
    say({"word": word})
    begun = time.monotonic()
    number = 0
    while True:
        wait = max(0.0, begun + number * EVERY - time.monotonic())
        if select.select([sys.stdin], [], [], wait)[0]:
            os._exit(0)  # what hangs in NSS keeps nobody waiting
        asked = threading.active_count() < MOST
        leads = os.readlink(CONF) if os.path.islink(CONF) else "file"
        found = {"conf": f"{leads}: {said(CONF)}", "pods": said(pods)}
        running = os.path.exists(RESOLVED)
        say({"n": number, "at": time.monotonic(), "asked": asked, "resolved": running, **found})
        if asked:
            argv = (number, f"{number}.{word}.{zone}")
            threading.Thread(target=look_up, args=argv, daemon=True).start()
        number += 1


def said(path: str) -> str:
    """The file's servers and search domains, in one order.

    resolved writes them as its links come, and 252 writes one twice that is a link's as well.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except OSError as error:
        return str(error.strerror)
    wanted = ("nameserver", "search", "domain")
    words = {
        (each[0], word) for each in lines if each[:1] and each[0] in wanted for word in each[1:]
    }
    return " ".join(f"{key} {word}" for key, word in sorted(words)) or "empty"


def look_up(number: int, name: str) -> None:
    """By NSS, whoever that asks."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return
    say({"n": number, "answer": str(found[0][4][0])})


def say(line: dict[str, object]) -> None:
    """One line, whole."""
    with _printing:
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
