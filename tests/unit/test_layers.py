"""The shape of the package: who may import whom, and where effects may happen.

long because the layers are one list, and each rule stands beside why it is there.
A failure says which line breaks which rule and why the rule is there. To add a module, place it
in LAYERS: below everything it needs, and above the effects line if it only computes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ROOT, sources

pytestmark = pytest.mark.checkout

EFFECTS_LINE = "---- effects line"
LIBRARY = "(hostnet/__init__.py)"

LAYERS = (
    "value",
    "schema_files",
    "model",
    "findings",
    "errors",
    "telling",
    "templates",
    "netplan",
    "cloudinit",
    "kubernetes",
    "dns",
    "ledger",
    "request",
    "owner",
    "node",
    "change",
    "networkfile",
    "protection",
    "suitability",
    "complete",
    "checks",
    "probes",
    "verification",
    "ops",
    "demands",
    "expectations",
    "own",
    "draft",
    "plan",
    "unitfiles",
    "pinned",
    "pinning",
    "laying",
    "steps",
    "pinsteps",
    "tampering",
    "comparing",
    "diff",
    "nodepin",
    "seed",
    "result",
    "applied",
    "host_status",
    "container_status",
    "chain",
    "pulls",
    "verdict",
    "judgement",
    "report",
    EFFECTS_LINE,
    "host",
    "transaction",
    "looking",
    "recovery",
    "pinground",
    "pinbeside",
    "planning",
    "preflight",
    "confirmation",
    "walk",
    "pins",
    "guarding",
    "operations",
    "containers",
    "nodeplan",
    "nodes",
    "initial",
    "site",
    "seeding",
    "inspection",
    "bulk",
    "validation",
    "overview",
    "resolution",
    "reaching",
    LIBRARY,  # exports the library, so it stands above everything but the command line
    "cli",
    "__main__",
)
"""Modules and packages of hostnet; each imports only from those before it, and from itself."""

EFFECTS = {
    *("os", "io", "shutil", "tempfile", "glob", "fcntl", "signal", "select", "selectors"),
    *("subprocess", "multiprocessing", "threading", "pty", "ctypes"),
    *("socket", "ssl", "http", "urllib", "asyncio", "dbus_next", "click", "time", "random"),
    *("secrets", "logging", "importlib", "pkgutil"),
    *("pathlib.Path", "pathlib.PosixPath"),
}
"""What nothing above the effects line imports. Pure paths are values; Path opens files."""

EFFECT_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint"}

PURE_EXCEPTIONS = {"templates": {"pkgutil"}, "schema_files": {"importlib"}}
"""Templates and schemas are package data: part of the program, though they are files."""

ONLY_IN = {
    "subprocess": ("hostnet/host/command.py", "one place decides on deadlines, locale, errors"),
    "yaml": ("hostnet/netplan/events.py", "one parser decides what is YAML"),
    "ruamel": ("hostnet/netplan/events.py", "one parser decides what is YAML"),
    "dbus_next": ("hostnet/host/bus.py", "it is unmaintained; its fork then replaces one file"),
    "click": ("hostnet/cli/", "the library must be usable without a terminal"),
    "tomllib": ("hostnet/kubernetes/tables.py", "Python 3.10 calls it tomli"),
    "tomli": ("hostnet/kubernetes/tables.py", "newer Pythons have it as tomllib"),
    "dns": ("hostnet/host/queries.py", "the start of a command must not pay for it"),
    "jinja2": ("hostnet/templates/", "what hostnet writes is readable in one folder"),
}
"""Imports that have one home, and why."""

OTHER_SHELLS = {"system", "popen", "spawn", "posix_spawn", "create_subprocess"}
"""Beginnings of names in os and asyncio that start programs as well."""

LONGEST = 300


class Import:
    """One name that a module imports, wherever in the module it does."""

    def __init__(self, path: Path, line: int, name: str) -> None:
        self.name = name
        self.where = f"{path}:{line}"
        self.importer = _layer_of(path.with_suffix("").parts)

    def is_of(self, module: str) -> bool:
        return f"{self.name}.".startswith(f"{module}.")


def _layer_of(parts: tuple[str, ...]) -> str:
    """Name the layer of hostnet.LAYER.anything; the bare package is the library."""
    return LIBRARY if len(parts) < 2 or parts[1] == "__init__" else parts[1]


def _imports(path: Path, tree: ast.Module) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                # `import hostnet` alone takes what is then reached through that name
                taken = _attributes(tree, "hostnet") if alias.name == "hostnet" else {""}
                for name in sorted(taken):
                    yield Import(path, node.lineno, f"{alias.name}.{name}".rstrip("."))
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".") if node.module else []
            if node.level:
                module = [*path.parts[: len(path.parts) - node.level], *module]
            for alias in node.names:
                yield Import(path, node.lineno, ".".join((*module, alias.name)))


def _attributes(tree: ast.Module, name: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }


def _all_imports() -> Iterator[Import]:
    for path, tree in sources("hostnet").items():
        yield from _imports(path, tree)


def _own(imported: Import) -> str | None:
    """Return the layer an import takes from, or None if it takes nothing of hostnet's code."""
    parts = tuple(imported.name.split("."))
    if parts[0] != "hostnet" or parts[1:] in (("__version__",), ("__file__",)):
        return None
    if len(parts) > 1 and not _is_module(parts[1]):
        return LIBRARY  # a name that the library exports
    return _layer_of(parts)


def _is_module(name: str) -> bool:
    return (ROOT / "hostnet" / name).is_dir() or (ROOT / "hostnet" / f"{name}.py").is_file()


def _is_pure(layer: str) -> bool:
    return LAYERS.index(layer) < LAYERS.index(EFFECTS_LINE)


def _report(faults: list[str], why: str) -> None:
    if faults:
        pytest.fail("\n".join((*faults, f"why: {why}")), pytrace=False)


def test_every_module_has_its_place() -> None:
    faults = [
        f"{path}: place {layer!r} in LAYERS of {Path(__file__).name}"
        for path in sources("hostnet")
        if (layer := _layer_of(path.with_suffix("").parts)) not in LAYERS
    ]
    _report(faults, "a module without a place could import anything")


def test_imports_go_one_way() -> None:
    faults = [
        f"{each.where}: {each.importer} imports {each.name}, which stands below it"
        for each in _all_imports()
        if (taken := _own(each)) is not None
        and taken != each.importer
        and {taken, each.importer} <= set(LAYERS)
        and LAYERS.index(taken) > LAYERS.index(each.importer)
    ]
    _report(faults, "a layer can be read, tested and replaced knowing only what is above it")


def test_nothing_pure_imports_effects() -> None:
    faults = [
        f"{each.where}: {each.importer} imports {each.name}"
        for each in _all_imports()
        if each.importer in LAYERS
        and _is_pure(each.importer)
        and any(map(each.is_of, EFFECTS - PURE_EXCEPTIONS.get(each.importer, set())))
    ]
    faults += [
        f"{each.where}: {each.importer} imports the whole of pathlib; take PurePosixPath from it"
        for each in _all_imports()
        if each.name == "pathlib" and each.importer in LAYERS and _is_pure(each.importer)
    ]
    _report(faults, "a plan is data: what computes it must not be able to touch the host")


def test_nothing_pure_calls_effects() -> None:
    faults = [
        f"{path}:{node.lineno}: {node.func.id}()"
        for path, tree in sources("hostnet").items()
        if (layer := _layer_of(path.with_suffix("").parts)) in LAYERS and _is_pure(layer)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in EFFECT_CALLS
    ]
    _report(faults, "a plan is data: what computes it must not be able to touch the host")


@pytest.mark.parametrize("module", ONLY_IN)
def test_one_home(module: str) -> None:
    home, why = ONLY_IN[module]
    faults = [
        f"{each.where}: imports {each.name}; only {home} may"
        for each in _all_imports()
        if each.is_of(module) and not each.where.startswith(home)
    ]
    _report(faults, why)


def test_no_program_is_started_by_the_back_door() -> None:
    faults = [
        f"{path}:{node.lineno}: {node.value.id}.{node.attr}"
        for path, tree in sources("hostnet").items()
        if not path.as_posix().startswith(ONLY_IN["subprocess"][0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("os", "asyncio")
        and node.attr.startswith(tuple(OTHER_SHELLS))
    ]
    _report(faults, ONLY_IN["subprocess"][1])


def test_long_files_say_why() -> None:
    faults = [
        f"{path}: {lines} lines, and no 'long because' in the first lines of its docstring"
        for path, tree in sources("hostnet", "tests").items()
        if (lines := len((ROOT / path).read_bytes().splitlines())) > LONGEST
        and "long because" not in " ".join((ast.get_docstring(tree) or "").split()[:80])
    ]
    _report(faults, f"over {LONGEST} lines a file usually holds two ideas")


def test_no_module_is_a_drawer() -> None:
    drawers = {"util", "utils", "helper", "helpers", "common", "misc"}
    files = sources("hostnet", "tests")
    faults = [f"{path}" for path in files if drawers & {*path.parts, path.stem}]
    _report(faults, "a name that says nothing collects everything")


def test_no_except_catches_everything() -> None:
    faults = [
        f"{path}:{node.lineno}: catches {', '.join(_caught(node)) or 'everything'}"
        for path, tree in sources("hostnet", "tests").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or "Exception" in _caught(node)
            or ("BaseException" in _caught(node) and not _raises_again(node))
        )
    ]
    _report(faults, "it hides bugs; a clean-up that must see all re-raises a BaseException")


def _caught(handler: ast.ExceptHandler) -> list[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [kind.id for kind in kinds if isinstance(kind, ast.Name)]


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_no_mocks() -> None:
    faults = []
    for path, tree in sources("hostnet", "tests").items():
        faults += [
            f"{each.where}: imports {each.name}"
            for each in _imports(path, tree)
            if each.is_of("unittest.mock") or each.is_of("mock") or each.is_of("pytest_mock")
        ]
        faults += [
            f"{path}:{node.lineno}: monkeypatch.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "monkeypatch"
            and node.attr not in ("setenv", "delenv", "chdir", "syspath_prepend", "context")
        ]
    _report(faults, "a mock repeats what we believe; a small real program shows what is so")
