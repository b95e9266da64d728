"""netplan's language beyond shapes: files are read as netplan reads them, and held against rules.

Order matters to netplan, in a file and between files, and it reads a file again where a name stands
above its definition; so `reading` does the same. What a key does to the state is a *take*, what
must hold of it a *check*; each group of them is a module, and `groups` lists them.
"""
