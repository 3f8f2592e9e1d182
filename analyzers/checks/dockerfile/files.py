"""Checks of what is copied into an image, and where it goes."""

import re
from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import PRACTICES, REFERENCE, at, check
from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.severity import Severity

_ARCHIVE = re.compile(r".*\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|tzst)|.*[*?$].*", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?|ftp|git)://|git@|ssh://", re.IGNORECASE)
_LEGACY = re.compile(r"(?:file|dir|multi):[0-9a-f]{32,}")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:|\\|\$|%")
_SYSTEM = re.compile(r"/(?:proc|sys|dev)(?:/.*)?")
_MANY = 2
_SENSITIVE = re.compile(
    r"/(?:proc|sys|dev|boot|etc|root|run/secrets)?/?|(?:/var)?/run/docker\.sock"
    r"|(?:/root|/home/[^/]+)/\.(?:ssh|aws|kube|docker|gnupg).*"
)


def _add_instead_of_copy(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("ADD"):
        sources = instruction.arguments[:-1]
        if instruction.heredocs or not sources:
            continue
        if not any(
            _ARCHIVE.fullmatch(each) or _REMOTE.match(each) or _LEGACY.match(each) for each in sources
        ):
            yield at(instruction, f"ADD of {sources[0]!r:.100}, expected COPY")


def _added(pattern: str, message: str) -> Callable[[Dockerfile], Iterator[Cause]]:
    def judge(dockerfile: Dockerfile) -> Iterator[Cause]:
        for instruction in dockerfile.of("ADD"):
            sources = [each for each in instruction.arguments[:-1] if re.match(pattern, each, re.IGNORECASE)]
            if sources and not instruction.flag("checksum"):
                yield at(instruction, message)

    return judge


def _from_itself(dockerfile: Dockerfile) -> Iterator[Cause]:
    for stage in dockerfile.stages:
        for instruction in stage.of("COPY"):
            if stage.name and instruction.flag("from").lower() == stage.name:
                yield at(instruction, f"COPY --from={stage.name:.100} is in that stage itself")


def _many_to_one(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("COPY"):
        if len(instruction.arguments) > _MANY and not _is_folder(instruction):
            yield at(
                instruction,
                f"the last argument is {instruction.arguments[-1]!r:.100}, expected '/' at its end",
            )


def _is_folder(instruction: Instruction) -> bool:
    last = instruction.arguments[-1]
    return last.endswith(("/", "\\", "/.")) or last in {".", ".."}


def _relative(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, path in _folders(dockerfile):
        if not _ABSOLUTE.match(path):
            yield at(instruction, f"WORKDIR {path!r:.100}, expected an absolute path")


def _system_folder(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, path in _folders(dockerfile):
        if _SYSTEM.fullmatch(path) and not path.startswith(
            ("/usr/src", "/usr/local", "/usr/share", "/usr/app")
        ):
            yield at(instruction, f"WORKDIR {path!r:.100} is a folder of the system")


def _folders(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    for instruction in dockerfile.of("WORKDIR"):
        yield from ((instruction, argument.strip("\"'")) for argument in instruction.arguments[:1])


def _sensitive_volume(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("VOLUME"):
        wrong = next((path for path in instruction.arguments if _SENSITIVE.fullmatch(path)), None)
        if wrong:
            yield at(instruction, f"VOLUME {wrong!r:.100} takes a sensitive folder out of the image")


CHECKS = (
    check(
        "DS-0005",
        "ADD where COPY would do",
        Severity.LOW,
        why="ADD unpacks archives and fetches from the network, which is not to be seen from its arguments.",
        mend="Use COPY for files and folders of the build context.",
        link=f"{PRACTICES}#add-or-copy",
        judge=_add_instead_of_copy,
    ),
    check(
        "DS-0006",
        "COPY from its own stage",
        Severity.CRITICAL,
        why="A stage cannot be copied from before it is complete: the build fails.",
        mend="Name another stage in --from.",
        link=f"{REFERENCE}#copy---from",
        judge=_from_itself,
    ),
    check(
        "DS-0009",
        "WORKDIR is relative",
        Severity.HIGH,
        why="A relative folder depends on the base image and on all instructions before it.",
        mend="Write the path from '/'.",
        link=f"{PRACTICES}#workdir",
        judge=_relative,
    ),
    check(
        "DS-0011",
        "COPY of several files to what is no folder",
        Severity.CRITICAL,
        why="With more than one source the target has to be a folder, which only a slash at its end says.",
        mend="End the last argument with a slash.",
        link=f"{REFERENCE}#copy",
        judge=_many_to_one,
    ),
    check(
        "DS-0030",
        "WORKDIR in a folder of the system",
        Severity.HIGH,
        why="A working folder such as /proc/self/fd has let processes out of containers (CVE-2024-21626).",
        mend="Work in a folder of your own, such as /app.",
        link=f"{PRACTICES}#workdir",
        judge=_system_folder,
    ),
    check(
        "CB-D0002",
        "ADD over a plain connection",
        Severity.HIGH,
        why="What comes over HTTP or FTP can be changed by everybody on the way.",
        mend="Fetch it over HTTPS, with --checksum.",
        link=f"{REFERENCE}#add---checksum",
        judge=_added(r"(?:http|ftp)://", "ADD of a plain HTTP or FTP address, expected HTTPS"),
    ),
    check(
        "CB-D0003",
        "ADD of an address without checksum",
        Severity.MEDIUM,
        why="The file behind an address can be replaced, and the build would take the new one.",
        mend="Add --checksum=sha256:… of the file that was reviewed.",
        link=f"{REFERENCE}#add---checksum",
        judge=_added(r"https://(?!.*\.git(?:#|$))", "ADD of an address without --checksum"),
    ),
    check(
        "CB-D0014",
        "VOLUME of a sensitive folder",
        Severity.MEDIUM,
        why="Volumes outlive containers and are shared by them; what is secret should not be in one.",
        mend="Declare volumes for data only.",
        link=f"{REFERENCE}#volume",
        judge=_sensitive_volume,
    ),
)
