"""Java libraries that a Gradle build has locked.

Format: https://docs.gradle.org/current/userguide/dependency_locking.html, one artifact with its
configurations a line; before Gradle 7 a file for each configuration in gradle/dependency-locks
(https://docs.gradle.org/6.9/userguide/dependency_locking.html).
"""

import re
from collections.abc import Iterator

from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View

_ARTIFACT = re.compile(r"([^\s:=]+):([^\s:=]+):([^\s:=]+)(?:=(.*))?")
_TEST = re.compile(r"(?:test|.*Test)(?:[A-Z].*)?")
_NOTHING = "empty="
_ENDING = ".lockfile"
_PER_BUILD = "gradle.lockfile"


def parse(file: File) -> Iterator[Fact]:
    """Yield each artifact; `dev` are those that only tests' configurations have.

    Lines that are none become one Problem.
    """
    name = file.path.rpartition("/")[2]
    configuration = "" if name.endswith(_PER_BUILD) else name.removesuffix(_ENDING)
    odd: list[int] = []
    for number, line in enumerate(file.data.decode("utf-8-sig", "replace").split("\n"), 1):
        text = line.strip()
        if not text or text.startswith(("#", _NOTHING)):
            continue
        artifact = _ARTIFACT.fullmatch(text)
        if artifact is None:
            odd.append(number)
            continue
        group, module, version, configurations = artifact.groups()
        yield Package(
            kind="gradle",
            name=f"{group}:{module}",
            version=version,
            dev=_is_for_tests(configurations or configuration),
            lines=((number, number),),
        )
    if odd:
        yield Problem(file.path, f"line {odd[0]}: expected group:artifact:version ({len(odd)} such lines)")


def _is_for_tests(configurations: str) -> bool:
    names = [name.strip() for name in configurations.split(",") if name.strip()]
    return bool(names) and all(_TEST.fullmatch(name) for name in names)


ANALYZER = Analyzer(
    id="languages/gradle",
    version=1,
    kinds=(Kind(name="gradle", purl_type="maven", ecosystem="Maven"),),
    views=frozenset({View.DECLARED}),
    globs=("**/*gradle.lockfile", "**/dependency-locks/*.lockfile"),
    parse=parse,
)
