"""How a runtime gets to the hosts that images come from, and what is in the way; pure."""
