"""Evaluates Terraform's files: writes them down without what reaches outside, finds roots, has them read."""

import json
import posixpath
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from analyzers.errors import ParseError
from analyzers.extras import needs_extra

_TIMEOUT_S = 90.0
_LONGEST_NAME_BYTES = 240
_DEEPEST = 64
_GAP = rb"(?:\s|/\*.*?\*/)*"
_READERS = re.compile(
    rb"\b(?:file(?:set|exists|base64(?:sha256|sha512)?|md5|sha1|sha256|sha512)?|templatefile)(?="
    + _GAP
    + rb"\()",
    re.DOTALL,
)
_SOURCE = re.compile(rb"(?P<key>\bsource\"?\s*[=:]\s*)(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s\"][^\n,}]*)")
_LOCAL = re.compile(rb"\"(\.{1,2}(?:/[^\"$%\\]*)?)\"")
_OUTSIDE = b'"unread"'
_SURROUNDINGS = tuple(
    (re.compile(rb"(?<!\$)\$\{[ \t]*data\." + kind + rb"\.[\w-]+(?:\[\w+\])?\." + name + rb"[ \t]*\}"), value)
    for kind, name, value in (
        (b"aws_caller_identity", b"account_id", b"123456789012"),
        (b"aws_partition", b"partition", b"aws"),
        (b"aws_partition", b"dns_suffix", b"amazonaws.com"),
        (b"aws_region", b"(?:name|id|region)", b"us-east-1"),
    )
)
"""Parts of texts that depend on where they are deployed: whichever they are, checks say the same.

Without them nothing would be known of a policy that has one.
"""

MISSING = needs_extra("reading Terraform files", "terraform")


class Evaluated(msgspec.Struct, frozen=True):
    """What a root module evaluates to, all modules that it calls included."""

    root: str
    """Its directory, "" for the topmost."""
    value: dict[str, object]
    """Resource kind → resources."""
    error: str = ""
    """Why it could not be evaluated."""


def evaluate(files: Mapping[str, bytes], only: Collection[str] | None = None) -> Iterator[Evaluated]:
    """Yield what each root module among some files evaluates to.

    Args:
        files: by path; those of variables, too.
        only: the root modules that are wanted, None for all.
    """
    written = {path: tamed(path, data) for path, data in files.items()}
    roots = [each for each in root_modules(written) if only is None or each in only]
    if roots and find_spec("tfparse") is None:
        yield from (Evaluated(root, {}, MISSING) for root in roots)
        return
    with tempfile.TemporaryDirectory(prefix="cleanbill-terraform-") as directory:
        top = Path(directory) / "tree"
        _write(top, written)
        jobs = [(str(top / root), _variables(root, written)) for root in roots]
        yield from _answers(roots, jobs)


def _write(top: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        target = top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def is_writable(path: str) -> bool:
    """Tell whether a path may be a file's on this machine: no odd parts, none too long."""
    parts = path.split("/")
    return len(parts) <= _DEEPEST and all(
        part not in {"", ".", ".."} and "\0" not in part and _length(part) <= _LONGEST_NAME_BYTES
        for part in parts
    )


def _length(name: str) -> int:
    try:
        return len(name.encode())
    except UnicodeEncodeError:
        return _LONGEST_NAME_BYTES + 1


def tamed(path: str, data: bytes) -> bytes:
    """Return a file's content without functions that read files, or modules from outside of the tree.

    What they would give is not known then. Lines stay as they are, but for JSON that hides such names.
    """
    if path.endswith(".json") and b"\\" in data:
        data = _unescaped(data)
    data = _READERS.sub(b"unread", data)
    for written, value in _SURROUNDINGS:
        data = written.sub(value, data)
    return _SOURCE.sub(lambda match: match["key"] + _inside(path, match["value"]), data)


def _unescaped(data: bytes) -> bytes:
    if not re.search(rb"\\u|\\/", data):
        return data
    try:
        return msgspec.json.format(msgspec.json.encode(msgspec.json.decode(data)), indent=2)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ParseError(f"{error}, expected JSON") from error


def _inside(path: str, value: bytes) -> bytes:
    local = _LOCAL.fullmatch(value)
    if local is None:
        return value if value.startswith(b'"') and b"$" not in value and b"%" not in value else _OUTSIDE
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), local[1].decode("utf-8", "replace")))
    return _OUTSIDE if target == ".." or target.startswith("../") else value


def root_modules(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the directories that no other one calls as a module; one of those that call each other, too."""
    calls: dict[str, set[str]] = {}
    for path, data in files.items():
        if path.endswith((".tf", ".tf.json")):
            calls.setdefault(posixpath.dirname(path), set()).update(_called(path, data))
    called = {target for source, targets in calls.items() for target in targets if target != source}
    reached: set[str] = set()
    for directory in sorted(calls, key=lambda each: (each in called, each)):
        if directory not in reached:
            yield directory
            _reach(directory, calls, reached)


def _called(path: str, data: bytes) -> Iterator[str]:
    for match in _SOURCE.finditer(data):
        local = _LOCAL.fullmatch(match["value"])
        if local is not None:
            joined = posixpath.join(posixpath.dirname(path), local[1].decode("utf-8", "replace"))
            target = posixpath.normpath(joined)
            yield "" if target == "." else target


def _reach(directory: str, calls: Mapping[str, set[str]], reached: set[str]) -> None:
    waiting = [directory]
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting.extend(calls.get(each, ()))


def _variables(root: str, files: Iterable[str]) -> list[str]:
    """Return the files of variables that Terraform loads by itself, in its order."""
    own = sorted(posixpath.basename(path) for path in files if posixpath.dirname(path) == root)
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in own]
    return first + [name for name in own if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]


def _answers(roots: Sequence[str], jobs: Sequence[tuple[str, list[str]]]) -> Iterator[Evaluated]:
    """Yield an answer for each root; after one that ends the process, the next one gets a new process."""
    done = 0
    while done < len(roots):
        lines, reason = _run(jobs[done:])
        for line in lines:
            answer = json.loads(line)
            yield Evaluated(roots[done], answer.get("value") or {}, answer.get("error", ""))
            done += 1
        if reason and done < len(roots):
            yield Evaluated(roots[done], {}, reason)
            done += 1


def _run(jobs: Sequence[tuple[str, list[str]]]) -> tuple[list[bytes], str]:
    """Return the lines that are complete, and why there are no more."""
    program = str(Path(__file__).with_name("_terraform_child.py"))
    try:
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", program],
            input=json.dumps(jobs).encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        output, reason = ended.stdout, f"its evaluation ended with status {ended.returncode}"
    except subprocess.TimeoutExpired as error:
        output, reason = error.stdout or b"", f"its evaluation took more than {_TIMEOUT_S:.0f} seconds"
    return [line for line in output.splitlines(keepends=True) if line.endswith(b"\n")], reason
