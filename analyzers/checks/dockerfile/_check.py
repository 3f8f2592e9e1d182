"""What the checks of Dockerfiles have in common."""

from collections.abc import Callable, Iterable, Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.checks.dockerfile.shell import Command, commands
from analyzers.severity import Severity

REFERENCE = "https://docs.docker.com/reference/dockerfile/"
PRACTICES = "https://docs.docker.com/build/building/best-practices/"
SECRETS = "https://docs.docker.com/build/building/secrets/"


def check(  # noqa: PLR0913 - the fields of a Check
    check_id: str,
    title: str,
    severity: Severity,
    *,
    why: str,
    mend: str,
    link: str,
    judge: Callable[[Dockerfile], Iterable[Cause]],
) -> Check[Dockerfile]:
    """Return a check of Dockerfiles; it is about each that has instructions."""
    return Check(
        id=check_id,
        title=title,
        severity=severity,
        description=why,
        resolution=mend,
        link=link,
        judge=judge,
        applies=lambda dockerfile: bool(dockerfile.stages),
        provider="dockerfile",
        service="general",
    )


def at(instruction: Instruction, message: str) -> Cause:
    """Return a cause at an instruction's lines."""
    return Cause(message, instruction.start_line, instruction.end_line)


def runs(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, tuple[Command, ...]]]:
    """Yield each RUN with its commands."""
    for instruction in dockerfile.of("RUN"):
        yield instruction, commands(instruction)


def each_command(message: str, fails: Callable[[Command], bool]) -> Callable[[Dockerfile], Iterator[Cause]]:
    """Return a judge that yields a RUN once, when one of its commands fails.

    "{}" in the message stands for the program with what it is asked to do: "apt-get install".
    """

    def judge(dockerfile: Dockerfile) -> Iterator[Cause]:
        for instruction, found in runs(dockerfile):
            first = next((command for command in found if fails(command)), None)
            if first:
                yield at(instruction, message.replace("{}", task(first)))

    return judge


def task(command: Command) -> str:
    """Return the program and its first operand, without what may be secret."""
    operand = next((word for word in command.operands if word.isalpha()), "")
    return f"{command.program} {operand}".rstrip()[:80]
