"""Checks of ports, networks and the rights of builds."""

import re
from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import REFERENCE, at, check
from analyzers.checks.dockerfile.model import Dockerfile
from analyzers.severity import Severity

_PORTS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?(?:/\w+)?")
_SSH = 22
_LAST_PORT = 65535
_ADMINISTRATION = {23: "Telnet", 512: "rexec", 513: "rlogin", 514: "rsh", 2375: "Docker without TLS"}
_DESKTOPS = {3389: "remote desktop", 5900: "VNC"}


def _exposed(dockerfile: Dockerfile, fails: Callable[[range], str]) -> Iterator[Cause]:
    for instruction in dockerfile.of("EXPOSE"):
        for word in instruction.arguments:
            match = _PORTS.fullmatch(word)
            message = fails(range(int(match[1]), int(match[2] or match[1]) + 1)) if match else ""
            if message:
                yield at(instruction, message)


def _ssh(dockerfile: Dockerfile) -> Iterator[Cause]:
    found = _exposed(dockerfile, lambda ports: "port 22 is exposed, expected no SSH" if _SSH in ports else "")
    yield from dict.fromkeys(found)


def _out_of_range(dockerfile: Dockerfile) -> Iterator[Cause]:
    def message(ports: range) -> str:
        last = max(ports.start, ports.stop - 1)
        return f"port {last} is exposed, expected 0 to {_LAST_PORT}" if last > _LAST_PORT else ""

    yield from _exposed(dockerfile, message)


def _administration(dockerfile: Dockerfile) -> Iterator[Cause]:
    def message(ports: range) -> str:
        names = [name for port, name in (_ADMINISTRATION | _DESKTOPS).items() if port in ports]
        return f"a port of {names[0]} is exposed" if names else ""

    yield from _exposed(dockerfile, message)


def _flagged(name: str, value: str, message: str) -> Callable[[Dockerfile], Iterator[Cause]]:
    def judge(dockerfile: Dockerfile) -> Iterator[Cause]:
        for instruction in dockerfile.of("RUN"):
            if instruction.flag(name) == value:
                yield at(instruction, message)

    return judge


CHECKS = (
    check(
        "DS-0004",
        "Port of SSH exposed",
        Severity.MEDIUM,
        why="A container with an SSH server has another way in, with keys and updates of its own.",
        mend="Remove port 22 from EXPOSE, and use the engine to start programs in containers.",
        link=f"{REFERENCE}#expose",
        judge=_ssh,
    ),
    check(
        "DS-0008",
        "Port out of range",
        Severity.CRITICAL,
        why="There are no ports above 65535, so something else was meant.",
        mend="Expose a port from 0 to 65535.",
        link=f"{REFERENCE}#expose",
        judge=_out_of_range,
    ),
    check(
        "CB-D0015",
        "Port of remote administration exposed",
        Severity.MEDIUM,
        why="These services give control of a machine, and several of them send passwords in the clear.",
        mend="Remove the port from EXPOSE and the service from the image.",
        link=f"{REFERENCE}#expose",
        judge=_administration,
    ),
    check(
        "CB-D0012",
        "Build step without a sandbox",
        Severity.HIGH,
        why="With --security=insecure a step has all rights on the host that builds.",
        mend="Remove the flag, or do what needs the rights outside of the build.",
        link=f"{REFERENCE}#run---security",
        judge=_flagged("security", "insecure", "--security=insecure gives the step the builder's rights"),
    ),
    check(
        "CB-D0013",
        "Build step in the host's network",
        Severity.MEDIUM,
        why="With --network=host a step reaches services of the builder that are meant for itself alone.",
        mend="Remove the flag.",
        link=f"{REFERENCE}#run---network",
        judge=_flagged("network", "host", "--network=host gives the step the builder's network"),
    ),
)
