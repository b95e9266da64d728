"""The matrix's memory, its bar and its table; and what it takes for the same object."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cells import Results
from tests.matrix.cell import Seen
from tests.matrix.dump import lines
from tests.matrix.observer import Names
from tests.matrix.results import Result, read
from tests.matrix.table import table

SHOWN = """\
2: ens33@if4: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT \
group default qlen 1000\\    link/ether 02:00:00:00:00:01 link-netnsid 0
---
2: ens33    inet 192.168.141.200/32 scope 0 secondary ens33\\       valid_lft forever
---
unicast 10.1.0.0/16 via 192.168.141.6 dev ens33 table 254 proto 80 scope 0 linkdown
---
IPv4 100:\tfrom all lookup 255 proto 0
---
192.168.141.9 dev ens33 lladdr 02:00:00:00:00:09 PERMANENT
---
02:00:00:00:00:02 dev flannel.1 dst 192.168.141.6 self permanent
02:00:00:00:00:03 dev veth1 master cni0
"""


def result(column: str, seen: Seen | None, suite: str = "trixie") -> Result:
    return Result(suite, "Calico", column, "abc", "2026-11-23", seen, "" if seen else "E: why")


def test_lines_leave_out_what_passes() -> None:
    assert list(lines(SHOWN)) == [
        "link ens33@if4: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP link/ether 02:00:00:00:00:01",
        "address ens33 inet 192.168.141.200/32 scope 0 ens33",
        "route unicast 10.1.0.0/16 via 192.168.141.6 dev ens33 table 254 proto 80 scope 0",
        "rule IPv4 100:from all lookup 255 proto 0",
        "neighbour 192.168.141.9 dev ens33 lladdr 02:00:00:00:00:09 PERMANENT",
        "fdb 02:00:00:00:00:02 dev flannel.1 dst 192.168.141.6 self permanent",
    ]


def test_a_route_has_the_same_name_whenever_it_comes() -> None:
    names = Names()
    link = bytes.fromhex("00000100 02000000 43100100 00000000 0a000300 656e73333300 0000")
    assert names.of(16, link) == "link ens33"
    route = bytes.fromhex(
        "02180000 fe500001 00000000 08000f00 fe000000 08000100 0af50000"
        "08000500 c0a88d06 08000400 02000000"
    )
    name = "route 10.245.0.0/24 via 192.168.141.6 dev ens33 table 254 proto 80 type 1 metric 0"
    assert names.of(24, route) == names.of(25, route) == name


def test_the_bar_is_hostnets_and_depends_on_the_suite() -> None:
    short = Seen(9, (), {"route x": 4.0}, {"one → two": 1}, 100, 10.0)
    assert result("address", short).wrong == "away for 4 ms, no answer for 10 ms"
    assert result("address", short, "bookworm").wrong == ""
    assert result("netplan: apply", short).wrong == ""
    assert result("address", Seen(9, ("route y",)), "bookworm").wrong == "1 missing"
    assert result("address", None).wrong == "E: why"
    assert result("address", Seen(9, ())).wrong == ""


def test_results_are_kept_and_the_last_of_a_cell_counts(tmp_path: Path) -> None:
    path = tmp_path / "matrix.jsonl"
    results = Results(path, read)
    assert results.all() == []
    first, last = result("address", None), result("address", Seen(9, ("x",), {"y": 2.0}))
    for each in (first, last, result("gateway", Seen(9, ()))):
        results.add(each)
    with path.open("a") as file:
        file.write('{"suite": "sid", "r')  # the run was killed here
    found = Results(path, read).all()
    assert found == [last, result("gateway", Seen(9, ()))]
    assert json.loads(path.read_text().splitlines()[0])["error"] == "E: why"
    text = table(found)
    assert "| Calico | **1 of 9 gone**, 2.0 ms | all 9 |" in text
    assert "- `x`" in text
    assert "trixie/Calico/address: 1 missing, away for 2 ms" in text
