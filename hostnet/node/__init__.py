"""Node descriptions, pure: what a machine shall be, for one or for thousands of them."""
