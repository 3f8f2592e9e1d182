"""Checks of the user's own, in Python files that name a family and have CHECKS."""

import contextlib
import dataclasses
import functools
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import msgspec

from analyzers.checks.catalogue import checks
from analyzers.checks.check import OWN, Cause, Check, canonical
from analyzers.errors import ParseError

FAMILIES = ("dockerfile", "compose", "github_actions", "kubernetes", "cloud")
"""What a file's FAMILY may be: whose subjects its checks judge."""

_Files = tuple[tuple[str, bytes], ...]


def pack(folders: Iterable[str]) -> bytes:
    """Return the Python files of some folders as another process runs them; b"" for no folder.

    Raises:
        OSError: a folder or a file cannot be read.
        ParseError: a folder has no Python file.
    """
    found: list[tuple[str, bytes]] = []
    for folder in folders:
        files = sorted(path for path in Path(folder).iterdir() if path.suffix == ".py" and path.is_file())
        if not files:
            raise ParseError(f"{folder}: no file of checks, expected '*.py'")
        found += ((str(path), path.read_bytes()) for path in files)
    return msgspec.msgpack.encode(tuple(found)) if found else b""


@functools.cache
def load(packed: bytes) -> Mapping[str, tuple[Check[Any], ...]]:
    """Run packed files, each by itself; return their checks by family.

    Raises:
        ParseError: a file cannot be run, or its FAMILY or CHECKS are none; an id is taken.
    """
    found: dict[str, list[Check[Any]]] = {}
    taken = {canonical(check_id): "the built-in checks" for check_id in checks()}
    for path, source in msgspec.msgpack.decode(packed, type=_Files) if packed else ():
        family, own = _read(path, _run(path, source))
        for check in own:
            if other := taken.get(canonical(check.id)):
                raise ParseError(f"{path}: check {check.id!r} is one of {other}, expected another id")
            taken[canonical(check.id)] = path
            found.setdefault(family, []).append(_guarded(check))
    return MappingProxyType({family: tuple(own) for family, own in found.items()})


def by_id() -> dict[str, Check[Any]]:
    """Return the checks that are in use, by their ids."""
    return {check.id: check for own in OWN.get().values() for check in own}


@contextlib.contextmanager
def using(packed: bytes) -> Iterator[None]:
    """Let subjects be judged by packed checks, too. Raises ParseError, as `load`."""
    token = OWN.set(load(packed))
    try:
        yield
    finally:
        OWN.reset(token)


def _run(path: str, source: bytes) -> ModuleType:
    name = f"cleanbill_own_{hashlib.sha256(path.encode() + source).hexdigest()[:16]}"
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what it prints is no part of a report
            exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102 - the user named this file to be run
    except (Exception, SystemExit) as error:  # the user's code may raise anything, and is told so
        del sys.modules[name]
        raise ParseError(f"{path}: {_said(error)}, expected a file of checks that can be run") from error
    return module


def _read(path: str, module: ModuleType) -> tuple[str, tuple[Check[Any], ...]]:
    family, own = getattr(module, "FAMILY", None), getattr(module, "CHECKS", None)
    if family not in FAMILIES:
        raise ParseError(f"{path}: FAMILY is {family!r:.100}, expected one of {', '.join(FAMILIES)}")
    if not isinstance(own, tuple | list):
        raise ParseError(f"{path}: CHECKS is {own!r:.100}, expected a tuple of analyzers.checks.check.Check")
    for check in own:
        if not isinstance(check, Check) or not check.id:
            raise ParseError(f"{path}: CHECKS has {check!r:.100}, expected an analyzers.checks.check.Check")
    return str(family), tuple(own)


def _guarded(check: Check[Any]) -> Check[Any]:
    """Return a check that fails with the error where its own code raises one: neither lost nor fatal."""

    def applies(subject: Any) -> bool:  # noqa: ANN401 - of any family
        try:
            return check.applies is None or bool(check.applies(subject))
        except Exception:  # noqa: BLE001 - of the user's code; `judge` raises and tells it
            return True

    def judge(subject: Any) -> Iterator[Cause]:  # noqa: ANN401 - of any family
        try:
            if check.applies is None or check.applies(subject):
                yield from check.judge(subject)
        except Exception as error:  # noqa: BLE001 - as above
            yield Cause(f"the check could not be run: {_said(error)}")

    return dataclasses.replace(check, judge=judge, applies=applies)


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
