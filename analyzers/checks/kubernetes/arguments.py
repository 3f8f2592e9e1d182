"""Arguments that programs of the control plane are started with.

Reference: https://kubernetes.io/docs/reference/command-line-tools-reference/
"""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzers.checks.kubernetes.objects import Container, Manifest

Arguments = dict[str, str]
"""Name without its dashes → value, "true" when there is none; of several the last one counts."""
_DIGITS = 9  # more than any of these numbers needs


@dataclass(frozen=True, slots=True)
class Demand:
    """What arguments have to be."""

    advice: str
    """In the imperative, without a full stop: "set --profiling to false"."""
    is_met: Callable[[Arguments], bool]


def runs(program: str) -> Callable[[Manifest], bool]:
    """Return whether an object has a container of a program."""
    return lambda manifest: any(True for _ in running(manifest, program))


def running(manifest: Manifest, program: str) -> Iterator[tuple[Container, Arguments]]:
    """Yield each container that starts a program, with its arguments."""
    for container in manifest.containers:
        words = [*container.node.at("command").texts, *container.node.at("args").texts]
        # some are started by a shell: ["/bin/sh", "-c", "exec kube-apiserver --a=b"]
        words = [part for word in words for part in word.split()]
        names = [posixpath.basename(word) for word in words if not word.startswith("-")]
        if program in names:
            yield container, _arguments(words)


def _arguments(words: list[str]) -> Arguments:
    found: Arguments = {}
    for place, word in enumerate(words):
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            following = words[place + 1] if place + 1 < len(words) else ""
            separate = "true" if not following or following.startswith("-") else following
            found[name] = value if equals else separate
    return found


def given(*names: str) -> Demand:
    """Demand that arguments are there."""
    listed = " and ".join(f"--{name}" for name in names)
    return Demand(f"set {listed}", lambda found: all(found.get(name) for name in names))


def absent(name: str) -> Demand:
    """Demand that an argument is not there."""
    return Demand(f"remove --{name}", lambda found: name not in found)


def equal(name: str, value: str) -> Demand:
    """Demand that an argument is there with a value."""
    return Demand(f"set --{name} to {value}", lambda found: found.get(name, "").lower() == value)


def unequal(name: str, value: str) -> Demand:
    """Demand that an argument, if it is there, has another value."""
    return Demand(f"do not set --{name} to {value}", lambda found: found.get(name, "").lower() != value)


def at_least(name: str, least: int) -> Demand:
    """Demand that an argument is there with a number."""
    return Demand(f"set --{name} to {least} or more", lambda found: _number(found.get(name, "")) >= least)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else -1


def including(name: str, value: str) -> Demand:
    """Demand that a list of values has one of them."""
    return Demand(f"list {value} in --{name}", lambda found: value in found.get(name, "").split(","))


def excluding(name: str, value: str) -> Demand:
    """Demand that a list of values has not one of them."""
    return Demand(f"remove {value} from --{name}", lambda found: value not in found.get(name, "").split(","))
