"""What a pin changes: every file, in which order, and nothing where all is so."""

from __future__ import annotations

from dataclasses import replace

from hostnet.dns.chooser import choose
from hostnet.dns.facts import DnsFacts
from hostnet.dns.pin import parse
from hostnet.dns.resolvconf import PATH, read
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.findings import OWNER_NOT_EDITABLE
from hostnet.kubernetes.resolvers import KUBELET_CONFIG
from hostnet.model import ABSENT, Image, Kind, Observed
from hostnet.netplan.tree import load
from hostnet.owner import OUR_FILE
from hostnet.pinning import WAIT_ONLINE, Knows, Pinning, pin_changes, touched
from tests.unit.builders import CLOUD, Value, default, file, host, image, lease, nic
from tests.unit.test_chooser import BARE_KUBELET, KUBEADM, UBUNTU, foreign

TREE = """
    network:
      ethernets:
        ens33:
          dhcp4: true
          nameservers: {addresses: [9.9.9.9]}
        ens34:
          dhcp4: true
          dhcp6: true
          accept-ra: false
"""
HOST = host(
    file(CLOUD, TREE),
    nic("ens33", lease("10.0.0.5/24"), by="ens33"),
    nic("ens34", lease("10.1.0.5/24"), by="ens34", mac="52:54:00:12:34:57"),
    default("10.0.0.1"),
)
UNIT = file(
    "/usr/lib/systemd/system/systemd-resolved.service",
    "[Install]\nWantedBy=sysinit.target\nAlias=dbus-org.freedesktop.resolve1.service\n",
)
SOCKET = file("/usr/lib/systemd/system/systemd-resolved-varlink.socket", "[Install]\n")
CONFIG = b"# kubeadm\nresolvConf: /run/systemd/resolve/resolv.conf\n"


def pinned(
    *servers: str, facts: DnsFacts = UBUNTU, observed: Observed = HOST, ra: bool = True,
    at_boot: bool = False,
    **options: Value,
) -> Pinning:  # fmt: skip
    tree, _ = load(observed.netplan_files)
    decision = choose(parse(servers or ("10.9.9.9",), **options)[0], facts)
    return pin_changes(decision, facts, observed, tree, Knows(ra, at_boot))


def afterwards(observed: Observed, done: Pinning) -> Observed:
    """The host with all the changes made."""
    images = {**dict(observed.images), **{change.path: change.after for change in done.changes}}
    texts = {one.path: one for one in observed.netplan_files}
    for change in done.changes:
        if change.path.startswith("/etc/netplan/"):
            texts[change.path] = file(change.path, change.after.data.decode())
    return replace(observed, images=tuple(images.items()), netplan_files=tuple(texts.values()))


def text_of(done: Pinning, path: str) -> str:
    return next(change.after.data.decode() for change in done.changes if change.path == path)


def test_resolved_is_told_first_and_resolv_conf_leads_to_it_last() -> None:
    done = pinned("10.9.9.9", "fd77::1", facts=replace(UBUNTU, readers=(BARE_KUBELET,)))
    assert [change.path for change in done.changes] == [OUR_DROP_IN, OUR_FILE, CLOUD, PATH]
    assert done.changes[-1].after == Image(
        Kind.SYMLINK, b"../run/systemd/resolve/resolv.conf", 0o777
    )
    assert done.changes[-1].reason == "uplink: kubelet hands /etc/resolv.conf to pods"
    assert all(change.reason for change in done.changes)


def test_no_link_brings_other_servers() -> None:
    text = text_of(pinned("10.9.9.9", search=["lab.example"]), OUR_FILE)
    assert text.count("use-dns: false") == text.count("use-domains: false") == 4
    tree, _ = load((file(OUR_FILE, text),))
    first, second = (tree.netdef(name) for name in ("ens33", "ens34"))
    assert first is not None
    assert second is not None
    assert [text for text, _ in first.nameservers()] == ["10.9.9.9"]
    assert first.search() == ("lab.example",)
    assert first.body.mapping("ra-overrides").text("use-dns") == "false"
    assert second.nameservers() == ()
    assert second.body.get("ra-overrides") is None
    assert second.body.mapping("dhcp6-overrides").text("use-domains") == "false"


def test_where_netplan_knows_no_ra_overrides_networkd_is_told() -> None:
    done = pinned(ra=False)
    path = "/etc/systemd/network/10-netplan-ens33.network.d/90-hostnet-dns.conf"
    assert b"UseDNS=no" in text_of(done, path).encode()
    assert "ra-overrides" not in text_of(done, OUR_FILE)
    tree, _ = load(HOST.netplan_files)
    assert {change.path for change in done.changes} <= {*touched(tree, UBUNTU), OUR_FILE, CLOUD}


def test_what_netplan_cannot_name_only_resolved_asks() -> None:
    text = text_of(pinned("1.1.1.1#one.one.one.one"), OUR_FILE)
    assert "nameservers" not in text


def test_what_is_so_stays_untouched() -> None:
    for ra in (True, False):
        again = pinned(observed=afterwards(HOST, pinned(ra=ra)), ra=ra)
        assert again.changes == ()


def test_a_link_that_leads_there_already_keeps_its_spelling() -> None:
    assert PATH not in [change.path for change in pinned().changes]


def test_an_image_is_pinned_by_its_definitions() -> None:
    facts = replace(UBUNTU, resolved="enabled", conf=read(file(PATH, "")))
    done = pinned(facts=facts, observed=image(file(CLOUD, TREE)))
    assert text_of(done, OUR_FILE).count("10.9.9.9") == 2
    assert done.changes[-1].after.data == b"../run/systemd/resolve/stub-resolv.conf"


def test_direct_has_its_own_file_and_masks_resolved_with_its_sockets() -> None:
    wants = "/etc/systemd/system/sysinit.target.wants/systemd-resolved.service"
    links = (
        (KUBELET_CONFIG, Image(Kind.FILE, CONFIG, 0o644)),
        (wants, Image(Kind.SYMLINK, UNIT.path.encode(), 0o777)),
        ("/etc/systemd/system/other.service", Image(Kind.SYMLINK, b"/dev/null", 0o777)),
    )
    observed = replace(HOST, images=links)
    facts = replace(UBUNTU, readers=(KUBEADM,), units=(UNIT, SOCKET))
    done = pinned(facts=facts, observed=observed, at_boot=True, mode="direct", repoint_kubelet=True)
    mask = "/etc/systemd/system/systemd-resolved"
    assert [(change.path, change.after.kind.value) for change in done.changes] == [
        (PATH, "file"),
        (KUBELET_CONFIG, "file"),
        (wants, "absent"),
        (f"{mask}.service", "symlink"),
        (f"{mask}-varlink.socket", "symlink"),
        (WAIT_ONLINE, "file"),
    ]
    assert done.changes[0].before == ABSENT
    assert done.changes[1].after.data == b"# kubeadm\nresolvConf: /etc/resolv.conf\n"
    assert {change.after.data for change in done.changes[3:5]} == {b"/dev/null"}
    assert {change.path for change in done.changes} <= {*touched(load(())[0], facts), wants}
    conf = read(file(PATH, text_of(done, PATH)))
    again = replace(facts, conf=conf, resolved="masked", readers=())
    observed = afterwards(observed, done)
    assert pinned(facts=again, observed=observed, at_boot=True, mode="direct") == Pinning()


def test_a_resolved_that_does_not_start_at_boot_does_afterwards() -> None:
    facts = replace(UBUNTU, resolved="disabled", units=(UNIT,))
    made = {c.path: c.after.data for c in pinned(facts=facts, mode="resolved").changes}
    folder = "/etc/systemd/system"
    assert made[f"{folder}/sysinit.target.wants/systemd-resolved.service"] == UNIT.path.encode()
    assert made[f"{folder}/dbus-org.freedesktop.resolve1.service"] == UNIT.path.encode()


def test_a_kubelet_that_cannot_be_repointed_is_a_finding() -> None:
    config = Image(Kind.FILE, b"- no mapping\n", 0o644)
    observed = replace(HOST, images=((KUBELET_CONFIG, config),))
    facts = replace(UBUNTU, readers=(KUBEADM,))
    done = pinned(facts=facts, observed=observed, mode="direct", repoint_kubelet=True)
    assert [finding.rule.id for finding in done.findings] == [OWNER_NOT_EDITABLE.id]


def test_a_debian_host_gets_its_own_file_and_no_service() -> None:
    facts = DnsFacts(foreign("10.0.0.2", owner="dhclient"))
    done = pinned(facts=facts)
    assert [change.path for change in done.changes] == [PATH]
