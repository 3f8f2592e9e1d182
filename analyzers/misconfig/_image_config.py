"""The Dockerfile that an image's configuration stands for, and what the checks say about it.

Format: https://github.com/opencontainers/image-spec/blob/main/config.md
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from analyzers.checks.check import run
from analyzers.checks.dockerfile import CHECKS
from analyzers.checks.dockerfile.parsing import parse_lines
from analyzers.checks.dockerfile.secrets import secrets_in
from analyzers.checks.secret_names import hidden
from analyzers.documents import Value, items, table, text
from analyzers.inventory import Outcome

_NOT_FOR_IMAGES = {
    "DS-0001",  # there is no FROM
    "DS-0006",
    "DS-0007",  # that of the base image and of its own are two, rightly
    "DS-0012",
    "DS-0016",
    "DS-0023",
    "CB-D0001",
    "CB-D0012",  # history has no flags
    "CB-D0013",
    "CB-D0021",  # the shell form is recorded as an array
}
_CHECKS = tuple(check for check in CHECKS if check.id not in _NOT_FOR_IMAGES)
_NOP = "#(nop)"
_SHELL = re.compile(r"(?P<shell>/(?:[\w.-]+/){0,8}\w*sh(?: -[\w-]+| pipefail| errexit| nounset)*? -\w*c) ")
_ARGS = re.compile(r"\|\d+ ")
_BUILDAH = re.compile(r"(?:\|[A-Za-z-]+=[^\s|]*)+$")
_FROM_FILES = re.compile(r"(?P<sources>.*\S) in (?P<target>\S.*)")
_KEYWORD = re.compile(r"(?P<keyword>[A-Z]{3,11})(?:\s|$)")
_PLAIN = {"COPY", "ADD", "MAINTAINER", "WORKDIR", "STOPSIGNAL"}
_PAIRS = {"ENV", "ARG", "LABEL"}
_IN_CONFIG = {"CMD", "ENTRYPOINT", "HEALTHCHECK", "USER", "EXPOSE", "VOLUME", "ONBUILD", "SHELL"}
"""Of these the configuration has what is left in the end; history has them in other notations."""
_NEXT_PAIR = re.compile(r"\s+(?=[A-Za-z_][\w.-]*=)")
_DEFAULT_SHELL = ("/bin/sh", "-c")
_LONGEST = 64 * 1024
_HEAD = "# as its configuration tells"
"""The first line, so that none of the history is taken for a directive."""


def dockerfile_of(config: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the lines of the Dockerfile that an image configuration stands for, one for each instruction.

    What the base image brought, as far as history tells, is left out but for its settings. What in history is
    no instruction is a comment.

    Args:
        config: the configuration document: "history" and "config".
    """
    history = [table(each) for each in items(config.get("history"))]
    settings = table(config.get("config"))
    lines = [_HEAD]
    writer = _Writer()
    for each in history[_own(history) :]:
        lines += writer.lines(text(each.get("created_by"))[:_LONGEST])
    lines += _settings(settings, set(lines))
    return tuple(lines)


def judge_image_config(config: Mapping[str, Value]) -> tuple[Outcome, ...]:
    """Return what the checks of Dockerfiles that suit images say; lines are those of `dockerfile_of`.

    Comments in the history do not ignore anything: an image is judged by those who run it.
    """
    lines = dockerfile_of(config)
    dockerfile = parse_lines(lines, "image configuration")
    found = run(_CHECKS, dockerfile, hidden(lines, secrets_in(dockerfile)), file_type="dockerfile")
    return tuple(msgspec.structs.replace(outcome, ignored="") for outcome in found)


def _own(history: list[dict[str, Value]]) -> int:
    """Return the number of entries of the base image: up to the last CMD that a layer comes after."""
    last_layer = next((i for i in reversed(range(len(history))) if not history[i].get("empty_layer")), 0)
    for number in reversed(range(last_layer)):
        created_by = text(history[number].get("created_by")).removeprefix("/bin/sh -c #(nop)").lstrip()
        if history[number].get("empty_layer") and created_by.startswith("CMD"):
            return number + 1
    return 0


class _Writer:
    """Writes history as instructions."""

    def __init__(self) -> None:
        self._shell = _DEFAULT_SHELL
        self._given: set[str] = set()

    def lines(self, created_by: str) -> Iterator[str]:
        """Yield the lines of one entry, none for what the configuration tells better."""
        entry = created_by.strip().removesuffix("# buildkit").strip()
        before, is_nop, nop = entry.partition(_NOP)
        if is_nop and len(before) < len("/bin/sh -c  "):
            entry = _BUILDAH.sub("", nop.strip())
        keyword = _KEYWORD.match(entry)
        name = keyword["keyword"] if keyword else ""
        if name == "RUN" or (not name and (_SHELL.match(entry) or _ARGS.match(entry))):
            yield from self._run(entry.removeprefix("RUN").strip())
        elif name in _PAIRS:
            yield _with_pairs(name, entry.removeprefix(name).strip())
        elif name in _PLAIN:
            yield _with_files(name, _one_line(entry)) if name in {"COPY", "ADD"} else _one_line(entry)
        elif name not in _IN_CONFIG and entry:
            yield _one_line(f"# {entry}")

    def _run(self, entry: str) -> Iterator[str]:
        shell = _SHELL.search(entry)
        given = _ARGS.match(entry)
        if given and shell:
            yield from self._arguments(entry[given.end() : shell.start()])
        elif shell and shell.start():
            shell = None  # it is an argument of another program
        if shell is None:
            yield _command(entry)
            return
        started_by = tuple(shell["shell"].split())
        if started_by != self._shell:
            self._shell = started_by
            yield f"SHELL {_array(started_by)}"
        yield _command(entry[shell.end() :])

    def _arguments(self, written: str) -> Iterator[str]:
        """Yield the build arguments that a RUN was given, each once: their values are in the image."""
        for pair in _NEXT_PAIR.split(written.strip()):
            if "=" in pair and pair not in self._given:
                self._given.add(pair)
                yield _with_pairs("ARG", pair)


def _command(script: str) -> str:
    is_plain = not re.search(r"[\n\r]|<<|\\$|^\s*(?:\[|--)", script)
    return f"RUN {script}" if is_plain else f"RUN {_array(('/bin/sh', '-c', script))}"


def _with_pairs(keyword: str, written: str) -> str:
    if "=" not in written:
        return _one_line(f"{keyword} {written}")
    pairs = (pair.partition("=") for pair in _NEXT_PAIR.split(written))
    return _one_line(f"{keyword} " + " ".join(f"{name}={_quoted(value)}" for name, _, value in pairs))


def _quoted(value: str) -> str:
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    escaped = re.sub(r'([\\"$])', r"\\\1", inner)
    return f'"{escaped}"'


def _with_files(keyword: str, entry: str) -> str:
    """Return COPY and ADD as Dockerfiles have them; the classic builder wrote "COPY file:… in /target"."""
    if "<<" in entry:  # of a document that stood in the Dockerfile, only its name is left
        return f"{keyword} {_array(tuple(entry.split()[1:]))}"
    match = _FROM_FILES.fullmatch(entry)
    return f"{match['sources']} {match['target']}" if match else entry


def _one_line(entry: str) -> str:
    return " ".join(entry.splitlines()).rstrip("\\ ")


def _array(words: tuple[str, ...]) -> str:
    return msgspec.json.encode(words).decode()


def _settings(settings: dict[str, Value], said: set[str]) -> Iterator[str]:
    """Yield what containers start with; variables that history has told of are not repeated."""
    for variable in items(settings.get("Env")):
        line = _with_variable(text(variable))
        if line and not any(line.removeprefix("ENV ") in each for each in said):
            yield line
    for port in table(settings.get("ExposedPorts")):
        yield _one_line(f"EXPOSE {port}")
    volumes = tuple(table(settings.get("Volumes")))
    if volumes:
        yield f"VOLUME {_array(volumes)}"
    if text(settings.get("User")).strip():
        yield _one_line(f"USER {text(settings['User'])}")
    yield from _health_check(items(table(settings.get("Healthcheck")).get("Test")))
    for keyword, key in (("ENTRYPOINT", "Entrypoint"), ("CMD", "Cmd")):
        words = tuple(map(text, items(settings.get(key))))
        if words:
            yield f"{keyword} {_array(words)}"


def _with_variable(variable: str) -> str:
    name, _, value = variable.partition("=")
    return _one_line(f"ENV {name}={_quoted(value)}") if name.strip() else ""


def _health_check(test: list[Value]) -> Iterator[str]:
    match [text(each) for each in test]:
        case ["NONE", *_]:
            yield "HEALTHCHECK NONE"
        case ["CMD-SHELL", command, *_]:
            yield _one_line(f"HEALTHCHECK CMD {command}")
        case ["CMD", *words]:
            yield f"HEALTHCHECK CMD {_array(tuple(words))}"
