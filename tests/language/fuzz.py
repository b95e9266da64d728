"""`python -m tests.language.fuzz`: anything at all as a file; nothing may raise, hang or swell.

What the results file has is not looked at again, so that a run can be ended and gone on with.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hostnet.judgement import judged
from hostnet.model import SourceFile
from hostnet.netplan.releases import RELEASES
from tests.language.documents import files

RESULTS = Path(".fuzz.jsonl")
AT_ONCE = 1000
MAX_SECONDS, MAX_GROWTH = 1.0, 200 << 20
"""Of one input: time, and memory beyond what the process had (bytes)."""

HOSTILE = (
    b"network: " + b"[" * 10_000,
    b"network: " + b"{a: " * 10_000 + b"}" * 10_000,
    b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghi"),
    b"network: &a {ethernets: *a}",
    b"network: &a {ethernets: {e: *a}}",
    b"network: {version: " + b"9" * 100_000 + b"}",
    b"network: {ethernets: {e: {mtu: '" + b"9" * 5000 + b"', dhcp4: '\\0'}}}",
    b"\0",
    b'network: {ethernets: {e: {macaddress: "\\ud800"}}}',
    b'network: {ethernets: {"\\udfff": {}}}',
    b"network: " + b"x" * (100 << 20),
    b"x" * (1 << 20),
    b"- " * 100_000,
    b"? " * 10_000,
    b"%YAML 99999999999.1\n---\n",
    b"%TAG ! tag:x,2000:\n--- !y\nnetwork: !!binary {}\n",
    b"!" * 100_000,
    b"\xff\xfen\x00",
    b"\xef\xbb\xbf\xef\xbb\xbf",
    b"network: {ethernets: {e: {addresses: [1.2.3.4/" + b"9" * 100_000 + b"]}}}",
    b"network: {ethernets: {e: {addresses: ['" + b":" * 100_000 + b"/64']}}}",
    b"network: {ethernets: {" + b", ".join(b"e%d: {}" % n for n in range(3_000)) + b"}}",
    b"network: {bonds: {b: {interfaces: [" + b", ".join(b"e%d" % n for n in range(3000)) + b"]}}}",
    b"network:\n  ethernets:\n    e:\n      routes:\n"
    + b"".join(b"      - {to: 10.0.%d.0/24, via: 10.0.0.1}\n" % n for n in range(250)),
    b"network: {version: 2,\r version: 2}\r\n\x85\xe2\x80\xa8",
)  # fmt: skip
"""What somebody would think of."""
_BITS = (
    b"\t", b"\0", b"\xff", b"&a ", b"*a", b"{", b"}", b"[", b"]", b": ", b"- ", b"? ", b"|\n",
    b">-\n", b"'", b'"', b"#", b"---\n", b"...\n", b"!!int ", b"\\u0000", b"\xf0\x9f\x98\x80",
    b"\r", b"<<: *a", b"%", b"@", b"`", b"null", b"99999999999999999999", b"\xed\xa0\x80",
)  # fmt: skip


def data(number: int) -> bytes:
    """The input of this number: a document with bytes changed, or bytes alone."""
    chance = Random(number)
    if chance.random() < 0.1:
        return chance.randbytes(chance.randint(0, 200))
    parts = [*files(number).values()]
    text = bytearray(b"\n---\n".join(parts) if chance.random() < 0.05 else parts[0])
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(text))
        kind = chance.random()
        if kind < 0.6:
            text[at:at] = chance.choice(_BITS)
        elif kind < 0.8:
            del text[at : at + chance.randint(1, 20)]
        else:
            part = text[at : at + chance.randint(1, 60)]
            to = chance.randint(0, len(text))
            text[to:to] = part * chance.randint(1, 3)
    return bytes(text)


@dataclass(frozen=True)
class Looked:
    """What an input took: time, and memory beyond what the process had (bytes)."""

    seconds: float
    grown: int

    def or_more(self, other: Looked) -> Looked:
        """The larger of each."""
        return Looked(max(self.seconds, other.seconds), max(self.grown, other.grown))


def look(each: bytes) -> Looked:
    """Judge it for all releases, as `validate` does; raises what must not be raised."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    judged([SourceFile("a.yaml", each, target="a.yaml")], RELEASES, (), is_named=True)
    took = time.process_time() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert took < MAX_SECONDS, f"{took:.1f} s"
    assert grown < MAX_GROWTH, f"{grown >> 20} MiB"
    return Looked(took, grown)


def main() -> int:
    """Look at what is left of so many inputs; ends with the first that must not be as it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.language.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="(100000)")
    parser.add_argument("--results", type=Path, default=RESULTS, help=f"({RESULTS})")
    given = parser.parse_args()
    for each in HOSTILE:
        look(each)
    with given.results.open("a+") as file:
        file.seek(0)
        done = [json.loads(line) for line in file]
        first = done[-1]["next"] if done else 0
        for start in range(first, given.inputs, AT_ONCE):
            most = Looked(0.0, 0)
            for number in range(start, min(start + AT_ONCE, given.inputs)):
                most = most.or_more(_looked(number))
            line = {
                "first": start, "next": number + 1,
                "seconds": round(most.seconds, 3), "grown": most.grown,
            }  # fmt: skip
            done.append(line)
            file.write(json.dumps(line) + "\n")
            file.flush()
    print(
        f"{done[-1]['next']} inputs: none raised; the slowest took "
        f"{max(line['seconds'] for line in done):.2f} s, "
        f"the largest {max(line['grown'] for line in done) >> 20} MiB"
    )
    return 0


def _looked(number: int) -> Looked:
    try:
        return look(data(number))
    except BaseException:
        print(f"input {number}: {data(number)!r}", file=sys.stderr)
        raise


if __name__ == "__main__":
    sys.exit(main())
