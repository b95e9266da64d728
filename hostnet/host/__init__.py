"""The effects: one module for each kind of thing that is done to, or asked of, a host."""
