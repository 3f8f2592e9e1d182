"""How lock files of Node.js projects name packages and the places they lie in."""

from collections.abc import Iterator

_DEEPEST = 50  # folders in each other, above which nothing is looked for
_ALIAS = "npm:"


def split_spec(spec: str) -> tuple[str, str]:
    """Split "@scope/name@^1.0" into "@scope/name" and "^1.0"; no range gives ""."""
    name, _, wanted = spec[1:].partition("@")
    return spec[:1] + name, wanted


def alias_of(name: str, version: str) -> tuple[str, str]:
    """Return what "npm:left-pad@1.3.0" stands for; any other version is the name's own."""
    if not version.startswith(_ALIAS):
        return name, version
    rest = version.removeprefix(_ALIAS)
    real, wanted = split_spec(rest)
    return (real, wanted) if wanted else (name, rest)


def is_installed(path: str) -> bool:
    """Tell whether a file came with a package: what that one's authors develop it with, nobody installs."""
    return "/node_modules/" in f"/{path}"


def climb(folder: str, name: str) -> Iterator[str]:
    """Yield where `name` may lie: in the folder itself, then in each package's above it."""
    for _ in range(_DEEPEST):
        yield f"{folder}/{name}" if folder else name
        if not folder:
            return
        folder = folder.rpartition("/")[0]
        if folder.startswith("@", folder.rfind("/") + 1):  # a scope is no folder of a package
            folder = folder.rpartition("/")[0]
