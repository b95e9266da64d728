"""A laboratory of really booted hosts: Debian suites in systemd-nspawn behind a router of our own.

Everything happens inside network namespaces, mounts and control groups that carry the test
process's identity in their names; nothing is ever sent to another machine, and nothing outlives
the run (see `tests.lab.cleanup`).

One concept a file: `machine` describes a host, `fixtures` holds ready descriptions, `images`
builds the trees, `strangers` is what a host can install later, `disk` forgets what was not synced,
`router` is the network, `names` its nameservers, `host` boots and operates, `events` records what
a host does, `lookups` what its programs are answered, `wheel` installs the program under test,
`cleanup` owns what must go away, `plugin` is for pytest.
"""

MACHINE_PACKAGES = (
    "debian-archive-keyring",
    "dnsmasq-base",
    "e2fsprogs",
    "iproute2",
    "iputils-ping",
    "mmdebstrap",
    "systemd-container",
)
"""Debian packages this laboratory needs on the machine that runs it."""

SUITES = ("bookworm", "trixie", "sid")
"""What the hosts run: oldest, middle and newest systemd and netplan that can be had."""
