"""A change of the running host: journalled, performed by a service, undone unless committed."""

LOCK = "/run/hostnet/lock"
"""Held by whoever plans, begins or recovers; one at a time."""
OPEN = "/var/lib/hostnet/open"
"""Is there whenever any change could be open; see `hostnet.transaction.journal`."""
KEEPER = "hostnet-pin.service"
"""It has the lock, too, while it puts a pin of DNS back."""
