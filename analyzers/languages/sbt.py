"""Java and Scala libraries that an sbt build has locked.

Format: https://stringbean.github.io/sbt-dependency-lock/file-formats/version-1.html
"""

from collections.abc import Iterator

from analyzers.documents import Value, items, json, table, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View

_VERSION = 1
_RUNTIME = frozenset(("compile", "optional", "runtime"))


def parse(file: File) -> Iterator[Fact]:
    """Yield each artifact; `dev` are those of no configuration that runs.

    Raises:
        ParseError: the file is not JSON, or of a version that is not known.
    """
    lock = json.load_object(file.data, file.path)
    if lock.get("lockVersion") != _VERSION or not isinstance(lock.get("dependencies"), list):
        raise ParseError(f"{file.path}: lockVersion {lock.get('lockVersion')!r:.100}, expected {_VERSION}")
    lines = json.lines(file.data, 2)
    for number, value in enumerate(items(lock["dependencies"])):
        one = table(value)
        organisation, name, version = (text(one.get(key)) for key in ("org", "name", "version"))
        if not organisation or not name:
            yield Problem(file.path, f"dependencies[{number}]: org {organisation!r:.100}, name {name!r:.100}")
            continue
        place = lines.get(("dependencies", str(number)))
        yield Package(
            kind="sbt",
            name=f"{organisation}:{name}",
            version=version,
            dev=_is_dev(one.get("configurations")),
            lines=(place,) if place else (),
        )


def _is_dev(configurations: Value) -> bool:
    names = {text(name) for name in items(configurations)}
    return bool(names) and not names & _RUNTIME


ANALYZER = Analyzer(
    id="languages/sbt",
    version=2,
    kinds=(Kind(name="sbt", purl_type="maven", ecosystem="Maven"),),
    views=frozenset({View.DECLARED}),
    globs=("**/*.sbt.lock",),
    parse=parse,
)
