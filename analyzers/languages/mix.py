"""Packages that an Elixir project is locked to, from mix.lock.

Formats: https://hexdocs.pm/mix/Mix.Tasks.Deps.html (both files), https://hex.pm/docs/usage (the lock file's
entries). Which of them the project asks for, and which for development only, is in mix.exs, a program: its
dependencies are read where they are written out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Package, View
from analyzers.languages._locked import reference
from analyzers.languages._reach import only_dev
from analyzers.languages._terms import Dialect, Term, terms, text
from analyzers.languages._terms import parse as parse_terms

_LOCK = "mix.lock"
_MANIFEST = "mix.exs"
_HASH = 3
_NEEDS = 5
_REPOSITORY = 6
_TAG = re.compile(r"v?(\d+(?:\.\d+)+[0-9A-Za-z.+-]*)")
_DEPENDENCY = re.compile(
    r"\{\s*:(?P<name>[a-z]\w*)\s*,\s*(?:(?:\"[^\"\n]*\"|~r/[^/\n]*/)|(?=[a-z_]+:))(?P<options>[^{}]*)\}"
)
_ONLY = re.compile(r"\bonly:\s*(?:\[(?P<several>[\s:\w,]*)\]|:(?P<one>\w+)|(?P<other>\S))")
_ATOM = re.compile(r":(\w+)")
_COMMENT = re.compile(r"^[^\S\n]*+#[^\n]*+", re.MULTILINE)
_OTHER_NAME = re.compile(r"\bhex:\s*:?\"?(\w+)")
_ORGANISATION = re.compile(r"\borganization:\s*\"(\w+)\"")
_ASKED = msgspec.json.Decoder(dict[str, bool])


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages of a lock file, or a Note of the dependencies that a mix.exs asks for.

    A package has the name that Hex knows it by, with its organisation before it ("acme/tools") when it is a
    private one. One from a Git repository has the version of its tag, if that is why it was taken.

    Raises:
        ParseError: the lock file is no map.
    """
    if not file.path.endswith(_LOCK):
        yield Note(data=msgspec.json.encode(_asked(file.data)))
        return
    found = parse_terms(file.data, file.path, Dialect.ELIXIR)
    if not found or not isinstance(found[0], Term):
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected a map")
    packages: dict[str, tuple[Package, list[str]]] = {}
    for entry in terms(found[0]):
        value = entry.at(1)
        if not isinstance(value, Term) or not entry.text(0):
            raise ParseError(f"{file.path}: line {entry.first_line}: no tuple, expected one after each name")
        packages[entry.text(0)] = _package(entry, value), _needs(value)
    for package, needs in packages.values():
        needed = (reference(packages[app][0]) for app in needs if app in packages)
        yield msgspec.structs.replace(package, depends_on=tuple(dict.fromkeys(needed)))


def _package(entry: Term, value: Term) -> Package:
    is_hex = value.text(0) == "hex"
    version, evidence = (value.text(2), "") if is_hex else _of_repository(value)
    return Package(
        kind="hex",
        name=_hex_name(entry.text(0), value) if is_hex else entry.text(0),
        version=version,
        lines=((entry.first_line, entry.last_line),),
        evidence=evidence,
    )


def _hex_name(app: str, value: Term) -> str:
    _, _, organisation = value.text(_REPOSITORY).partition(":")
    name = value.text(1) or app
    return f"{organisation}/{name}" if organisation else name


def _needs(value: Term) -> list[str]:
    return [each.text(0) for each in terms(value.at(_NEEDS))] if value.text(0) == "hex" else []


def _of_repository(value: Term) -> tuple[str, str]:
    options = value.at(_HASH)
    tag = text(options.get("tag")) if isinstance(options, Term) else ""
    match = _TAG.fullmatch(tag)
    if match:
        return match[1], f"tag {tag} of {value.text(1)}"
    return "", f"commit {value.text(2)} of {value.text(1)}"


def _asked(data: bytes) -> dict[str, bool]:
    """Return the dependencies that are written out, and whether production does without them."""
    source = _COMMENT.sub("", data.decode("utf-8", "replace"))
    found = ((match["name"], match["options"]) for match in _DEPENDENCY.finditer(source))
    return {_asked_name(app, options): _is_dev(options) for app, options in found}


def _asked_name(app: str, options: str) -> str:
    other, organisation = _OTHER_NAME.search(options), _ORGANISATION.search(options)
    name = other[1] if other else app
    return f"{organisation[1]}/{name}" if organisation else name


def _is_dev(options: str) -> bool:
    only = _ONLY.search(options)
    if only is None or only["other"]:
        return False
    environments = [only["one"]] if only["one"] else _ATOM.findall(only["several"])
    return bool(environments) and "prod" not in environments


def combine(found: Sequence[Found]) -> Iterable[Found]:
    """Return the lock files, with what each mix.exs of the same project, or of an app of it, asks for."""
    asked: dict[str, list[dict[str, bool]]] = {}
    for one in found:
        if one.note:
            wanted = _ASKED.decode(one.note)
            for folder in _projects(one.path.removesuffix(_MANIFEST)):
                asked.setdefault(folder, []).append(wanted)
    for one in found:
        if not one.note:
            mine = _merged(asked.get(one.path.removesuffix(_LOCK), []))
            yield msgspec.structs.replace(one, packages=_joined(one.packages, mine)) if mine else one


def _projects(folder: str) -> Iterator[str]:
    """Yield the folder, which ends in "/" or is "", and that of the project that it is an app of."""
    yield folder
    *project, apps, _ = ["", "", *folder.removesuffix("/").split("/")]
    if apps == "apps":
        yield "".join(f"{name}/" for name in project[2:])


def _merged(wanted: Iterable[dict[str, bool]]) -> dict[str, bool]:
    merged: dict[str, bool] = {}
    for one in wanted:
        for name, dev in one.items():
            merged[name] = merged.get(name, True) and dev
    return merged


def _joined(packages: tuple[Package, ...], asked: dict[str, bool]) -> tuple[Package, ...]:
    needs = {package.name: [need.partition("@")[0] for need in package.depends_on] for package in packages}
    dev = only_dev(
        needs, (name for name in asked if not asked[name]), (name for name in asked if asked[name])
    )
    return tuple(
        msgspec.structs.replace(
            package,
            relationship="direct" if package.name in asked else "indirect",
            dev=package.name in dev,
        )
        for package in packages
    )


ANALYZER = Analyzer(
    id="languages/mix",
    version=1,
    kinds=(Kind(name="hex", purl_type="hex", ecosystem="Hex"),),
    views=frozenset({View.DECLARED}),
    globs=(f"**/{_LOCK}", f"**/{_MANIFEST}"),
    parse=parse,
    combine=combine,
)
