"""Actions and workflows that GitHub workflows and composite actions use.

Formats: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsuses,
https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
"""

import re
from collections.abc import Iterator

from analyzers.documents import Lines, Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.languages._locked import merged

_USE = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(?:/(?P<path>[^@]*))?@(?P<ref>\S+)", re.ASCII)
_COMMIT = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
_TOLD = re.compile(r"(?<![\w.])(v?\d+(?:\.\d+)+(?:-[0-9A-Za-z.-]+)?)(?![\w.])")
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # as YAML 1.1 counts lines
_COMMENT_CHARACTERS = 1000  # in a longer one nobody names a release
_WORKFLOWS = "/.github/workflows/"
_OTHERS = ("./", "docker://")
"""Parts of the same repository, and images: what these hold is in themselves."""


def parse(file: File) -> Iterator[Fact]:
    """Yield a Package for each action or reusable workflow, by the repository that it is in.

    Its version is the tag or branch it is used by. For a commit it is the release that a comment on the same
    line names, as the programs that update such lines write it; else the commit. A use that cannot be read
    is a Problem; an action.yml that is about something else yields nothing.

    Raises:
        ParseError: it is no YAML, or a workflow that is no mapping.
    """
    root = yaml.load(file.data, file.path)
    if not isinstance(root, dict):
        if _WORKFLOWS not in f"/{file.path}":
            return
        raise ParseError(f"{file.path}: {kind_of(root)}, expected a mapping")
    source = _LINE_END.split(file.data.decode("utf-8", "replace"))
    facts = [_fact(file.path, use, lines, source) for use, lines in _uses(root)]
    yield from merged(fact for fact in facts if isinstance(fact, Package))
    yield from (fact for fact in facts if isinstance(fact, Problem))


def _uses(root: dict[str, Value]) -> Iterator[tuple[str, Lines]]:
    jobs = [table(job) for job in table(root.get("jobs")).values()]
    steps = [step for owner in (*jobs, table(root.get("runs"))) for step in items(owner.get("steps"))]
    for each in (*jobs, *map(table, steps)):
        use = text(each.get("uses")).strip()
        if use and not use.startswith(_OTHERS):
            yield use, yaml.lines_of(each, "uses")[0]


def _fact(path: str, use: str, lines: Lines, source: list[str]) -> Package | Problem:
    match = _USE.fullmatch(use)
    if match is None:
        return Problem(path, f"line {lines[0]}: uses {use!r:.100}, expected 'owner/name@ref'")
    # in UTF-16 there are other lines, or none
    version, evidence = _version(match["ref"], "".join(source[lines[0] - 1 : lines[0]]))
    return Package(
        kind="github-actions",
        name=match["name"],
        version=version,
        relationship="direct",
        lines=(lines,),
        evidence=evidence,
    )


def _version(ref: str, line: str) -> tuple[str, str]:
    comment = line.partition(ref)[2].partition("#")[2]
    told = _TOLD.search(comment) if len(comment) <= _COMMENT_CHARACTERS else None
    if _COMMIT.fullmatch(ref) and told:
        return told[1], f"comment beside commit {ref}"
    # a number alone would be read as a release, as advisories mean it; as a tag it moves from one to the next
    return ("", f"tag {ref}") if ref.isdigit() else (ref, "")


ANALYZER = Analyzer(
    id="languages/github_actions",
    version=1,
    kinds=(Kind(name="github-actions", purl_type="github", ecosystem="GitHub Actions"),),
    views=frozenset({View.DECLARED}),
    globs=(
        "**/.github/workflows/*.yml",
        "**/.github/workflows/*.yaml",
        "**/action.yml",
        "**/action.yaml",
    ),
    parse=parse,
)
