"""Kubernetes manifests in YAML and JSON, judged by the checks of Kubernetes objects.

Format: https://kubernetes.io/docs/concepts/overview/working-with-objects/
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from analyzers.checks.check import run
from analyzers.checks.kubernetes import CHECKS
from analyzers.checks.kubernetes.objects import Manifest, objects_of
from analyzers.checks.kubernetes.secrets import Secret, secrets_of
from analyzers.checks.secret_names import hidden
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
_MOST_BYTES = 5 * MIB
_MOST_OBJECTS = 20_000
_MOST_SECRETS = 1_000
"""Of a file: each is looked for in its lines."""
_MOST_OUTCOMES = 200_000
"""Of one file; more would be aliases that repeat objects."""


def parse(file: File) -> Iterator[Fact]:
    """Yield what the checks say of each object in a file; nothing for files without objects.

    Templates of charts are left to `analyzers.misconfig.helm`. A file that has the lines of an object and
    cannot be read is a Problem, after what comes before the error.
    """
    if not may_have_objects(data := in_utf8(file.data)) or _is_template(file.path, data):
        return
    if len(data) > _MOST_BYTES:
        if states_an_object(data):
            yield Problem(file.path, f"{len(data)} bytes, expected at most {_MOST_BYTES} of objects")
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
    found, error = read_manifests(data, path)
    lines = without_secrets(source_lines(data), [each for manifest in found for each in secrets_of(manifest)])
    outcomes = chain.from_iterable(_outcomes(manifest, lines, file_type) for manifest in found)
    yield from islice(outcomes, _MOST_OUTCOMES)
    if next(outcomes, None) is not None:
        raise ParseError(f"{path}: more than {_MOST_OUTCOMES} outcomes of checks")
    if error:
        raise error


def read_manifests(data: bytes, path: str) -> tuple[list[Manifest], ParseError | None]:
    """Return the objects of a file in UTF-8, up to the error if there is one."""
    found: list[Manifest] = []
    try:
        for document in documents(data, path):
            found.extend(objects_of(document))
            if len(found) > _MOST_OBJECTS:
                return found, ParseError(f"{path}: more than {_MOST_OBJECTS} objects")
    except ParseError as error:
        return found, error
    return found, None


def without_secrets(lines: list[str], secrets: Sequence[Secret]) -> list[str]:
    """Return a file's lines with its secrets hidden; all of them are when there are too many to look for."""
    if len(secrets) > _MOST_SECRETS:
        return [""] * len(lines)
    return hidden(lines, secrets) if secrets else lines


def _outcomes(manifest: Manifest, lines: Sequence[str], file_type: str) -> Iterator[Outcome]:
    return run(CHECKS, manifest, lines, file_type=file_type, resource=manifest.resource)


def judge_manifest(
    document: Value, lines: Sequence[str] = (), *, file_type: str = _FILE_TYPE
) -> Iterator[Outcome]:
    """Yield what the checks say of a document's objects, which may be lists; nothing when it is no object.

    Args:
        document: as `analyzers.documents.yaml` reads it.
        lines: of its file, without their ends, as the outcomes show them.
        file_type: see `Outcome.file_type`.

    Raises:
        ParseError: it holds more objects, or containers in one, than `objects_of` takes.
    """
    for manifest in objects_of(document):
        yield from _outcomes(manifest, lines, file_type)


def outcomes_of_object(obj: Mapping[str, object]) -> Iterator[Outcome]:
    """Yield what the checks say of an object as a cluster's API returns it, in JSON's names; no lines.

    Raises:
        ParseError: as `judge_manifest`.
    """
    for manifest in objects_of(obj):
        yield from _outcomes(manifest, (), _FILE_TYPE)


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
)
