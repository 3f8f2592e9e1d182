"""Checks of who runs in an image, and what they may do."""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import PRACTICES, REFERENCE, at, check, each_command, runs
from analyzers.checks.dockerfile.model import Dockerfile
from analyzers.checks.dockerfile.shell import Command
from analyzers.severity import Severity

_ROOT = {"root", "0", "ContainerAdministrator"}
_OCTAL = re.compile(r"[0-7]{3,4}")
_FOR_ALL = re.compile(r"(?:.*,)?[ugo]*[oa][ugoa]*[+=][rwxXst]*w.*")
_TO_ALL = re.compile(r"\+[rwxXst]*w[rwxXst]*")
_AS_OWNER = re.compile(r"(?:.*,)?[ugoa]*[+=][rwxX]*s.*")
_LONGEST_MODE = 100
_SPECIAL_BITS = 4
_SET_ID = {"2", "4", "6", "3", "5", "7"}


def _runs_as_root(dockerfile: Dockerfile) -> Iterator[Cause]:
    lineage = dockerfile.final()
    users = [each for stage in lineage for each in stage.of("USER")]
    if not users:
        if not lineage[0].base.endswith(("nonroot", "-rootless")):
            yield Cause("there is no USER, expected one that is not root")
        return
    last = users[-1]
    user = last.arguments[0].partition(":")[0].strip() if last.arguments else ""
    if user in _ROOT:
        yield at(last, f"the last USER is {user!r}, expected one that is not root")


def _modes(command: Command) -> tuple[str, ...]:
    """Return the mode that `chmod` or `install` gives."""
    words = [word for word in command.words[1:] if len(word) <= _LONGEST_MODE]
    if command.program == "chmod":
        return tuple(word for word in words if not word.startswith("--"))[:2]
    if command.program in {"install", "mkdir"}:
        return tuple(word.removeprefix("--mode=").removeprefix("-m") for word in words)
    return ()


def _is_writable_by_all(mode: str) -> bool:
    if _OCTAL.fullmatch(mode):
        return mode[-1] in "2367" and not (len(mode) == _SPECIAL_BITS and mode[0] in "1357")
    return bool(_FOR_ALL.fullmatch(mode) or _TO_ALL.fullmatch(mode))


def _for_all(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, found in runs(dockerfile):
        modes = [mode for command in found for mode in _modes(command)]
        wrong = next((mode for mode in modes if _is_writable_by_all(mode)), None)
        if wrong:
            yield at(instruction, f"the mode {wrong!r:.40} lets everybody write, expected the owner only")
    for instruction in dockerfile.of("COPY", "ADD"):
        mode = instruction.flag("chmod")
        if len(mode) <= _LONGEST_MODE and _is_writable_by_all(mode):
            yield at(instruction, f"--chmod={mode:.40} lets everybody write, expected the owner only")


def _sets_id(command: Command) -> bool:
    return any(
        (_OCTAL.fullmatch(mode) and len(mode) == _SPECIAL_BITS and mode[0] in _SET_ID)
        or _AS_OWNER.fullmatch(mode)
        for mode in _modes(command)
        if command.program != "mkdir"
    )


def _sets_password(command: Command) -> bool:
    match command.program:
        case "chpasswd":
            return True
        case "passwd":
            return command.has("-d", "--delete", "--stdin")
        case "useradd" | "usermod":
            return command.has("-p", "--password")
        case _:
            return False


def _without_password(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, found in runs(dockerfile):
        said = any("NOPASSWD" in word for command in found for word in command.words)
        if said or any("NOPASSWD" in heredoc.text for heredoc in instruction.heredocs):
            yield at(instruction, "'NOPASSWD' lets a user become root without a password")


CHECKS = (
    check(
        "DS-0002",
        "Image runs as root",
        Severity.HIGH,
        why="Who breaks out of a container in which root runs is root on the host, if nothing else stops it.",
        mend="Create a user, and end the last stage with 'USER name'.",
        link=f"{PRACTICES}#user",
        judge=_runs_as_root,
    ),
    check(
        "DS-0010",
        "RUN with sudo",
        Severity.CRITICAL,
        why="Builds run as root already; sudo changes environment and terminal in unforeseen ways.",
        mend="Leave it out, or change the user by USER; at run time use a program such as gosu.",
        link=f"{PRACTICES}#user",
        judge=each_command("'sudo' is used, expected none", lambda command: command.program == "sudo"),
    ),
    check(
        "CB-D0005",
        "Files that everybody may write",
        Severity.MEDIUM,
        why="A process that is taken over can change programs that others run if all may write them.",
        mend="Give files to the user that needs them with --chown, and modes such as 755, 644 or 750.",
        link=f"{REFERENCE}#copy---chown---chmod",
        judge=_for_all,
    ),
    check(
        "CB-D0019",
        "Programs that run as their owner",
        Severity.MEDIUM,
        why="A program with the set-user-ID bit gives its owner's rights to whoever starts it.",
        mend="Take the bit off, and give the one capability that is needed with setcap.",
        link="https://man7.org/linux/man-pages/man7/capabilities.7.html",
        judge=each_command("'{}' makes a file run as its owner or group", _sets_id),
    ),
    check(
        "CB-D0022",
        "Password set while building",
        Severity.HIGH,
        why="A password in an image is the same in all containers, and known to all who can pull it.",
        mend="Leave users without passwords, and give credentials at run time.",
        link="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
        judge=each_command("'{}' sets or removes a password", _sets_password),
    ),
    check(
        "CB-D0023",
        "Users become root without a password",
        Severity.HIGH,
        why="A user that may do everything by sudo is root, whatever USER says.",
        mend="Do what needs root before USER, and leave sudo out of the image.",
        link=f"{PRACTICES}#user",
        judge=_without_password,
    ),
)
