"""Checks of how a Dockerfile is put together."""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import PRACTICES, REFERENCE, at, check
from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.checks.dockerfile.shell import SHELLS, commands
from analyzers.severity import Severity

_PIPE_SHELLS = frozenset({"bash", "zsh", "ksh", "ash", "sh"})


def _repeated(keyword: str) -> Callable[[Dockerfile], Iterator[Cause]]:
    def judge(dockerfile: Dockerfile) -> Iterator[Cause]:
        for stage in dockerfile.stages:
            found = list(stage.of(keyword))
            if len(found) > 1:
                yield at(found[-1], f"{len(found)} {keyword} instructions in one stage, expected one")

    return judge


def _changes_folder(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("RUN"):
        if not instruction.heredocs and any(each.program == "cd" for each in commands(instruction)):
            yield at(instruction, "'cd' in RUN, expected WORKDIR")


def _maintainer(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("MAINTAINER"):
        yield at(instruction, "MAINTAINER is deprecated, expected LABEL")


def _no_health_check(dockerfile: Dockerfile) -> Iterator[Cause]:
    if not any(True for stage in dockerfile.final() for _ in stage.of("HEALTHCHECK")):
        yield Cause("there is no HEALTHCHECK, expected one in the last stage")


def _shell_form(dockerfile: Dockerfile) -> Iterator[Cause]:
    for stage in dockerfile.final()[-1:]:
        for instruction in stage.of("CMD", "ENTRYPOINT"):
            if not instruction.is_json and instruction.arguments and not _hands_over(instruction):
                yield at(instruction, f"{instruction.keyword} is started by a shell, expected a JSON array")


def _hands_over(instruction: Instruction) -> bool:
    return instruction.arguments[0].lstrip().startswith("exec ")


def _pipes(dockerfile: Dockerfile) -> Iterator[Cause]:
    for stage in dockerfile.stages:
        shell: tuple[str, ...] = ("/bin/sh", "-c")
        for instruction in stage.instructions:
            if instruction.keyword == "SHELL":
                shell = instruction.arguments
            if instruction.keyword == "RUN" and _loses_errors(instruction, shell):
                yield at(instruction, "an error before the last '|' is lost, expected 'set -o pipefail'")


def _loses_errors(instruction: Instruction, shell: tuple[str, ...]) -> bool:
    found = commands(instruction)
    if instruction.is_json and not (found and found[0].program in SHELLS):
        return False
    if not shell or shell[0].rpartition("/")[2] not in _PIPE_SHELLS or "pipefail" in shell:
        return False
    said = any("pipefail" in command.words for command in found)
    return not said and any(command.piped for command in found)


CHECKS = (
    check(
        "DS-0007",
        "Several ENTRYPOINT instructions",
        Severity.CRITICAL,
        why="Only the last ENTRYPOINT of a stage counts; the others mislead.",
        mend="Keep the one that is meant.",
        link=f"{REFERENCE}#entrypoint",
        judge=_repeated("ENTRYPOINT"),
    ),
    check(
        "DS-0013",
        "RUN changes the folder",
        Severity.MEDIUM,
        why="'cd' lasts until its RUN ends, and makes it hard to see where the next command works.",
        mend="Change the folder by WORKDIR.",
        link=f"{PRACTICES}#workdir",
        judge=_changes_folder,
    ),
    check(
        "DS-0016",
        "Several CMD instructions",
        Severity.HIGH,
        why="Only the last CMD of a stage counts; the others mislead.",
        mend="Keep the one that is meant.",
        link=f"{REFERENCE}#cmd",
        judge=_repeated("CMD"),
    ),
    check(
        "DS-0022",
        "MAINTAINER is deprecated",
        Severity.HIGH,
        why="The instruction will not always be understood; labels are shown by every tool.",
        mend='Write LABEL org.opencontainers.image.authors="…" instead.',
        link=f"{REFERENCE}#maintainer-deprecated",
        judge=_maintainer,
    ),
    check(
        "DS-0023",
        "Several HEALTHCHECK instructions",
        Severity.MEDIUM,
        why="Only the last HEALTHCHECK of a stage counts; the others mislead.",
        mend="Keep the one that is meant.",
        link=f"{REFERENCE}#healthcheck",
        judge=_repeated("HEALTHCHECK"),
    ),
    check(
        "DS-0026",
        "No HEALTHCHECK",
        Severity.LOW,
        why="Without it an engine cannot tell a process that works from one that only has not ended.",
        mend="Add a HEALTHCHECK, or HEALTHCHECK NONE where the orchestrator probes by itself.",
        link=f"{REFERENCE}#healthcheck",
        judge=_no_health_check,
    ),
    check(
        "CB-D0020",
        "Errors in pipes are lost",
        Severity.LOW,
        why="A shell takes the last command's result only: a download that fails is not noticed.",
        mend="""Set SHELL ["/bin/bash", "-o", "pipefail", "-c"], or begin with 'set -o pipefail &&'.""",
        link=f"{PRACTICES}#using-pipes",
        judge=_pipes,
    ),
    check(
        "CB-D0021",
        "Program is started by a shell",
        Severity.LOW,
        why="The shell has process id 1 and does not pass signals on, so that stopping means killing.",
        mend="""Write the command as a JSON array: CMD ["program", "argument"].""",
        link=f"{REFERENCE}#shell-and-exec-form",
        judge=_shell_form,
    ),
)
