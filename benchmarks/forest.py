"""A tree of made-up Node.js projects with what npm installed for them, of any number of files."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pool import LANGUAGES

PROJECT_FILES = 1_000
"""Files of one project: 900 of its packages, 97 sources or more, and what says which packages those are."""

_PACKAGES, _NESTED, _DIRECT, _FOR_USE = 100, 10, 25, 20
_OTHERS = 903
"""Files of a project besides its sources."""
_SCRIPT = b"'use strict';\n\n" + b"module.exports = (value) => value === undefined ? null : value;\n" * 30
_TEXT = b"Made up for a benchmark: neither read nor run by anybody.\n" * 20
_FILES: Mapping[str, bytes] = {
    "LICENSE": _TEXT,
    "README.md": _TEXT,
    "index.js": _SCRIPT,
    "index.d.ts": b"declare const each: (value: unknown) => unknown;\nexport = each;\n",
    "tsconfig.json": b'{"compilerOptions": {"strict": true}}\n',
    "lib/one.js": _SCRIPT,
    "lib/other.js": _SCRIPT,
    "dist/bundle.min.js": _SCRIPT,
}
"""What lies beside the package.json of every package."""


@dataclass(frozen=True, slots=True)
class _Installed:
    """A package, and the folder that npm puts it in."""

    name: str
    version: str
    folder: str
    needs: Mapping[str, str]
    is_dev: bool


def grown(work: Path, files: int, projects: int) -> Path:
    """Return a folder with so many files of so many projects; it is made if `work` does not have it.

    The same numbers give the same tree. What more than `PROJECT_FILES` a project has are sources.
    """
    forest = work / f"forest-{files}-{projects}"
    if not forest.exists():
        growing = forest.with_suffix(".growing")
        for number in range(projects):
            for path, content in _project(number, files // projects - _OTHERS):
                _write(growing / f"team{number % 16:02}" / f"service{number:04}" / path, content)
        growing.rename(forest)
    return forest


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _project(number: int, sources: int) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(f"forest {number}")
    installed = _drawn(chance)
    root = _root(number, installed)
    yield "package.json", _json(root)
    entries = {each.folder: _entry(each) for each in installed}
    lock = {"name": root["name"], "version": root["version"], "lockfileVersion": 3, "requires": True}
    yield "package-lock.json", _json({**lock, "packages": {"": root, **entries}})
    yield "node_modules/.package-lock.json", _json({**lock, "packages": entries})
    for each in installed:
        yield f"{each.folder}/package.json", _json(_manifest(each))
        yield from ((f"{each.folder}/{path}", content) for path, content in _FILES.items())
    for source in range(sources):
        yield f"src/part{source % 8}/file{source}.ts", _SCRIPT


def _drawn(chance: random.Random) -> list[_Installed]:
    """Draw a project's packages: each needs the one 25 places on, and ten have an older one of their own."""
    npm = next(each for each in LANGUAGES if each.feed == "npm")
    names = npm.draw(_PACKAGES - _NESTED, chance)
    versions = {name: npm.versions(name) for name in names}
    found: list[_Installed] = []
    for number in range(_PACKAGES):
        name, holder, needed = (names[at % len(names)] for at in (number, number - _DIRECT, number + _DIRECT))
        is_nested = number >= len(names)
        within = f"node_modules/{holder}/" if is_nested else ""
        needs = {needed: "*"} if number + _DIRECT < _PACKAGES else {}
        version = versions[name][0 if is_nested else -1]
        is_dev = number % _DIRECT >= _FOR_USE
        found.append(_Installed(name, version, f"{within}node_modules/{name}", needs, is_dev))
    return found


def _root(number: int, installed: list[_Installed]) -> dict[str, object]:
    asked = installed[:_DIRECT]
    return {
        "name": f"service{number:04}",
        "version": f"1.{number}.0",
        "license": "Apache-2.0",
        "dependencies": {each.name: f"^{each.version}" for each in asked if not each.is_dev},
        "devDependencies": {each.name: f"^{each.version}" for each in asked if each.is_dev},
    }


def _entry(each: _Installed) -> dict[str, object]:
    place = f"https://registry.example/{each.name}/-/{each.name}-{each.version}.tgz"
    entry = {
        "version": each.version,
        "resolved": place,
        "integrity": f"sha512-{'A' * 86}==",
        "license": "MIT",
    }
    return {**entry, **({"dev": True} if each.is_dev else {}), "dependencies": each.needs}


def _manifest(each: _Installed) -> dict[str, object]:
    return {
        "name": each.name,
        "version": each.version,
        "description": "Made up for a benchmark",
        "license": "MIT",
        "main": "index.js",
        "types": "index.d.ts",
        "repository": {"type": "git", "url": f"git+https://git.example/{each.name}.git"},
        "keywords": ["made", "up"],
        "scripts": {"test": "node --test", "build": "tsc --project tsconfig.json"},
        "engines": {"node": ">=18"},
        "dependencies": each.needs,
        "devDependencies": {"typescript": "^5.0.0"},
    }


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, indent=2).encode()
