"""A Helm chart: its metadata, default values, templates, and the charts in it.

Format: https://helm.sh/docs/topics/charts/
"""

import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analyzers.errors import ParseError
from analyzers.limits import MIB
from analyzers.misconfig._helm_values import Values, laid_over, read_values

_ARCHIVE_BYTES = 64 * MIB
_ARCHIVE_FILES = 5_000
_DEEPEST = 5
"""Levels of charts in charts."""
_PART = re.compile(r"charts/(?P<name>[^/]+)/(?P<rest>.+)")
_ARCHIVE = re.compile(r"charts/[^/]+\.(?:tgz|tar\.gz)")
_CLASSES = {"appVersion": "AppVersion", "apiVersion": "APIVersion", "kubeVersion": "KubeVersion"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart, with the charts in it."""

    path: str
    """Of its folder below the outermost chart: "" or "charts/redis/"."""
    archive: str = ""
    """Path of the archive it is in, if it is in one."""
    metadata: Values
    values: Values
    templates: dict[str, str]
    """Path below its folder → source."""
    files: dict[str, bytes]
    parts: "tuple[Chart, ...]" = ()
    missing: tuple[str, ...] = ()
    """Names of charts it depends on that are not there."""
    problems: dict[str, str] = field(default_factory=dict)
    """Path below the outermost chart → what could not be read of it."""

    @property
    def name(self) -> str:
        """Its name in charts it is part of."""
        return str(self.metadata.get("alias") or self.metadata.get("name") or "chart")

    @property
    def is_library(self) -> bool:
        """Whether it only has templates for others to include."""
        return self.metadata.get("type") == "library"

    def described(self) -> Values:
        """Return its metadata as templates name it: ".Chart.AppVersion"."""
        # of YAML's mappings keys are not always text, whatever their type says here
        named = {_classed(str(key)): value for key, value in self.metadata.items()}
        return {"Version": "", "AppVersion": "", "Annotations": {}, **named}


def _classed(key: str) -> str:
    return _CLASSES.get(key) or f"{key[:1].upper()}{key[1:]}"


def read_chart(files: Mapping[str, bytes]) -> Chart:
    """Return the chart whose files these are, by their paths below its folder.

    Raises:
        ParseError: Chart.yaml or values.yaml is not there or cannot be read.
    """
    return _read(files, path="", archive="", depth=0)


def _read(files: Mapping[str, bytes], *, path: str, archive: str, depth: int) -> Chart:
    if depth > _DEEPEST:
        raise ParseError(f"{path}: charts in charts, expected at most {_DEEPEST} levels")
    if "Chart.yaml" not in files:
        raise ParseError(f"{path}Chart.yaml: is missing, expected in each chart")
    metadata = read_values(files["Chart.yaml"], f"{path}Chart.yaml")
    wanted = _dependencies(metadata, files, path)
    problems: dict[str, str] = {}
    found = list(_parts(files, path=path, archive=archive, depth=depth, problems=problems))
    parts = tuple(_used(found, wanted))
    names = {str(part.metadata.get("name")) for part in found}
    return Chart(
        path=path,
        archive=archive,
        metadata=metadata,
        values=read_values(files.get("values.yaml", b""), f"{path}values.yaml"),
        templates={
            name: data.decode("utf-8", "replace")
            for name, data in files.items()
            if name.startswith("templates/")
        },
        files={name: data for name, data in files.items() if not name.startswith(("templates/", "charts/"))},
        parts=parts,
        missing=tuple(str(each["name"]) for each in wanted if each["name"] not in names),
        problems=problems,
    )


def _dependencies(metadata: Values, files: Mapping[str, bytes], path: str) -> list[Values]:
    listed = metadata.get("dependencies")
    if listed is None and "requirements.yaml" in files:
        listed = read_values(files["requirements.yaml"], f"{path}requirements.yaml").get("dependencies")
    found = listed if isinstance(listed, list) else []
    return [each for each in found if isinstance(each, dict) and isinstance(each.get("name"), str)]


def _parts(
    files: Mapping[str, bytes], *, path: str, archive: str, depth: int, problems: dict[str, str]
) -> Iterator[Chart]:
    for name, data in files.items():
        if _ARCHIVE.fullmatch(name):
            try:
                yield _read(_unpacked(data), path=f"{path}{name}!", archive=archive or name, depth=depth + 1)
            except ParseError as error:
                problems[f"{path}{name}"] = str(error)
    folders: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        if match := _PART.fullmatch(name):
            folders.setdefault(match["name"], {})[match["rest"]] = data
    for name, inner in folders.items():
        if "Chart.yaml" not in inner:
            continue
        try:
            yield _read(inner, path=f"{path}charts/{name}/", archive=archive, depth=depth + 1)
        except ParseError as error:
            problems[f"{path}charts/{name}/Chart.yaml"] = str(error)


def _used(found: list[Chart], wanted: list[Values]) -> Iterator[Chart]:
    """Yield each chart that is there, once for each dependency that means it, by its alias."""
    for part in found:
        meaning = [each for each in wanted if each["name"] == part.metadata.get("name")] or [{}]
        for each in meaning:
            said = {key: each.get(key) for key in ("alias", "condition", "tags") if each.get(key)}
            yield Chart(
                path=part.path,
                archive=part.archive,
                metadata={**part.metadata, **said},
                values=part.values,
                templates=part.templates,
                files=part.files,
                parts=part.parts,
                missing=part.missing,
                problems=part.problems,
            )


def _unpacked(data: bytes) -> dict[str, bytes]:
    inflater = zlib.decompressobj(wbits=31)
    try:
        tar = inflater.decompress(data, _ARCHIVE_BYTES)
        if inflater.unconsumed_tail:
            raise ParseError(f"archive of more than {_ARCHIVE_BYTES} bytes")
        if not inflater.eof:
            raise ParseError("archive ends early, expected all of a gzip stream")
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            return dict(_files(archive))
    except (zlib.error, tarfile.TarError, ValueError, OverflowError) as error:
        raise ParseError(f"{error}, expected a chart's archive") from error


def _files(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for number, entry in enumerate(archive):
        if number >= _ARCHIVE_FILES:
            raise ParseError(f"archive of more than {_ARCHIVE_FILES} files")
        content = archive.extractfile(entry) if entry.isreg() else None
        if content is not None:
            yield entry.name.removeprefix("./").partition("/")[2], content.read()


def coalesced(chart: Chart, given: Mapping[str, object]) -> Values:
    """Return a chart's values under those that are given, with its parts' values below their names."""
    values = laid_over(chart.values, given)
    shared = values.get("global")
    for part in chart.parts:
        own = values.get(part.name)
        below = dict(own) if isinstance(own, dict) else {}
        if isinstance(shared, dict):
            inner = below.get("global")
            below["global"] = laid_over(inner if isinstance(inner, dict) else {}, shared)
        values[part.name] = coalesced(part, below)
    values.setdefault("global", {})
    return values


def is_enabled(part: Chart, values: Values) -> bool:
    """Tell whether the values of the chart that a part is in leave it switched on.

    Reference: https://helm.sh/docs/topics/charts/#tags-and-condition-fields-in-dependencies
    """
    for path in str(part.metadata.get("condition", "")).split(","):
        setting = _looked_up(values, path.strip())
        if isinstance(setting, bool):
            return setting
    tags = part.metadata.get("tags")
    switches = values.get("tags")
    if not isinstance(tags, list) or not isinstance(switches, dict):
        return True
    said = [switches[tag] for tag in tags if isinstance(tag, str) and isinstance(switches.get(tag), bool)]
    return any(said) if said else True


def _looked_up(values: Values, path: str) -> object:
    place: object = values
    for key in path.split("."):
        place = place.get(key) if isinstance(place, dict) else None
    return place
