"""Whether pinned DNS stays, whoever changes it: `make matrix-dns`.

Rows are what is done to the host, columns the two modes of a pin, and each cell is a freshly
booted node with a pin, whose kubelet hands a file on to pods.

One concept a file: `rows` lists what is done, `strangers` does it; `watcher` looks meanwhile from
inside the host, `watching` runs it and tells from what it saw when which fault was there; `cell`
lets one happen, `fight` is the one that is to end otherwise, `results` remembers and has the bar,
`table` prints.
"""
