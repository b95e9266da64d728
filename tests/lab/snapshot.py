"""The program that looks at files inside a host, for `Host.snapshot`."""

PROGRAM = """
import json, os, stat, sys
def walk(path):
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    kind, data = "other", b""
    if stat.S_ISLNK(found.st_mode):
        kind, data = "symlink", os.fsencode(os.readlink(path))
    elif stat.S_ISREG(found.st_mode):
        kind, data = "file", open(path, "rb").read()
    elif stat.S_ISDIR(found.st_mode):
        kind = "folder"
    mode = stat.S_IMODE(found.st_mode)
    yield path, kind, mode, found.st_uid, found.st_gid, data.hex(), found.st_mtime_ns
    if kind == "folder":
        for name in sorted(os.listdir(path)):
            yield from walk(os.path.join(path, name))
print(json.dumps([entry for path in sys.argv[1:] for entry in walk(path)]))
"""
