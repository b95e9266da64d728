"""Every time constant of a transaction, argued in one place. All are seconds."""

APPLY = 60.0
"""For one `netplan apply`: measured 0.5-0.9 s; udev alone may settle for 30 s on a busy
machine, and one that takes a minute is not coming back."""

RESTART = 20.0
"""For networkd to start anew: measured 0.1 s. It tells systemd once it has listed all links;
one that does not within 20 s will not, and its own limit is 90 s."""

SERVICE = 20.0
"""For a service to stop, or to run with its files read anew: resolved takes 0.02-0.15 s, a
kubelet a second; one that takes longer is stuck, as networkd is (see RESTART)."""

VERIFY = 10.0
"""Until the kernel, networkd and resolved show a configuration: a static one was measured
below 1.5 s; duplicate address detection of IPv6 takes up to 2 s (RFC 4862), a slow link some
seconds to get its carrier, and an advertised route is asked for after 1 and 5 s (RFC 7559)."""

VERIFY_UNDONE = 25.0
"""After an undo the old address may have to be leased anew: DHCP tries at 0, 2-4 and
6-12 s (RFC 2131 section 4.1), and a switch port may learn for a while."""

BASELINE = 2.0
"""For what is asked before a change: a live neighbour or nameserver answers in milliseconds;
a dead one is asked twice and costs the operator this wait."""

DEMAND = 5.0
"""Until all that must answer over the new path has: a switch port may relearn, a nameserver
that has just lost its cache asks the root (1-2 s), a lost packet is sent again. With it a
change that leads nowhere is undone some 8 s after its first effect."""

KEEPERS_WORK = 5.0
"""While a pin's keeper puts it back, which takes half a second and rarely two, others wait
for its lock instead of being sent away."""

POLL = 0.05
"""Between two observations while waiting: one costs 5 ms."""

WINDOW = (10.0, 3600.0)
"""What ``--confirm`` takes: a new SSH connection and a command need some seconds; and a
trial that nobody has confirmed in an hour has been forgotten."""

ALIVE = 10.0
"""A service that waits and is silent for so long is killed, and undone: it looks at its
journal every POLL."""

LIMIT = RESTART + VERIFY + 2 * (APPLY + VERIFY + RESTART + DEMAND) + 2 * SERVICE + 10
"""What a whole transaction may take; then the service manager stops it, and its undo
runs."""

UNDO_LIMIT = RESTART + 2 * SERVICE + 2 * (APPLY + VERIFY_UNDONE + RESTART) + 15
"""What the undo may take before the service manager gives it up."""

START = 30.0
"""Until systemd has started the service: measured 10 ms; a busy machine takes its time."""
