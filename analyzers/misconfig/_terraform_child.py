"""The program that evaluates Terraform's modules in a process of its own.

The library is written in Go: what it cannot cope with ends the process, and its memory is not given back.
Reads a JSON list of (directory, names of files with variables), writes one line of JSON for each.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterable
from typing import Any

_MEMORY_BYTES = 4 * 1024**3
_CPU_S = 20


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(jobs: Iterable[tuple[str, list[str]]], say: Callable[[str], object]) -> None:
    """Say what each directory evaluates to: {"value": …} or {"error": "…"}, a line each."""
    import tfparse  # noqa: PLC0415 - an extra

    for directory, variables in jobs:
        answer: dict[str, Any]
        try:
            value = tfparse.load_from_path(directory, stop_on_hcl_error=True, vars_paths=variables)
            answer = {"value": value}
        except (tfparse.ParseError, ValueError, RecursionError) as error:
            answer = {"error": str(error)}
        say(json.dumps(answer) + "\n")


if __name__ == "__main__":
    _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, _CPU_S)
    main(json.load(sys.stdin), sys.stdout.write)
    sys.stdout.flush()
