"""The facts about DNS as they are read below a root: files, links, units, programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostnet.dns.chooser import Decision, choose
from hostnet.dns.facts import DnsFacts
from hostnet.dns.pin import Pin
from hostnet.host import dns_facts, observe, port53
from hostnet.host.files import Files
from hostnet.model import Kind
from hostnet.netplan.tree import load
from hostnet.pinning import Knows, pin_changes, touched
from tests import needs
from tests.integration.cli import tree

UNIT = "systemd-resolved.service"
STUB = "../run/systemd/resolve/stub-resolv.conf"
IMAGE = {
    "etc/netplan/a.yaml": "network:\n  ethernets:\n    ens33:\n      dhcp4: true\n"
    "      nameservers: {addresses: [10.0.0.2], search: [lab.example]}\n",
    f"usr/lib/systemd/system/{UNIT}": "[Unit]\n",
    f"etc/systemd/system/multi-user.target.wants/{UNIT}": "",
    "run/systemd/resolve/stub-resolv.conf": "nameserver 127.0.0.53\n",
    "etc/nsswitch.conf": "hosts: files resolve [!UNAVAIL=return] dns\n",
    "usr/lib/x86_64-linux-gnu/libnss_resolve.so.2": "",
}


def facts(root: Path, more: dict[str, str] | None = None, *, conf: str | None = STUB) -> DnsFacts:
    tree(root, {**IMAGE, **(more or {})})
    if conf is not None:
        (root / "etc/resolv.conf").symlink_to(conf)
    with Files(str(root)) as files:
        observed = observe.observe(files)
        return dns_facts.read(files, observed, load(observed.netplan_files)[0])


def decided(root: Path, more: dict[str, str] | None = None, *, conf: str | None = STUB) -> Decision:
    return choose(Pin(), facts(root, more, conf=conf))


def test_an_image_of_ubuntu(tmp_path: Path) -> None:
    found = facts(tmp_path)
    assert (found.conf.mode, found.resolved, found.nss_resolve) == ("stub", "enabled", True)
    (used,) = found.used
    assert (str(used.server), used.scope, used.source) == ("10.0.0.2", "ens33", "static")
    assert str(used.origin) == "/etc/netplan/a.yaml:5:33"
    assert found.search == ("lab.example",)
    assert choose(Pin(), found).trace == (
        "mode resolved: systemd-resolved is enabled; resolv.conf stub: nobody needs the servers in"
        " it; servers 10.0.0.2: in use (static on ens33)"
    )


def test_the_link_of_an_image_may_lead_nowhere_until_it_boots(tmp_path: Path) -> None:
    facts(tmp_path)
    (tmp_path / "run/systemd/resolve/stub-resolv.conf").unlink()
    with Files(str(tmp_path)) as files:
        observed = observe.observe(files)
        found = dns_facts.read(files, observed, load(observed.netplan_files)[0])
    assert (found.conf.mode, found.conf.servers) == ("stub", ())
    assert choose(Pin(), found).target == "stub"


def test_units_tell_how_resolved_is(tmp_path: Path) -> None:
    assert facts(tmp_path / "a").resolved == "enabled"
    root = tmp_path / "b"
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / f"etc/systemd/system/{UNIT}").symlink_to("/dev/null")
    assert facts(root).resolved == "masked"
    root = tmp_path / "c"
    facts(root)
    (root / f"etc/systemd/system/multi-user.target.wants/{UNIT}").unlink()
    with Files(str(root)) as files:
        assert dns_facts._service(files) == "disabled"
    (root / f"usr/lib/systemd/system/{UNIT}").unlink()
    with Files(str(root)) as files:
        assert dns_facts._service(files) == "absent"


def test_resolveds_files_are_read_from_all_folders(tmp_path: Path) -> None:
    found = facts(tmp_path, {
        "etc/systemd/resolved.conf": "[Resolve]\nDNS=169.254.25.10\nDNSStubListener=no\n",
        "usr/lib/systemd/resolved.conf.d/10-x.conf": "[Resolve]\nDNS=10.5.5.5\n",
        "run/systemd/resolved.conf.d/zz.conf": "[Resolve]\n",
    })  # fmt: skip
    assert [str(one.server) for one in found.used] == ["169.254.25.10", "10.5.5.5", "10.0.0.2"]
    assert found.later == ("/run/systemd/resolved.conf.d/zz.conf",)
    assert choose(Pin(), found).target == "uplink"


RIVALS = {
    "resolvconf": {"usr/sbin/resolvconf": ""},
    "openresolv": {"usr/sbin/resolvconf": "", "etc/resolvconf.conf": "resolv_conf=/x\n"},
    "": {"usr/sbin/resolvconf": "", "etc/resolvconf.conf": "resolvconf=NO\n"},
    "wg-quick": {"etc/wireguard/wg0.conf": "[Interface]\nDNS = 10.8.0.1\n"},
    "ifupdown": {"sbin/ifup": "", "etc/network/interfaces": "iface x inet static\n"
                 "  dns-nameservers 10.0.0.2\n"},
    "cloud-init": {"etc/cloud/cloud.cfg": "manage_resolv_conf: true\n"},
}  # fmt: skip


@pytest.mark.parametrize("program", RIVALS)
def test_who_may_write_the_file_again(program: str, tmp_path: Path) -> None:
    found = facts(tmp_path, RIVALS[program])
    assert [rival.program for rival in found.rivals] == ([program] if program else [])


def test_resolvectl_under_another_name_is_no_rival(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/resolvconf").symlink_to("../bin/resolvectl")
    assert facts(tmp_path, {"usr/bin/resolvectl": ""}).rivals == ()


def test_kubernetes_is_seen(tmp_path: Path) -> None:
    decision = decided(tmp_path, {
        "var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\nresolvConf: /own\n",
        "own": "nameserver 10.3.3.3\n",
        "etc/cni/net.d/10-x.conf": '{"ipam": {"subnet": "10.0.0.0/16"}}',
    })  # fmt: skip
    assert decision.trace.endswith("servers none: nothing is in use, but 10.0.0.2 lies in the pod"
                                   " network")  # fmt: skip
    again = facts(tmp_path, conf=None)
    (reader,) = again.readers
    assert again.conf_at(str(reader.reads(stub=True))).nameservers == again.handed[0][1].nameservers


def test_a_regular_file_and_no_resolved(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/resolv.conf": "nameserver 10.0.0.9\n"})
    decision = choose(Pin(mode="direct"), facts(tmp_path, conf=None))
    assert (decision.mode, decision.target) == ("direct", "regular")
    assert [str(server) for server in decision.servers] == ["10.0.0.2"]


def test_the_changes_of_an_image_start_from_what_is_there(tmp_path: Path) -> None:
    found = facts(tmp_path, {"etc/systemd/resolved.conf.d/99-hostnet.conf": "# old\n"})
    with Files(str(tmp_path)) as files:
        observed = observe.observe(files)
        merged, _ = load(observed.netplan_files)
        observed = observe.with_images(files, observed, touched(merged, found))
    assert observed.image("/etc/resolv.conf").kind is Kind.SYMLINK
    done = pin_changes(
        choose(Pin(), found), found, observed, merged, Knows(ra_overrides=True, dns_at_boot=False)
    )
    assert done.changes[0].before.data == b"# old\n"
    with Files(str(tmp_path)) as files:
        files.commit(done.changes)
    assert b"use-dns: false" in (tmp_path / "etc/netplan/90-hostnet.yaml").read_bytes()
    assert (tmp_path / "etc/resolv.conf").is_symlink()


def test_who_listens_is_seen_in_the_kernels_tables() -> None:
    needs.root()
    assert all(listener.program for listener in port53.listeners())
