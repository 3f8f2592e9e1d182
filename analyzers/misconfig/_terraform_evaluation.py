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
from analyzers.misconfig import _terraform_modules as modules

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
_Job = tuple[str, list[str], list[str]]
"""Directory, names of files with variables, directories of modules."""
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
    value: dict[str, object] | None
    """Resource kind → resources; None when it could not be evaluated."""
    broken: tuple[tuple[str, str], ...] = ()
    """Files that were left out, or root where none is named, and what is wrong with each."""


def evaluate(files: Mapping[str, bytes], only: Collection[str] | None = None) -> Iterator[Evaluated]:
    """Yield what each root module among some files evaluates to.

    Args:
        files: by path; those of variables, too.
        only: the root modules that are wanted, None for all.
    """
    written = {path: tamed(path, data) for path, data in files.items()}
    calls = _calls(written)
    roots = [each for each in _roots(calls, written) if only is None or each in only]
    if roots and find_spec("tfparse") is None:
        yield from (Evaluated(root, None, ((root, MISSING),)) for root in roots)
        return
    with tempfile.TemporaryDirectory(prefix="cleanbill-terraform-") as directory:
        top = Path(directory) / "tree"
        _write(top, written)
        jobs = [
            (str(top / root), _variables(root, written), [str(top / each) for each in _modules(root, calls)])
            for root in roots
        ]
        yield from _answers(top, roots, jobs)


def _modules(root: str, calls: Mapping[str, set[str]]) -> list[str]:
    """Return the directories that a root module reaches besides its own."""
    reached: set[str] = set()
    _reach(root, calls, reached)
    return sorted(each for each in reached if each != root and each in calls)


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
    if modules.is_list(path):
        return modules.inside(path, data)
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


def _calls(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return the directories with modules, and which ones each of them calls."""
    calls: dict[str, set[str]] = {}
    for path, data in files.items():
        if path.endswith((".tf", ".tf.json")):
            calls.setdefault(posixpath.dirname(path), set()).update(_called(path, data))
    for path, data in files.items():
        if modules.is_list(path) and modules.root_of(path) in calls:
            calls[modules.root_of(path)].update(modules.fetched(path, data))
    return calls


def _roots(calls: Mapping[str, set[str]], files: Iterable[str]) -> Iterator[str]:
    called = {target for source, targets in calls.items() for target in targets if target != source}
    folders = tuple(f"{posixpath.dirname(path)}/" for path in files if modules.is_list(path))
    reached: set[str] = set()
    for directory in sorted(calls, key=lambda each: (each in called, each)):
        if directory not in reached and not directory.startswith(folders):
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


def _answers(top: Path, roots: Sequence[str], jobs: Sequence[_Job]) -> Iterator[Evaluated]:
    """Yield an answer for each root; after one that ends the process, the next one gets a new process."""
    done = 0
    while done < len(roots):
        lines, reason = _run(jobs[done:])
        for line in lines:
            answer = json.loads(line)
            broken = tuple((_within(top, path), why) for path, why in answer["broken"])
            yield Evaluated(roots[done], answer["value"], broken)
            done += 1
        if reason and done < len(roots):
            yield Evaluated(roots[done], None, ((roots[done], reason),))
            done += 1


def _within(top: Path, path: str) -> str:
    found = posixpath.relpath(path, top)
    return "" if found == "." else found


def _run(jobs: Sequence[_Job]) -> tuple[list[bytes], str]:
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
