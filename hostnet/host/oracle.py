"""netplan itself as the judge: its C core, run on a copy of the files in a scratch root.

What the three generations of the core (0.106, 1.1.2 and 1.2.2, measured) need and do:

- Nothing but the files: the core makes every directory it writes to, and works for users
  who are not root (its output belongs to them, where it would be root:systemd-network).
- 1.2 has ``configure`` beside ``generate``, and ``generate`` is then the boot generator:
  without systemd's three directories it aborts (``assertion failed: generator_dir``),
  with them it lets errors pass. So ``configure`` comes first in `locate`.
- Exit 0: accepted, with or without warnings. Exit 1: refused, with the first error only.
  SIGABRT or SIGSEGV: a crash, with glib's ``ERROR:FILE:LINE:FUNCTION: text`` or nothing.
- The root is given as ``.``: an absolute one would be a pattern for glob(3), and with a
  bracket in the name of the temporary folder all three find no file and accept it all.
- Before 1.2 ``generate`` asks ``systemctl is-system-running``, *even with a root*, and in a
  booting system starts networkd. The environment keeps systemctl from reaching a manager.
  0.106 also runs ``udevadm control --reload`` where SR-IOV is configured, which makes udevd
  read its own unchanged rules again; nothing keeps it from that.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hostnet.errors import Unsuitable
from hostnet.findings import NETPLAN_REFUSED, Finding
from hostnet.host.command import command_line, printable, run, signal_name
from hostnet.model import Netplan, Position
from hostnet.value import Value, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hostnet.host.files import Files
    from hostnet.netplan.releases import Release

CORES = (
    "/usr/libexec/netplan/configure",  # 1.2
    "/usr/libexec/netplan/generate",  # 0.106 to 1.1
    "/usr/lib/netplan/generate",  # 0.104 (Ubuntu 22.04 at its release)
    "/lib/netplan/generate",  # the same without a merged /usr
)
_PACKAGE_SINCE_1_0 = "/usr/share/netplan/netplan_cli"
_COMMANDS = ("/usr/sbin/netplan", "/sbin/netplan", "/usr/bin/netplan")

SECONDS = 20.0
"""Deadline of one verdict, which takes 0.02 s, on a host that is busy or swapping."""
SCRATCH = "/run/hostnet"
_GENERATED = "run/systemd/network"
OUT_OF_REACH = {
    # With a manager that is out of reach, is-system-running cannot say "initializing" ...
    "SYSTEMCTL_FORCE_BUS": "1",
    "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent",
    # ... and `systemctl start` does nothing, as in a chroot.
    "SYSTEMD_OFFLINE": "1",
}

_RA_OVERRIDES = b"""\
network:
  version: 2
  ethernets:
    probe0:
      ra-overrides: {use-dns: false, use-domains: false}
"""

# Texts, which re compiles when they are used: most files give netplan nothing to say.
_LOG = r"(?:\*\* )?\([^)]*:\d+\): (?:\S+-)?[A-Z]+[A-Za-z]* \*\*: (?:\d\d:\d\d:\d\d\.\d+: )?(.*)"
_ROOT = r"(?<!\S)\.(?=/)"
_PLACE = r":(\d+):(\d+): (.*)"
_DEFINITION = "Error in network definition: "
_TUNNEL_KEY = r"(invalid tunnel key ').*'"
_CRASHES = (
    "Known causes: a default route without `via`, an empty mapping among the addresses, a "
    "WireGuard tunnel without a key, a bridge path-cost beyond 32 bits, gateway4 in two files."
)


class Verdict(Value):
    """What netplan says of the files.

    ``warnings`` are its own sentences. ``network_files`` are the .network and .link files
    that the next boot would have (name and content); .netdev files hold the keys of
    tunnels and stay out. There are none if it refuses.
    """

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    network_files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)

    @property
    def accepted(self) -> bool:
        """Whether netplan takes the configuration."""
        return not self.findings


def locate(files: Files | None = None) -> Netplan | None:
    """The netplan of this machine; None without one.

    ``files`` is a root that is open already. The netplan below another root than the machine's
    may be of another release or processor and is not run: this machine's judges its files.
    """
    if files is None or not files.is_host:
        from hostnet.host.files import Files

        with Files() as machine:
            return locate(machine)
    core = next((path for path in CORES if files.executable(path)), None)
    if core is None:
        return None
    return Netplan(core, next((path for path in _COMMANDS if files.executable(path)), None))


def release_of(files: Files) -> Release | None:
    """The release of netplan whose files lie below the root; None without netplan."""
    if files.executable(CORES[0]):
        return "1.2"
    if not any(files.executable(core) for core in CORES[1:]):
        return None
    # 1.0 moved the command's own package.
    return "1.1" if files.exists(_PACKAGE_SINCE_1_0) else "0.106"


def prove(
    core: str, files: Mapping[str, bytes], *, scratch: str = SCRATCH, seconds: float = SECONDS
) -> Verdict:
    """Let netplan judge these files (logical path and content), and nothing else.

    The scratch root is private, below ``scratch`` (in memory) if we are root, else where
    temporary files go, and gone afterwards. The core has ``seconds`` for its verdict.
    Raises CommandError: the core is not there or does not end; Unsuitable: no room for it.
    """
    try:
        with _scratch_root(scratch) as root:
            for path, data in files.items():
                _write(root, path, data)
            return _judge(core, root, files, seconds)
    except OSError as error:
        raise Unsuitable("netplan cannot be asked for its verdict", str(error)) from None


def knows_ra_overrides(core: str, *, scratch: str = SCRATCH) -> bool:
    """Whether this netplan knows the key; 0.106 does not, 1.1 does. Raises as `prove` does."""
    return prove(core, {"/etc/netplan/a.yaml": _RA_OVERRIDES}, scratch=scratch).accepted


def _judge(core: str, root: str, files: Mapping[str, bytes], seconds: float) -> Verdict:
    argv = (core, "--root-dir", ".")
    done = run(argv, timeout=seconds, accept=None, env=OUT_OF_REACH, cwd=root)
    warnings, rest = _split(done.stderr)
    if done.returncode == 0:
        return Verdict((), warnings, _network_files(root))
    if done.returncode < 0:
        finding = _crash(-done.returncode, rest)
    else:
        finding = _refusal(rest, files) or Finding(
            NETPLAN_REFUSED, f"`{command_line(argv)}` exited with status {done.returncode}"
        )
    return Verdict((finding,), warnings)


# --- what netplan says -------------------------------------------------------------------


def _split(stderr: str) -> tuple[tuple[str, ...], list[str]]:
    """The warnings, each one line, and all other lines.

    A warning is a line of glib's log and those after it up to an empty one.
    """
    warnings: list[list[str]] = []
    rest = []
    is_warning = False
    for line in stderr.split("\n"):
        if not line:
            is_warning = False
        elif logged := re.fullmatch(_LOG, line):
            warnings.append([logged[1]])
            is_warning = True
        elif is_warning and not _is_error(line):
            warnings[-1].append(line)
        else:
            is_warning = False
            rest.append(line)
    texts = (printable(" ".join(lines)) for lines in warnings)
    # Each file here has mode 0600; the mode of the real one is a finding of its own.
    kept = (text for text in texts if not text.startswith("Permissions for "))
    return tuple(dict.fromkeys(re.sub(_ROOT, "", text) for text in kept)), rest


def _is_error(line: str) -> bool:
    return line.startswith(("./", "ERROR:", "**"))


def _refusal(lines: Sequence[str], files: Mapping[str, bytes]) -> Finding | None:
    """The first error. What follows it, the quoted line of the file, may hold a secret."""
    for line in lines:
        # The longest first: one path may begin with another.
        for path in sorted(files, key=len, reverse=True):
            if line.startswith(f".{path}:"):
                return _in_file(path, line[len(path) + 1 :])
    text = next((line for line in lines if line.strip()), None)
    return Finding(NETPLAN_REFUSED, _message(text.removeprefix("ERROR: "))) if text else None


def _in_file(path: str, text: str) -> Finding:
    """``:5:14: text`` or, for what netplan finds when all is read, ``: text``."""
    if placed := re.match(_PLACE, text):
        position = Position(path, int(placed[1]), int(placed[2]))
        return Finding(NETPLAN_REFUSED, _message(placed[3]), position)
    return Finding(NETPLAN_REFUSED, _message(text.removeprefix(": ")), Position(path, 1, 1))


def _message(text: str) -> str:
    plain = printable(text).strip().removeprefix(_DEFINITION)
    # The one message with a secret: the key of a tunnel whose mode is not wireguard, or
    # stands below the key.
    return re.sub(_TUNNEL_KEY, r"\1***'", plain).rstrip(":")


def _crash(number: int, lines: Sequence[str]) -> Finding:
    how = signal_name(number)
    if told := next((line for line in lines if line.startswith("ERROR:")), None):
        how += f": {printable(told).removeprefix('ERROR:').removeprefix('../src/')}"
    message = f"netplan itself crashes on this configuration ({how})"
    return Finding(NETPLAN_REFUSED, message, remedy=_CRASHES)


# --- the scratch root --------------------------------------------------------------------


@contextmanager
def _scratch_root(folder: str) -> Iterator[str]:
    root = _fresh(folder)
    try:
        yield root
    finally:
        _remove(root)


def _fresh(folder: str) -> str:
    """A new folder, 0700: in this one if we are root, else where temporary files go."""
    if os.geteuid() == 0 and _is_private(folder):
        root = f"{folder}/oracle-{os.urandom(8).hex()}"
        os.mkdir(root, 0o700)
        return root
    from tempfile import mkdtemp

    return mkdtemp(prefix="hostnet-oracle-", dir=os.environ.get("TMPDIR"))


def _is_private(folder: str) -> bool:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError:  # no /run, or a read-only one
        return False
    status = os.lstat(folder)
    # 040700: a directory, not a symlink, and ours alone
    return status.st_mode == 0o40700 and status.st_uid == 0 and os.access(folder, os.W_OK)


def _write(root: str, path: str, data: bytes) -> None:
    if not path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"not a logical path: {path!r}")
    target = root + path
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)


def _network_files(root: str) -> tuple[tuple[str, bytes], ...]:
    folder = f"{root}/{_GENERATED}"
    if not os.path.isdir(folder):
        return ()
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith((".network", ".link")):
            with open(f"{folder}/{name}", "rb") as file:
                found.append((name, file.read()))
    return tuple(found)


def _remove(root: str) -> None:
    """Remove the tree; symlinks in it (netplan makes some) are not followed."""
    for folder, folders, names in os.walk(root, topdown=False):
        for name in names:
            os.unlink(f"{folder}/{name}")
        for name in folders:
            path = f"{folder}/{name}"
            if os.path.islink(path):
                os.unlink(path)
            else:
                os.rmdir(path)
    os.rmdir(root)
