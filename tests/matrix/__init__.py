"""Whose objects outlive a change of the host's address: `make matrix-cni`.

Rows are those who put objects into a node's kernel: CNIs, Docker, keepalived. Columns are what is
done to the host, by hostnet, by hand, and for comparison by netplan alone. Each cell is a freshly
booted host.

One concept a file: `scripts` makes objects by `ip` as programs leave them that cannot run here,
`programs` runs those that can, `rows` lists both; `columns` is what is done; `dump` is what the
verdict comes from, `observer` listens for absences meanwhile, `pings` asks from inside the pods;
`cell` lets one happen, `results` remembers, `table` prints.
"""
