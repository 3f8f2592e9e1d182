"""The commands that RUN instructions start.

Format: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from analyzers.checks.dockerfile.model import Instruction

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r]+)"
    r"|(?P<comment>(?<![^\s;&|()])\#[^\n]*)"
    r"|(?P<operator>\$\(|&&|\|\||\|&|;;|[;&|()\n`])"
    r"|(?P<word>(?:\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|\$\{[^}\n]{0,200}\}|\d{0,2}(?:&>>?|[<>]&|>\|)|\$(?!\()|[^\s\\'\"$;&|()`\#]"
    r"|(?<=[^\s;&|()])\#)+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_BEFORE = frozenset(
    (
        "if",
        "then",
        "else",
        "elif",
        "do",
        "while",
        "until",
        "{",
        "!",
        "time",
        "exec",
        "command",
        "nohup",
        "eval",
    )
)
"""Words that a command may stand after."""
_RUNNERS = frozenset({"sudo", "env", "gosu", "chroot", "xargs", "timeout", "nice", "ionice", "su-exec"})
_PIPES = frozenset({"|", "|&"})
_QUOTED = re.compile(r"\\(\n|.)|'([^']*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)
_SCRIPT_WORDS = 3
"""Of `sh -c SCRIPT`."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command."""

    words: tuple[str, ...]
    """Unquoted, the program first as it is written; assignments and keywords before it are left out."""
    assignments: tuple[str, ...] = ()
    """"name=value", before the program."""
    piped: bool = False
    """Whether it reads what the command before it writes."""

    @property
    def program(self) -> str:
        """Its name without folder."""
        return posixpath.basename(self.words[0]) if self.words else ""

    @property
    def operands(self) -> tuple[str, ...]:
        """The words after the program that are no options."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))

    @property
    def text(self) -> str:
        """It in one line."""
        return " ".join(self.words)

    def has(self, *options: str) -> bool:
        """Tell whether one of the options is given: "--yes", also as "--yes=…"; "-y", also within "-qy"."""
        long = {option for option in options if option.startswith("--")}
        short = {option[1] for option in options if not option.startswith("--")}
        for word in self.words[1:]:
            if word.partition("=")[0] in long:
                return True
            if re.fullmatch(r"-[A-Za-z0-9]+", word) and short.intersection(word[1:]):
                return True
        return False


@lru_cache(maxsize=512)
def commands(instruction: Instruction) -> tuple[Command, ...]:
    """Return the commands of a RUN, or of a CMD, ENTRYPOINT or HEALTHCHECK, in their order.

    What a program makes up at run time is not known; scripts in heredocs and after `sh -c` are read, too.
    """
    arguments = instruction.arguments
    if instruction.keyword == "HEALTHCHECK":
        arguments = arguments[1:]
    if instruction.is_json:
        return tuple(_unwrapped(Command(words=arguments), _DEEPEST)) if arguments else ()
    found = list(read("\n".join(arguments)))
    for heredoc in instruction.heredocs:
        if all(_is_read_by_a_shell(each) for each in found):
            found += read(heredoc.text)
    return tuple(found)


def _is_read_by_a_shell(command: Command) -> bool:
    words = [word for word in command.words if "<<" not in word]
    return not words or (posixpath.basename(words[0]) in SHELLS and len(words) == 1)


def read(script: str, deepest: int = _DEEPEST) -> Iterator[Command]:
    """Yield the commands of a shell script."""
    words: list[str] = []
    piped = False
    for match in _TOKEN.finditer(script):
        if match.lastgroup == "operator":
            yield from _command(words, deepest, piped=piped)
            words = []
            piped = match[0] in _PIPES or (piped and match[0] == "(")
        elif match.lastgroup in {"word", "other"}:
            words.append(match[0])
    yield from _command(words, deepest, piped=piped)


def _command(words: list[str], deepest: int, *, piped: bool) -> Iterator[Command]:
    start = 0
    while start < len(words) and words[start] in _BEFORE:
        start += 1
    first = start
    while start < len(words) and _ASSIGNMENT.match(words[start]):
        start += 1
    assignments = tuple(map(_unquoted, words[first:start]))
    rest = tuple(map(_unquoted, words[start:]))
    if rest or assignments:
        yield from _unwrapped(Command(words=rest, assignments=assignments, piped=piped), deepest)


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda match: (match[1] or match[2] or match[3] or "").replace("\n", " "), word)


def _unwrapped(command: Command, deepest: int) -> Iterator[Command]:
    """Yield a command, then the one that it starts."""
    yield command
    if not deepest:
        return
    if command.program in _RUNNERS:
        rest = _after_options(command.words)
        if rest:
            inner = Command(words=rest, assignments=command.assignments, piped=command.piped)
            yield from _unwrapped(inner, deepest - 1)
    if command.program in SHELLS and len(command.words) >= _SCRIPT_WORDS:
        options = [number for number, word in enumerate(command.words[:-1]) if re.fullmatch(r"-\w*c", word)]
        if options:
            yield from read(command.words[options[0] + 1], deepest - 1)


def _after_options(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that `sudo -E A=1 program …` starts; a value of an option may be taken for it."""
    for number, word in enumerate(words[1:], 1):
        if not word.startswith("-") and not _ASSIGNMENT.match(word) and not word.isdigit():
            return words[number:]
    return ()
