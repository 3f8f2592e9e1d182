"""Feeds one parser with libFuzzer's inputs, in a process that ends at the first finding."""

import resource
import sys

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # see requirements/fuzz.in

with atheris.instrument_imports(include=["analyzers", "crawler.sources"]):
    from tests.fuzz.targets import targets

from analyzers.limits import MIB


def drive(name: str, memory_mb: int, arguments: list[str]) -> None:
    target = targets()[name]
    run, refusals = target.run, target.refusals
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * MIB, resource.RLIM_INFINITY))

    def one_input(data: bytes) -> None:
        try:
            run(data)
        except refusals as refusal:
            if not str(refusal):
                raise AssertionError("a refusal without a sentence") from refusal

    atheris.Setup([sys.argv[0], *arguments], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    drive(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
