"""Pods that an Apple project is locked to, from Podfile.lock.

Format: https://guides.cocoapods.org/using/using-cocoapods.html#what-is-podfilelock
"""

import re
from collections.abc import Iterator

from analyzers.documents import Lines, Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View

_POD = re.compile(r"(?P<name>[^\s()]+)(?: \((?P<version>[^()]*)\))?")
_ITEM = re.compile(r"  - [\"']?([^\s()\"':]+)")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages; parts of a pod (subspecs, "Firebase/Core") are told as the lock file does.

    Raises:
        ParseError: it is no YAML, or has no list of pods.
    """
    root = table(yaml.load(file.data, file.path))
    pods = root.get("PODS")
    if not isinstance(pods, list):
        raise ParseError(f"{file.path}: PODS is {kind_of(pods)}, expected a list")
    direct = {_split(text(each).partition(" (")[0])[0] for each in items(root.get("DEPENDENCIES"))}
    entries = [_entry(each) for each in pods]
    versions = {name: version for name, version, _ in entries}
    lines = _lines(file.data)
    for name, version, needs in entries:
        if not name:
            raise ParseError(f"{file.path}: a pod without a name, expected one with its version")
        yield Package(
            kind="cocoapods",
            name=name,
            version=version,
            depends_on=tuple(f"{need}@{versions[need]}" for need in needs if need in versions),
            relationship="direct" if name in direct else "indirect",
            lines=(lines[name],) if name in lines else (),
        )


def _entry(value: Value) -> tuple[str, str, list[str]]:
    """Return name, version and needed pods of "A (1.0)" or {"A (1.0)": ["B (~> 2)"]}."""
    if isinstance(value, dict):
        key = next(iter(value), "")
        return *_split(key), [_split(text(need))[0] for need in items(value.get(key))]
    return *_split(text(value)), []


def _split(pod: str) -> tuple[str, str]:
    match = _POD.match(pod)
    return (match["name"], match["version"] or "") if match else ("", "")


def _lines(data: bytes) -> dict[str, Lines]:
    """Return the lines of each pod with those of what it needs; CocoaPods writes one thing a line."""
    found: dict[str, Lines] = {}
    section, name = "", ""
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if line[:1].strip():
            section, name = line.rstrip(), ""
        elif section == "PODS:" and (match := _ITEM.match(line)):
            name = match[1]
            found.setdefault(name, (number, number))
        elif name and line.startswith("    - "):
            found[name] = found[name][0], number
    return found


ANALYZER = Analyzer(
    id="languages/cocoapods",
    version=1,
    kinds=(Kind(name="cocoapods", purl_type="cocoapods"),),
    views=frozenset({View.DECLARED}),
    globs=("**/Podfile.lock",),
    parse=parse,
)
