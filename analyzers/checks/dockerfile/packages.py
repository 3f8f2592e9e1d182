"""Checks of how RUN instructions use the package managers of systems."""

import re
from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import PRACTICES, at, check, each_command, runs, task
from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.checks.dockerfile.shell import Command
from analyzers.severity import Severity

_RUN = f"{PRACTICES}#run"
_APT = frozenset({"apt-get", "apt"})
_INSTALL = frozenset({"install", "reinstall", "localinstall", "groupinstall", "in", "source-install", "si"})
_UPDATE = frozenset({"update", "up", "refresh", "ref", "check-update"})
_UPDATERS = frozenset({"apt-get", "apt", "yum", "dnf", "apk", "zypper", "microdnf"})
_AFTER_UPDATE = _INSTALL | {"add", "upgrade", "dist-upgrade", "full-upgrade", "build-dep"}
_ASSUMED = ("-y", "--yes", "--assume-yes", "--force-yes", "--no-remove")
_QUIET_LEVELS = 2
_VALUED = frozenset({"-t", "-o", "-c", "--target-release", "--option"})
"""Options of apt-get that a value comes after."""


def _verb(command: Command) -> str:
    """Return what a package manager is asked to do: its first operand."""
    words = iter(command.words[1:])
    for word in words:
        if word in _VALUED:
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""


def _is(command: Command, programs: frozenset[str], verbs: frozenset[str]) -> bool:
    return command.program in programs and _verb(command) in verbs


def _leaves_cache(program: str, verbs: frozenset[str], cache: str) -> Callable[[Dockerfile], Iterator[Cause]]:
    """Return a judge of RUN instructions that install packages and do not remove what came with them."""

    def is_cleaned(command: Command) -> bool:
        if command.program == program:
            return _verb(command) in {"clean", "cc"}
        return command.program == "rm" and any(cache in word for word in command.words)

    def judge(dockerfile: Dockerfile) -> Iterator[Cause]:
        for instruction, found in runs(dockerfile):
            installs = [each for each in found if _is(each, frozenset({program}), verbs)]
            if installs and not _is_mounted(instruction, cache) and not any(map(is_cleaned, found)):
                yield at(instruction, f"'{task(installs[0])}' leaves its cache, expected '{program} clean'")

    return judge


def _is_mounted(instruction: Instruction, folder: str) -> bool:
    """Tell whether a folder is one of the build's own, and not the image's."""
    kinds = [flag for flag in instruction.flags if re.search(r"type=(?:cache|tmpfs)", flag)]
    return any(folder in flag for flag in kinds)


def _updates_alone(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, found in runs(dockerfile):
        places = [number for number, each in enumerate(found) if _is(each, _UPDATERS, _UPDATE)]
        after = found[places[0] + 1 :] if places else ()
        if places and not any(_is(each, _UPDATERS, _AFTER_UPDATE) for each in after):
            message = f"'{task(found[places[0]])}' without an installation after it in the same RUN"
            yield at(instruction, message)


def _asks(command: Command) -> bool:
    if not _is(command, _APT, _INSTALL):
        return False
    quiet = sum(len(word) - 1 for word in command.words if re.fullmatch(r"-q{1,9}", word))
    is_told = any(word.startswith(("-q=", "--quiet=2")) for word in command.words)
    return not (command.has(*_ASSUMED) or quiet >= _QUIET_LEVELS or is_told)


def _recommends(command: Command) -> bool:
    if not _is(command, _APT, _INSTALL):
        return False
    return not any("install-recommends" in word.lower() for word in command.words)


def _apk_cache(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, found in runs(dockerfile):
        adds = [each for each in found if each.program == "apk" and "add" in each.operands]
        removed = any(each.program == "rm" and "/var/cache/apk" in each.text for each in found)
        if removed or _is_mounted(instruction, "/apk"):
            continue
        if any(not command.has("--no-cache") for command in adds):
            yield at(instruction, "'apk add' without '--no-cache'")


def _apt_lists(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, found in runs(dockerfile):
        updates = any(_is(each, _APT, frozenset({"update"})) for each in found)
        removed = any(each.program in {"rm", "find"} and "/var/lib/apt" in each.text for each in found)
        if updates and not removed and not _is_mounted(instruction, "/var/lib/apt"):
            yield at(instruction, "'apt-get update' leaves its lists, expected 'rm -rf /var/lib/apt/lists/*'")


def _unsigned(command: Command) -> bool:
    match command.program:
        case "apt-get" | "apt":
            return command.has("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories")
        case "yum" | "dnf" | "microdnf":
            return command.has("--nogpgcheck", "--no-gpgchecks") or "gpgcheck=0" in command.text
        case "zypper":
            return command.has("--no-gpg-checks", "--allow-unsigned-rpm")
        case "apk":
            return command.has("--allow-untrusted")
        case "rpm":
            return command.has("--nosignature", "--nodigest", "--noverify")
        case _:
            return False


_MANY = frozenset({"install", "reinstall", "localinstall", "groupinstall"})
_SMALL = "What a package manager keeps for the next time is never used, and makes the image larger."
CHECKS = (
    check(
        "DS-0015",
        "Cache of yum is left",
        Severity.HIGH,
        why=_SMALL,
        mend="End the RUN with 'yum clean all'.",
        link=_RUN,
        judge=_leaves_cache("yum", _MANY, "/var/cache/yum"),
    ),
    check(
        "DS-0017",
        "Package lists updated on their own",
        Severity.HIGH,
        why="The lists are kept as a layer, and a later RUN installs what they named when that was built.",
        mend="Update and install in the same RUN.",
        link=f"{PRACTICES}#apt-get",
        judge=_updates_alone,
    ),
    check(
        "DS-0019",
        "Cache of dnf is left",
        Severity.HIGH,
        why=_SMALL,
        mend="End the RUN with 'dnf clean all'.",
        link=_RUN,
        judge=_leaves_cache("dnf", _MANY, "/var/cache/dnf"),
    ),
    check(
        "DS-0020",
        "Cache of zypper is left",
        Severity.HIGH,
        why=_SMALL,
        mend="End the RUN with 'zypper clean'.",
        link=_RUN,
        judge=_leaves_cache(
            "zypper", _INSTALL | {"remove", "rm", "patch", "update", "up"}, "/var/cache/zypp"
        ),
    ),
    check(
        "DS-0021",
        "apt-get asks before it installs",
        Severity.HIGH,
        why="Nobody can answer while an image is built, so that the build fails or stands still.",
        mend="Add '-y'.",
        link=f"{PRACTICES}#apt-get",
        judge=each_command("'{}' without '-y'", _asks),
    ),
    check(
        "DS-0024",
        "Distribution upgraded in the image",
        Severity.HIGH,
        why="The image then is neither the release that FROM names nor the same in two builds.",
        mend="Start from an image of the release that is wanted.",
        link=f"{PRACTICES}#apt-get",
        judge=each_command(
            "'{}' upgrades the distribution", lambda each: _is(each, _APT, frozenset({"dist-upgrade"}))
        ),
    ),
    check(
        "DS-0025",
        "Cache of apk is left",
        Severity.HIGH,
        why=_SMALL,
        mend="Use 'apk add --no-cache'.",
        link="https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper",
        judge=_apk_cache,
    ),
    check(
        "DS-0027",
        "Cache of microdnf is left",
        Severity.HIGH,
        why=_SMALL,
        mend="End the RUN with 'microdnf clean all'.",
        link=_RUN,
        judge=_leaves_cache("microdnf", _MANY, "/var/cache"),
    ),
    check(
        "DS-0029",
        "apt-get installs what is only recommended",
        Severity.HIGH,
        why="Packages that nothing needs make the image larger and bring vulnerabilities of their own.",
        mend="Add '--no-install-recommends'.",
        link=f"{PRACTICES}#apt-get",
        judge=each_command("'{}' without '--no-install-recommends'", _recommends),
    ),
    check(
        "CB-D0017",
        "Package lists of apt are left",
        Severity.LOW,
        why=_SMALL,
        mend="End the RUN with 'rm -rf /var/lib/apt/lists/*'.",
        link=f"{PRACTICES}#apt-get",
        judge=_apt_lists,
    ),
    check(
        "CB-D0011",
        "Packages without a signature",
        Severity.HIGH,
        why="Without signatures, whoever controls the mirror or the way to it decides what is installed.",
        mend="Add the repository's key to the image and leave the checks on.",
        link="https://slsa.dev/spec/v1.0/threats",
        judge=each_command("'{}' takes packages that nobody signed", _unsigned),
    ),
)
