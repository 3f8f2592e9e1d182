"""The program that evaluates Terraform's modules in a process of its own.

The library is written in Go: what it cannot cope with ends the process, and its memory is not given back.
Reads a JSON list of (directory, names of files with variables, directories of modules that it reaches),
writes one line of JSON for each. Files that cannot be read are removed, so that the others can be.
"""

import json
import posixpath
import re
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

_MEMORY_BYTES = 4 * 1024**3
_CPU_S = 20
_PLACE = re.compile(r"(?:^|[\s:])([^\s:/]+\.(?:tf|tfvars)(?:\.json)?):(\d+)(?:,[\d-]+)*: (.*)", re.DOTALL)

_Value = dict[str, Any]
Job = tuple[str, list[str], list[str]]
Broken = tuple[str, str]
"""A file, or a directory when it is not known which file, and what is wrong with it."""


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(jobs: Iterable[Job], say: Callable[[str], object]) -> None:
    """Say what each directory evaluates to, a line each: {"value": {…}, "broken": [[path, reason], …]}.

    The value is null where a directory could not be evaluated.
    """
    for directory, variables, modules in jobs:
        broken: list[Broken] = []
        value = _value(directory, variables, modules, broken)
        say(json.dumps({"value": value, "broken": broken}) + "\n")


def _value(directory: str, variables: list[str], modules: list[str], broken: list[Broken]) -> _Value | None:
    value = _loaded(directory, variables, broken)
    if value is None:
        return None
    read = {posixpath.normpath(posixpath.join(directory, each, "..")) for each in _files(value)}
    known = len(broken)
    # A module with a broken file is left out as a whole, without a word.
    for each in modules:
        if posixpath.normpath(each) not in read:
            _loaded(each, [], broken)
    return _loaded(directory, variables, broken) if len(broken) > known else value


def _files(value: _Value) -> Iterator[str]:
    for blocks in value.values():
        for each in blocks if isinstance(blocks, list) else ():
            yield str(each.get("__tfmeta", {}).get("filename", ""))


def _loaded(directory: str, variables: list[str], broken: list[Broken]) -> _Value | None:
    """Return what a directory evaluates to without its broken files, which are removed."""
    import tfparse  # noqa: PLC0415 - an extra

    while True:
        there = [each for each in variables if Path(directory, each).exists()]
        try:
            found: _Value = tfparse.load_from_path(directory, stop_on_hcl_error=True, vars_paths=there)
        except (tfparse.ParseError, ValueError, RecursionError) as error:
            place = _PLACE.search(str(error))
            file = Path(directory, place[1]) if place else None
            if place is None or file is None or not file.is_file():
                broken.append((directory, str(error)))
                return None
            file.unlink()
            broken.append((str(file), f"line {place[2]}: {place[3]}"))
        else:
            return found


if __name__ == "__main__":
    _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, _CPU_S)
    main(json.load(sys.stdin), sys.stdout.write)
    sys.stdout.flush()
