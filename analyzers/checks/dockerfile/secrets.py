"""Checks of secrets that a build leaves in its image."""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import SECRETS, at, check
from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.checks.dockerfile.shell import Command, commands
from analyzers.checks.secret_names import is_secret_name, is_switch
from analyzers.severity import Severity

_FILE = re.compile(
    r"(?:.*/)?(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.env(?:\.(?:local|prod|production))?|\.netrc|\.pypirc|\.pgpass"
    r"|\.git-credentials|\.dockercfg|\.docker/config\.json|\.aws/credentials|\.kube/config|kubeconfig"
    r"|(?:gcp-|google-)?(?:service[-_]account|credentials)\.json|secrets?\.(?:ya?ml|json|env|txt)"
    r"|[^/]*\.(?:pfx|p12|jks|keystore|kdbx)|[^/]*(?:private|server|tls|ssl)[^/]*\.key)",
    re.IGNORECASE,
)
_LONGEST_PATH = 4096
_AWS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
_FIXED = re.compile(r"[^$`<{]{3,}")
_IN_ADDRESS = re.compile(r"(?<!\w)\w{1,20}://[^/\s:@$]{0,100}:([^/\s@$]{3,200})@")
_OPTION = re.compile(r"--?(?:\w+[-_])?(?:password|passwd|token|secret|api-?key)=(\S{3,})", re.IGNORECASE)
_HEADER = re.compile(
    r"(?:authorization|private-token|x-api-key):\s*(?:(?:bearer|basic|token)\s+)?([^\s$]{6,})", re.IGNORECASE
)
_LOGINS = frozenset(
    {"curl", "wget", "docker", "podman", "buildah", "skopeo", "helm", "az", "mysql", "sshpass"}
)


def _kept(dockerfile: Dockerfile) -> Iterator[Cause]:
    yield from _variables(dockerfile)
    for instruction in dockerfile.of("COPY", "ADD"):
        wrong = next((each for each in instruction.arguments[:-1] if _is_secret_file(each)), None)
        if wrong:
            yield at(
                instruction, f"{wrong!r:.100} looks like a file of secrets, and is copied into the image"
            )
    for instruction in dockerfile.of("RUN"):
        if any(_aws_key(each) for each in commands(instruction)):
            yield at(instruction, "'aws configure set' writes a key into the image")


def _is_secret_file(path: str) -> bool:
    return len(path) <= _LONGEST_PATH and bool(_FILE.fullmatch(path))


def _variables(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in (*dockerfile.arguments, *dockerfile.of("ARG", "ENV")):
        for name, value in instruction.pairs():
            if is_secret_name(name) and _may_be_secret(instruction, value):
                yield at(
                    instruction, f"{instruction.keyword} {name:.100} keeps a secret in the image's history"
                )


def _may_be_secret(instruction: Instruction, value: str) -> bool:
    """Tell whether a variable called like a secret has one; an ARG gets its value later."""
    if instruction.keyword == "ARG" and not value:
        return True
    return (
        bool(value) and not is_switch(value) and not value.startswith(("/run/secrets/", "/var/run/secrets/"))
    )


def _aws_key(command: Command) -> str:
    match command.operands:
        case ("configure", "set", name, value, *_) if command.program == "aws" and name in _AWS:
            return value if _FIXED.fullmatch(value) else ""
        case _:
            return ""


def _in_commands(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("RUN"):
        if next(_written(instruction), ""):
            yield at(instruction, "a secret is written in RUN, which keeps it in the image's history")


def _written(instruction: Instruction) -> Iterator[str]:
    """Yield what looks like a secret in the commands of a RUN."""
    for command in commands(instruction):
        yield from _assigned(command)
        yield from _given(command)


def _assigned(command: Command) -> Iterator[str]:
    exported = command.words[1:] if command.program == "export" else ()
    for each in (*command.assignments, *exported):
        name, _, value = each.partition("=")
        if is_secret_name(name) and _FIXED.fullmatch(value) and not value.startswith("/"):
            yield value


def _given(command: Command) -> Iterator[str]:
    for word in command.words:
        for pattern in (_IN_ADDRESS, _OPTION, _HEADER):
            match = pattern.search(word)
            if match and _FIXED.fullmatch(match[1]):
                yield match[1]
    if command.program in _LOGINS:
        for option, value in zip(command.words, command.words[1:], strict=False):
            if option in {"--password", "--token"} and _FIXED.fullmatch(value) and not value.startswith("-"):
                yield value
            if option in {"-u", "--user"} and command.program == "curl" and ":" in value:
                yield from (part for part in [value.partition(":")[2]] if _FIXED.fullmatch(part))


def secrets_in(dockerfile: Dockerfile) -> Iterator[tuple[int, int, str]]:
    """Yield first line, last line and text of what reports must not repeat."""
    for instruction in (*dockerfile.arguments, *dockerfile.of("ARG", "ENV")):
        for name, value in instruction.pairs():
            is_other = value not in instruction.raw and f"{name}=$" in instruction.raw
            if is_secret_name(name) and value and not is_other:
                yield instruction.start_line, instruction.end_line, value
    for instruction in dockerfile.of("RUN"):
        for value in (*_written(instruction), *map(_aws_key, commands(instruction))):
            if value:
                yield instruction.start_line, instruction.end_line, value


CHECKS = (
    check(
        "DS-0031",
        "Secrets in variables or copied files",
        Severity.CRITICAL,
        why="Variables and files of a build stay in the image and its history, for all who can pull it.",
        mend="Use RUN --mount=type=secret while building, and mounted files or variables at run time.",
        link=SECRETS,
        judge=_kept,
    ),
    check(
        "CB-D0009",
        "Secrets written in RUN",
        Severity.CRITICAL,
        why="The text of each RUN is in the image's history, for all who can pull it.",
        mend="Use RUN --mount=type=secret, and change the secret.",
        link=SECRETS,
        judge=_in_commands,
    ),
)
