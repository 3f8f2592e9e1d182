"""Go modules that are linked into a program, with the standard library that its toolchain brought.

Formats: https://pkg.go.dev/debug/buildinfo, https://pkg.go.dev/runtime/debug#BuildInfo (the lines)
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.binaries._executable import ELF_MAGIC, FAT_MAGIC, MACHO_MAGICS, PE_MAGIC
from analyzers.binaries._go_buildinfo import parse_build_info
from analyzers.binaries._go_version import semantic
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem

_DEVEL = "(devel)"
_TOOLCHAIN = frozenset({"std", "cmd"})
_VERSION_VARIABLE = re.compile(
    r"(?:app|build|cli|git|main|program|release|sem)?_?ver(?:sion)?", re.IGNORECASE
)
_VERSION_VALUE = re.compile(r"v?(\d+\.\d+(?:\.\d+)?(?:[-+][0-9A-Za-z.+-]+)?)")
_SETTING = re.compile(r"-X[ =]\s*(\S+?)=(\S+)")
_PACKER = b"UPX!"
_PACKER_BYTES = 1024


class _Module(NamedTuple):
    name: str
    version: str


def parse(file: File) -> Iterator[Fact]:
    """Yield the standard library, the main module and every module linked into a Go program.

    The standard library is called "stdlib" and has a semantic version without "v", as in the Go
    vulnerability database: "go1.22" is 1.22.0, "go1.23rc1" is 1.23.0-rc.1. A version that the
    program does not tell is empty: of a toolchain or main module built from a working copy
    (unless -ldflags set a version variable), of a module replaced by a local folder.
    Other executables yield nothing, unless they are packed: then what they are is a Problem.

    Raises:
        ParseError: the executable's headers or its build information are broken.
    """
    info = parse_build_info(file.data)
    if info is None:
        if _PACKER in file.data[:_PACKER_BYTES]:
            yield Problem(
                path=file.path, reason="executable packed by UPX: what is linked into it is not known"
            )
        return
    main, modules = _modules(info.modules)
    if not info.modules:
        yield Problem(
            path=file.path, reason="Go program built without modules: its dependencies are not known"
        )
    yield Package(kind="gobinary", name="stdlib", version=semantic(info.go_version))
    if main and main.name not in _TOOLCHAIN:
        version = main.version or _linked_version(main.name, info.modules)
        needs = ("stdlib", *(module.name for module in modules))
        yield Package(kind="gobinary", name=main.name, version=version, depends_on=needs)
    for module in modules:
        yield Package(kind="gobinary", name=module.name, version=module.version)


def _modules(text: str) -> tuple[_Module | None, list[_Module]]:
    """Return the main module and the dependencies, each as replaced by the "=>" line after it."""
    found: list[tuple[str, _Module]] = []
    for line in text.split("\n"):
        kind, name, version = [*line.split("\t"), "", "", ""][:3]
        if kind in ("mod", "dep") and name:
            found.append((kind, _Module(name, "" if version == _DEVEL else version)))
        elif kind == "=>" and found:
            found[-1] = (found[-1][0], _replacement(found[-1][1], name, version))
    main = next((module for kind, module in found if kind == "mod"), None)
    return main, list(dict.fromkeys(module for kind, module in found if kind == "dep"))


def _replacement(module: _Module, name: str, version: str) -> _Module:
    """Follow a replacement; a local folder has no version, and its code need not be the module's own."""
    is_folder = not name or name.startswith(("/", ".")) or "\\" in name or not version
    return _Module(module.name, "") if is_folder else _Module(name, version)


def _linked_version(module: str, text: str) -> str:
    """Return the version that `-ldflags "-X main.version=1.2.3"` wrote into the main module's own packages.

    Versions that contradict each other are none.
    """
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for variable, value in _SETTING.findall(_flags(text)):
        package, _, name = variable.strip("'\"").rpartition(".")
        version = _VERSION_VALUE.fullmatch(value.strip("'\""))
        if (
            version
            and _VERSION_VARIABLE.fullmatch(name)
            and f"{package}/".startswith((f"{module}/", "main/"))
        ):
            found[package == "main"].add(f"v{version[1]}")
    versions = found[True] or found[False]
    return versions.pop() if len(versions) == 1 else ""


def _flags(text: str) -> str:
    """Return the value of the build setting -ldflags, which Go quotes when it has spaces."""
    for line in text.split("\n"):
        value = line.removeprefix("build\t-ldflags=")
        if value != line:
            return _unquote(value)
    return ""


def _unquote(value: str) -> str:
    if value.startswith("`"):
        return value.strip("`")
    return value[1:-1].replace('\\"', '"') if value.startswith('"') else value


ANALYZER = Analyzer(
    id="binaries/go",
    version=1,
    kinds=(Kind(name="gobinary", purl_type="golang", ecosystem="Go"),),
    magic=(ELF_MAGIC, PE_MAGIC, *MACHO_MAGICS, FAT_MAGIC),
    parse=parse,
)
