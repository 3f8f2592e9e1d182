"""How configurations are judged, where the user has a say: own checks, some file types, values of charts."""

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from analyzers.contents import Combine
from analyzers.errors import ParseError
from config.errors import ConfigError
from crawler.errors import ScanError

_ROOM = "misconfig/"
_FILE_TYPES = {f"{_ROOM}terraform_plan": "terraformplan"}
_Read = TypeVar("_Read")


class MisconfigSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The built-in checks of all file types, or others."""

    packed: bytes = b""
    """The user's own checks for the workers; empty when there are none."""
    file_types: frozenset[str] = frozenset()
    """As `Outcome.file_type`; empty for all."""
    combining: Mapping[str, Combine] = {}
    """What puts files together, where the user has a say in it."""

    def applied(self, versions: Mapping[str, int]) -> dict[str, int]:
        """Return the analyzers that are wanted; the user's own checks make other versions of these."""
        return {
            key: self._version(version) if self.packed and key.startswith(_ROOM) else version
            for key, version in versions.items()
            if self.wants(file_type_of(key)) or not key.startswith(_ROOM)
        }

    def wants(self, file_type: str) -> bool:
        """Tell whether files of this type are to be judged."""
        return not self.file_types or file_type in self.file_types

    def _version(self, version: int) -> int:
        digest = hashlib.sha256(b"%d %b" % (version, self.packed)).digest()
        # SQLite has no whole numbers above 63 bits.
        return int.from_bytes(digest[:8], "big") >> 1


def file_type_of(analyzer: str) -> str:
    """Return the type of files that an analyzer's outcomes are of."""
    return _FILE_TYPES.get(analyzer, analyzer.removeprefix(_ROOM).replace("_", "-"))


def read_misconfig_search(
    folders: Sequence[str] = (),
    file_types: Sequence[str] = (),
    helm_values: Sequence[str] = (),
    helm_sets: Sequence[str] = (),
) -> MisconfigSearch:
    """Return what the options of the command line say.

    Args:
        folders: with Python files of checks.
        file_types: to judge; none for all.
        helm_values: files of values for charts, later ones over earlier ones.
        helm_sets: values as of `helm --set`, over those.

    Raises:
        ScanError: a folder or file cannot be read, or a check is none; says which.
        ConfigError: values for charts are none; names the option.
    """
    return MisconfigSearch(
        packed=_packed(folders) if folders else b"",
        file_types=frozenset(file_types),
        combining=_helm(helm_values, helm_sets) if helm_values or helm_sets else {},
    )


def _packed(folders: Sequence[str]) -> bytes:
    from analyzers.checks.own import load, pack  # noqa: PLC0415 - most scans have none

    packed = _told(lambda: pack(folders))
    _told(lambda: load(packed))
    return packed


def _helm(files: Sequence[str], sets: Sequence[str]) -> dict[str, Combine]:
    from analyzers.misconfig import helm  # noqa: PLC0415 - most scans have none

    values = [_told(functools.partial(_values, file), "--helm-values") for file in files]
    for each in sets:
        _told(functools.partial(helm.parse_set, each), "--helm-set")
    return {helm.ANALYZER.id: functools.partial(helm.combine, values=values, sets=tuple(sets))}


def _values(file: str) -> dict[str, object]:
    from analyzers.misconfig.helm import read_values  # noqa: PLC0415 - as above

    return read_values(Path(file).read_bytes(), file)


def _told(read: Callable[[], _Read], option: str = "") -> _Read:
    try:
        return read()
    except OSError as error:
        raise ScanError(f"{error.filename}: {(error.strerror or str(error)).lower()}") from error
    except ParseError as error:
        if option:
            raise ConfigError([f"{option}: {error}"]) from error
        raise ScanError(str(error)) from error
