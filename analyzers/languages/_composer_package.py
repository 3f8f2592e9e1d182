"""Reads one PHP package as composer.lock and installed.json describe it.

Format: https://getcomposer.org/doc/04-schema.md
"""

from collections.abc import Iterator, Sequence

from analyzers.documents import Lines, Value, items, table, text
from analyzers.inventory import Fact, Package, Problem


def read_packages(
    kind: str, entries: Sequence[tuple[Value, tuple[Lines, ...], bool]], path: str
) -> Iterator[Fact]:
    """Yield a Package for each entry, its lines and whether it is for development, or a Problem.

    Dependencies that are no packages (PHP itself, extensions, libraries) are left out, as are those that
    another package provides.
    """
    packages = [(table(entry), lines, is_dev) for entry, lines, is_dev in entries]
    versions = {text(one.get("name")).lower(): text(one.get("version")) for one, _, _ in packages}
    for one, lines, is_dev in packages:
        name, version = text(one.get("name")), text(one.get("version"))
        if not name or not version:
            yield Problem(path, f"{path}: package {name!r} of version {version!r}, expected both")
            continue
        needs = map(str.lower, table(one.get("require")))
        yield Package(
            kind=kind,
            name=name,
            version=version,
            licenses=_licenses(one.get("license")),
            depends_on=tuple(f"{need}@{versions[need]}" for need in needs if versions.get(need)),
            dev=is_dev,
            lines=lines,
        )


def _licenses(value: Value) -> tuple[str, ...]:
    """Return the licences of "MIT" or ["MIT", "GPL-2.0-only"], of which one may be chosen."""
    return tuple(filter(None, map(text, items(value) or [value])))
