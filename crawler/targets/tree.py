"""Directories and single files of this machine: what is installed there, or what they declare."""

import asyncio
import os
import stat
from collections.abc import Collection
from pathlib import Path

from analyzers.catalogue import Dispatch, catalogue
from analyzers.inventory import View
from analyzers.tree import Skipped
from crawler.engine import Engine
from crawler.errors import ScanError
from crawler.targets.contents import FILES, remember


async def learn_tree(
    engine: Engine,
    path: Path,
    view: View,
    *,
    skipped: Skipped = Skipped(),  # noqa: B008 - frozen
    patterns: Collection[tuple[str, str]] = (),
) -> str:
    """Make the store know what a directory or file holds; return the digest that it is known by.

    Args:
        engine: what scans share.
        path: the directory or file.
        view: what to look for.
        skipped: what to leave out.
        patterns: (analyzer id, regular expression) of paths to give to an analyzer as well.

    Raises:
        LayerError: it cannot be analysed as a whole.
        ScanError: it is a file that nobody reads.
        OSError: there is no such file or directory.
    """
    is_file = await asyncio.to_thread(_check, path)
    versions = engine.versions(view)
    inventory = await engine.pool.analyse_tree(str(path), versions.keys(), skipped, patterns)
    if is_file and not inventory.found and not inventory.problems:
        raise ScanError(f"{path}: nothing is read from files of this name: expected {_expected(versions)}")
    return await remember(engine.store, FILES, inventory, versions)


def _expected(analyzers: Collection[str]) -> str:
    if all(each.startswith("misconfig/") for each in analyzers):
        return "a Dockerfile, a manifest or a template; --file-patterns adds names"
    return "one that lists packages"


def _check(path: Path) -> bool:
    """Return whether there is a file, not a directory. Raises OSError: there is neither, or no permission."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise OSError(f"{path!s:.500}: {(error.strerror or str(error)).lower()}") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(f"{path}: expected a directory or a regular file")
    if not os.access(path, os.R_OK):
        raise OSError(f"{path}: permission denied")
    return stat.S_ISREG(mode)


def analyzers_of(types: Collection[str], view: View) -> dict[str, list[str]]:
    """Return the ids of the analyzers of a view for each type, by their packages' kind or their own name.

    Raises:
        ValueError: nobody reads that type.
    """
    found: dict[str, list[str]] = {}
    for analyzer in Dispatch(catalogue()).of_view(view).analyzers:
        for name in {analyzer.id.rpartition("/")[2], *(kind.name for kind in analyzer.kinds)}:
            found.setdefault(name, []).append(analyzer.id)
    if unknown := sorted({*types} - found.keys()):
        raise ValueError(f"type {unknown[0]!r}: expected one of {', '.join(sorted(found))}")
    return {name: found[name] for name in types}
