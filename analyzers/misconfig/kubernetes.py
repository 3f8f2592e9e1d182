"""Kubernetes manifests in YAML and JSON, judged by the checks of Kubernetes objects.

Format: https://kubernetes.io/docs/concepts/overview/working-with-objects/
"""

from collections.abc import Iterator, Mapping, Sequence

from analyzers.checks.check import run
from analyzers.checks.kubernetes import CHECKS
from analyzers.checks.kubernetes.objects import objects_of
from analyzers.documents import Value
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Outcome, Problem, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig._manifests import (
    documents,
    in_utf8,
    may_have_objects,
    source_lines,
    states_an_object,
)

_FILE_TYPE = "kubernetes"
_MOST_OUTCOMES = 200_000
"""Of one file; more would be aliases that repeat objects."""


def parse(file: File) -> Iterator[Fact]:
    """Yield what the checks say of each object in a file; nothing for files without objects.

    Templates of charts are left to `analyzers.misconfig.helm`. A file that has the lines of an object and
    cannot be read is a Problem, after what comes before the error.
    """
    if not may_have_objects(data := in_utf8(file.data)) or _is_template(file.path, data):
        return
    try:
        yield from judged(data, file.path)
    except ParseError as error:
        if states_an_object(data):
            yield Problem(file.path, str(error))


def judged(data: bytes, path: str, *, file_type: str = _FILE_TYPE) -> Iterator[Outcome]:
    """Yield what the checks say of each object of a file in UTF-8.

    Raises:
        ParseError: it cannot be read, or holds too much; what was before the error has been yielded.
    """
    lines = source_lines(data)
    count = 0
    for document in documents(data, path):
        for outcome in judge_manifest(document, lines, file_type=file_type):
            count += 1
            if count > _MOST_OUTCOMES:
                raise ParseError(f"{path}: more than {_MOST_OUTCOMES} outcomes of checks")
            yield outcome


def judge_manifest(
    document: Value, lines: Sequence[str] = (), *, file_type: str = _FILE_TYPE
) -> Iterator[Outcome]:
    """Yield what the checks say of a document's objects, which may be lists; nothing when it is no object.

    Args:
        document: as `analyzers.documents.yaml` reads it.
        lines: of its file, without their ends.
        file_type: see `Outcome.file_type`.

    Raises:
        ParseError: it holds more objects, or containers in one, than `objects_of` takes.
    """
    for manifest in objects_of(document):
        yield from run(CHECKS, manifest, lines, file_type=file_type, resource=manifest.resource)


def outcomes_of_object(obj: Mapping[str, object]) -> Iterator[Outcome]:
    """Yield what the checks say of an object as a cluster's API returns it, in JSON's names; no lines.

    Raises:
        ParseError: as `judge_manifest`.
    """
    for manifest in objects_of(obj):
        yield from run(CHECKS, manifest, (), file_type=_FILE_TYPE, resource=manifest.resource)


def _is_template(path: str, data: bytes) -> bool:
    return b"{{" in data and "/templates/" in f"/{path}"


ANALYZER = Analyzer(
    id="misconfig/kubernetes",
    version=1,
    parse=parse,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=(
        "**/*.yaml",
        "**/*.yml",
        "**/*.json",
        "!**/package.json",
        "!**/package-lock.json",
        "!**/composer.lock",
        "!**/tsconfig.json",
    ),
    most_bytes=5 * MIB,
)
