"""What the packages of any lock file have in common."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents import Value
from analyzers.documents.wording import kind_of
from analyzers.inventory import Package, Problem

_RANKS = ("root", "workspace", "direct", "indirect", "")
_SHOWN = 5


def reference(package: Package) -> str:
    """Return what `Package.depends_on` calls it."""
    return f"{package.name}@{package.version}"


def merged(packages: Iterable[Package]) -> Iterator[Package]:
    """Yield each name and version once, with what all entries of it say.

    It is a development dependency if every entry is, and as close to the project as the closest one.
    """
    entries: dict[tuple[str, str, str], list[Package]] = {}
    for package in packages:
        entries.setdefault((package.kind, package.name, package.version), []).append(package)
    for same in entries.values():
        yield same[0] if len(same) == 1 else _one(same)


def _one(same: Sequence[Package]) -> Package:
    return msgspec.structs.replace(
        same[0],
        dev=all(each.dev for each in same),
        relationship=min((each.relationship for each in same), key=_RANKS.index),
        lines=tuple(sorted({lines for each in same for lines in each.lines})),
        depends_on=tuple(dict.fromkeys(need for each in same for need in each.depends_on)),
        licenses=tuple(dict.fromkeys(name for each in same for name in each.licenses)),
    )


def shown(value: Value) -> str:
    """Return a value for a message; what holds others is its type only, as it may be deep beyond printing."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)[:100] if isinstance(value, str | int | float) else kind_of(value)


def without_version(path: str, names: Sequence[str]) -> Iterator[Problem]:
    """Yield one Problem, if there are any, for all that a file asks for without saying which version."""
    if names:
        some = ", ".join(repr(name[:100]) for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield Problem(path, f"no exact version, so not checked: {some}{more}")
