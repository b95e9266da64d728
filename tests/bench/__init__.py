"""What users wait for, beside what they wait for with netplan itself: `make bench`."""
