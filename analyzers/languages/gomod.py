"""Go modules that a project asks for, from go.mod, with go.sum for projects older than Go 1.17.

Formats: https://go.dev/ref/mod#go-mod-file, https://go.dev/ref/mod#go-sum-files
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View
from analyzers.languages._go_directives import Directive, read_directives
from analyzers.versions import go
from analyzers.versions.errors import InvalidVersionError

_KIND = "gomod"
_SUMS = "go.sum"
_MANIFEST = "go.mod"
_LANGUAGE = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\D.*|\.\d+.*)?")
_COMPLETE = (1, 17)  # since then go.mod lists every module that the build needs
_SUM_WORDS = 3


class _Old(msgspec.Struct, frozen=True):
    """What has to be known of a go.mod that leaves most modules to go.sum."""

    replaced: tuple[str, ...]
    """Modules of which nothing is used."""
    excluded: tuple[tuple[str, str], ...]


class _Sums(msgspec.Struct, frozen=True):
    """The modules that a go.sum has checksums of, each with the last of its versions."""

    versions: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replacement:
    name: str
    version: str
    """Of the module that is replaced; "" for all its versions."""
    by_name: str
    by_version: str
    """"" for a folder."""
    line: int


@dataclass(slots=True, kw_only=True)
class _Manifest:
    """The directives that matter here."""

    main: Package | None = None
    language: str = ""
    required: dict[str, Package] = field(default_factory=dict)
    """By name; of equal names the last one, as modules have one version each in a build."""
    replacements: dict[str, dict[str, _Replacement]] = field(default_factory=dict)
    """By the name and the version of what they replace; of equal ones the last."""
    excluded: list[tuple[str, str]] = field(default_factory=list)


def parse(file: File) -> Iterator[Fact]:
    """Yield what a go.mod requires, with replacements followed, or a Note of what a go.sum lists.

    The main module has no version; nor has one that a local folder replaces, which makes it a part of the
    project. The standard library is not among them: go and toolchain directives say the oldest that will do,
    not which one builds the project.

    Raises:
        ParseError: a directive is not what the grammar says.
    """
    text = file.data.decode("utf-8", "replace")
    if file.path.endswith(_SUMS):
        yield Note(msgspec.json.encode(_Sums(_sums(text, file.path))))
        return
    manifest = _read(text, file.path)
    modules = [_replaced(one, manifest.replacements.get(one.name, {})) for one in manifest.required.values()]
    asked = zip(manifest.required.values(), modules, strict=True)
    direct = tuple(_reference(module) for one, module in asked if one.relationship == "direct")
    if manifest.main:
        yield msgspec.structs.replace(manifest.main, depends_on=direct)
    yield from modules
    if _release(manifest.language) < _COMPLETE:
        replaced = tuple(name for name, by_version in manifest.replacements.items() if "" in by_version)
        yield Note(msgspec.json.encode(_Old(replaced, tuple(manifest.excluded))))


def _read(text: str, path: str) -> _Manifest:
    manifest = _Manifest()
    for directive in read_directives(text, path):
        try:
            _take(manifest, directive)
        except (IndexError, ValueError) as error:
            written = " ".join((directive.verb, *directive.words))
            raise ParseError(
                f"{path}: line {directive.line}: {written!r:.200}, expected a directive of go.mod"
            ) from error
    return manifest


def _take(manifest: _Manifest, directive: Directive) -> None:
    words, line = directive.words, directive.line
    match directive.verb:
        case "module":
            (name,) = words
            manifest.main = Package(
                kind=_KIND, name=name, version="", relationship="root", lines=((line, line),)
            )
        case "go":
            (manifest.language,) = words
        case "require":
            name, version = words
            manifest.required[name] = _required(name, version, directive)
        case "exclude":
            name, version = words
            manifest.excluded.append((name, version))
        case "replace":
            replacement = _replacement(words, line)
            manifest.replacements.setdefault(replacement.name, {})[replacement.version] = replacement
        case _:
            pass  # toolchain, retract, tool and what later versions of Go add name no dependency


def _required(name: str, version: str, directive: Directive) -> Package:
    is_indirect = re.match(r"indirect(?:\s*;|\s*$)", directive.comment)
    return Package(
        kind=_KIND,
        name=name,
        version=version,
        relationship="indirect" if is_indirect else "direct",
        lines=((directive.line, directive.line),),
    )


def _replacement(words: tuple[str, ...], line: int) -> _Replacement:
    arrow = words.index("=>")
    name, version = _module(words[:arrow])
    by_name, by_version = _module(words[arrow + 1 :])
    return _Replacement(name=name, version=version, by_name=by_name, by_version=by_version, line=line)


def _module(words: tuple[str, ...]) -> tuple[str, str]:
    name, version = words if len(words) > 1 else (*words, "")
    return name, version


def _replaced(module: Package, replacements: Mapping[str, _Replacement]) -> Package:
    """Follow the replacement of a module; one for its version goes before one for all of them."""
    chosen = replacements.get(module.version) or replacements.get("")
    if chosen is None:
        return module
    return msgspec.structs.replace(
        module,
        name=chosen.by_name if chosen.by_version else module.name,
        version=chosen.by_version,
        relationship=module.relationship if chosen.by_version else "workspace",
        lines=(*module.lines, (chosen.line, chosen.line)),
    )


def _release(language: str) -> tuple[int, int]:
    """Return the numbers of "1.21.3" or "1.22rc1"; without a go directive it is 1.16."""
    match = _LANGUAGE.fullmatch(language)
    return (int(match[1]), int(match[2])) if match else (1, 16)


def _reference(module: Package) -> str:
    return f"{module.name}@{module.version}" if module.version else module.name


def _sums(text: str, path: str) -> dict[str, str]:
    """Return each module's last version; of most there is only the checksum of the go.mod in others."""
    versions: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split()
        if words and len(words) != _SUM_WORDS:
            raise ParseError(f"{path}: line {number}: {line!r:.200}, expected module, version and checksum")
        if words:
            name, version = words[0], words[1].removesuffix("/go.mod")
            versions[name] = _later(versions.get(name, version), version)
    return versions


def _later(one: str, other: str) -> str:
    try:
        return max(one, other, key=go.key)
    except InvalidVersionError:
        return other  # go.sum is sorted


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Complete each old go.mod by the go.sum beside it, whose other modules are needed indirectly."""
    by_path = {one.path: one for one in found}
    for one in found:
        if one.path.endswith(_SUMS):
            if one.problems:
                yield msgspec.structs.replace(one, note=b"")
        else:
            sums = by_path.get(one.path.removesuffix(_MANIFEST) + _SUMS)
            yield _completed(one, sums.note if sums else b"")


def _completed(found: Found, sums: bytes) -> Found:
    packages = found.packages
    if found.note and sums:
        old = msgspec.json.decode(found.note, type=_Old)
        known = {package.name for package in packages}.union(old.replaced)
        excluded = frozenset(old.excluded)
        packages += tuple(
            Package(kind=_KIND, name=name, version=version, relationship="indirect")
            for name, version in msgspec.json.decode(sums, type=_Sums).versions.items()
            if name not in known and (name, version) not in excluded
        )
    return msgspec.structs.replace(found, packages=packages, note=b"")


ANALYZER = Analyzer(
    id="languages/gomod",
    version=2,
    kinds=(Kind(name=_KIND, purl_type="golang", ecosystem="Go"),),
    views=frozenset({View.DECLARED}),
    globs=("**/go.mod", "**/go.sum"),
    parse=parse,
    combine=combine,
)
