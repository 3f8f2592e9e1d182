"""What a Dockerfile says, instruction by instruction."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Heredoc:
    """A document that stands in the lines below an instruction."""

    name: str
    """The word that ends it."""
    text: str
    """Its lines, each with its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction, its lines joined and the comments between them left out."""

    keyword: str
    """In capitals: "RUN". For `ONBUILD RUN …` the latter, with `on_build`."""
    arguments: tuple[str, ...]
    """The words after the flags, unquoted, with the variables that are known in their places.

    The shell form of RUN, CMD and ENTRYPOINT is one argument, as written; ENV and LABEL have "key=value",
    whichever way it was written; HEALTHCHECK has "NONE", or "CMD" and the command.
    """
    flags: tuple[str, ...] = ()
    """Leading options, "--from=build"."""
    start_line: int
    """Counted from 1."""
    end_line: int
    raw: str
    is_json: bool = False
    """Whether the arguments are in the form of a JSON array, which no shell reads."""
    on_build: bool = False
    """Whether it is for the images that are built on this one."""
    heredocs: tuple[Heredoc, ...] = ()

    def flag(self, name: str) -> str:
        """Return the value of the last `--name=value`, "" when there is none."""
        values = [each.partition("=")[2] for each in self.flags if each.partition("=")[0] == f"--{name}"]
        return values[-1] if values else ""

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield name and value of each argument "name=value"; the value is "" where there is none."""
        for each in self.arguments:
            name, _, value = each.partition("=")
            yield name, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What stands from one FROM to the next."""

    base: str
    """The image or the earlier stage that it starts from; "" for instructions that no FROM comes before."""
    name: str = ""
    """In small letters, as `AS name` has it; "" without."""
    beginning: Instruction | None
    """The FROM."""
    instructions: tuple[Instruction, ...]
    """Those after the FROM."""

    def of(self, *keywords: str) -> Iterator[Instruction]:
        """Yield the instructions with one of the keywords, but for those that wait for another build."""
        for each in self.instructions:
            if each.keyword in keywords and not each.on_build:
                yield each


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A Dockerfile, or what an image's configuration tells of the one that it was built from."""

    stages: tuple[Stage, ...]
    arguments: tuple[Instruction, ...] = ()
    """The ARG instructions before the first FROM."""
    is_image: bool = False
    """Whether it was made up from an image's configuration: it then has no FROM."""

    def of(self, *keywords: str) -> Iterator[Instruction]:
        """Yield the instructions of all stages with one of the keywords."""
        for stage in self.stages:
            yield from stage.of(*keywords)

    def lineage(self, stage: Stage) -> tuple[Stage, ...]:
        """Return a stage after those that it is built on, the first one first."""
        found = [stage]
        for earlier in reversed(self.stages[: self.stages.index(stage)]):
            if earlier.name and earlier.name == found[0].base.lower():
                found.insert(0, earlier)
        return tuple(found)

    def final(self) -> tuple[Stage, ...]:
        """Return the last stage after those that it is built on: what ends up in the image."""
        return self.lineage(self.stages[-1]) if self.stages else ()
