"""resolv.conf and resolved.conf as values, and who owns them, pure."""
