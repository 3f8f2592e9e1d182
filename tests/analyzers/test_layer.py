import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator

import pytest

from analyzers.catalogue import Dispatch, catalogue
from analyzers.errors import LimitExceededError, ParseError
from analyzers.inventory import (
    Analyzer,
    Fact,
    File,
    Found,
    LayerInventory,
    Owned,
    Package,
    Problem,
    Release,
)
from analyzers.layer import analyse
from analyzers.limits import Limits
from analyzers.path_digest import packed, path_hash


def lines(kind: str, file: File) -> Iterator[Fact]:
    """A package per line, but for '!' (damage), '?' (a problem), '/' (an owned path) and '@' (a release)."""
    for line in file.data.decode().split("\n"):
        match line[:1]:
            case "!":
                raise ParseError("an exclamation mark")
            case "?":
                yield Problem(file.path, "a question")
            case "/":
                yield Owned((line,), line[1:2])
            case "@":
                yield Release(id=line[1:])
            case _ if line:
                yield Package(kind=kind, name=line, version="1")


def read_list(file: File) -> Iterator[Fact]:
    return lines("list", file)


def read_program(file: File) -> Iterator[Fact]:
    return lines("program", File(file.path, file.data[4:]))


DISPATCH = Dispatch(
    [
        Analyzer(id="languages/list", version=1, parse=read_list, globs=("**/list", "**/*.list")),
        Analyzer(id="binaries/program", version=1, parse=read_program, magic=(b"PRG\n",)),
    ]
)
LIST = "languages/list"
PROGRAM = "binaries/program"
BIG = b"big\n" + b"\n" * 70_000

Member = tuple[str, bytes | str | None, int]


def tar(*members: Member) -> bytes:
    """Bytes are a file's content, None a folder, "=x" a hard link to x, "x" a symbolic link."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content, mode in members:
            info = tarfile.TarInfo(name)
            info.mode = mode
            if isinstance(content, bytes):
                info.size = len(content)
            elif content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.type = tarfile.LNKTYPE if content.startswith("=") else tarfile.SYMTYPE
                info.linkname = content.removeprefix("=")
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return stream.getvalue()


def inventory(*members: Member, limits: Limits | None = None) -> LayerInventory:
    data = gzip.compress(tar(*members))
    return analyse(io.BytesIO(data), len(data), limits or Limits(), DISPATCH)


def named(found: tuple[Found, ...]) -> dict[str, list[str]]:
    return {one.path: [package.name for package in one.packages] for one in found}


def test_an_inventory_has_the_digest_of_the_uncompressed_bytes() -> None:
    plain = tar(("a/list", b"one\ntwo", 0o644), ("b", b"", 0o644))
    digest = hashlib.sha256(plain).hexdigest()
    for data in (plain, gzip.compress(plain)):
        found = analyse(io.BytesIO(data), len(data), Limits(), DISPATCH)
        assert found.diff_id == f"sha256:{digest}"
        assert (found.size_bytes, found.entries) == (len(plain), 2)
        assert named(found.found[LIST]) == {"a/list": ["one", "two"]}


def test_facts_of_a_file() -> None:
    (one,) = inventory(("list", b"a\n@os\n?\n/x/list\n/usr/bin/a\n/etc/a\nb\n!\nc", 0o644)).found[LIST]
    assert [package.name for package in one.packages] == ["a", "b"]
    assert one.release == Release(id="os")
    assert one.owned == (Owned(("x/list",), "x"), Owned(("usr/bin/a",), "u"))
    assert one.problems == (
        Problem("list", "a question"),
        Problem("list", "languages/list: an exclamation mark"),
    )


def test_findings_keep_the_order_of_the_tar() -> None:
    found = inventory(("z/list", b"", 0o644), ("a/list", b"", 0o644)).found[LIST]
    assert [one.path for one in found] == ["z/list", "a/list"]


def test_executables_are_known_by_their_first_bytes() -> None:
    found = inventory(
        ("bin/a", b"PRG\nx", 0o755),
        ("bin/b", b"PRG\nx", 0o644),
        ("bin/c", b"#!/bin/sh", 0o755),
        ("bin/d", b"PRG\n", 0o755),
        ("bin/e", b"PR", 0o755),
        ("bin/list", b"PRG\ny", 0o711),
    )
    assert named(found.found[PROGRAM]) == {"bin/a": ["x"], "bin/list": ["y"]}
    assert named(found.found[LIST]) == {"bin/list": ["PRG", "y"]}


def test_whiteouts() -> None:
    found = inventory(
        ("a/.wh.list", b"", 0o644),
        (".wh.gone", b"", 0o644),
        ("b/.wh..wh..opq", b"", 0o644),
        (".wh..wh.aufs", b"", 0o644),
        (".wh..wh.plnk/list", b"x", 0o644),
        ("a/list.wh.x", b"", 0o644),
    )
    assert found.whiteouts == ("a/list", "gone")
    assert found.opaque == ("b",)
    assert found.found == {}


def test_what_takes_the_place_of_a_program_or_folder_hides_it() -> None:
    found = inventory(
        ("folder", None, 0o755),
        ("file", b"x", 0o644),
        ("program", b"x", 0o755),
        ("link", "elsewhere", 0o777),
        ("hard", "=file", 0o644),
        ("was-link", "elsewhere", 0o777),
        ("was-link", None, 0o755),
    )
    assert found.whiteouts == ("hard", "link", "program")


def test_a_folder_in_a_wanted_place_replaces_the_file() -> None:
    assert inventory(("x.list", None, 0o755)).found == {LIST: (Found("x.list"),)}


@pytest.mark.parametrize("content", [b"x\ny", BIG], ids=["kept", "second-walk"])
def test_hard_links_have_the_content_of_their_target(content: bytes) -> None:
    found = inventory(
        ("store/ab", content, 0o644),
        ("store/list", content, 0o644),
        ("a/list", "=./store/ab", 0o644),
        ("b/list", "=a/list", 0o644),
        ("c/list", "=store/list", 0o644),
        ("d/other", "=store/list", 0o644),
    )
    names = content.decode().split()
    assert named(found.found[LIST]) == dict.fromkeys(("store/list", "a/list", "b/list", "c/list"), names)
    assert list(named(found.found[LIST])) == ["store/list", "a/list", "b/list", "c/list"]
    assert found.problems == ()


def test_a_hard_link_shares_the_last_target_before_it() -> None:
    found = inventory(
        ("t", b"one", 0o644),
        ("t", b"two", 0o644),
        ("list", "=t", 0o644),
        ("t", b"three", 0o644),
    )
    assert named(found.found[LIST]) == {"list": ["two"]}


def test_a_hard_link_to_a_program_has_its_findings() -> None:
    found = inventory(("bin/a", b"PRG\nx\n?", 0o755), ("bin/b", "=bin/a", 0o755))
    assert named(found.found[PROGRAM]) == {"bin/a": ["x"], "bin/b": ["x"]}
    assert found.found[PROGRAM][1].problems == (Problem("bin/b", "a question"),)


def test_a_hard_link_to_nothing_is_a_problem() -> None:
    (problem,) = inventory(("list", "=lower/list", 0o644)).problems
    assert problem == Problem("list", "layer: a hard link to 'lower/list', expected a file of this layer")


def test_a_replaced_hard_link_is_forgotten() -> None:
    found = inventory(("list", "=nowhere", 0o644), ("list", b"x", 0o644))
    assert found.problems == ()
    assert named(found.found[LIST]) == {"list": ["x"]}


@pytest.mark.parametrize(
    ("last", "expected"),
    [(b"two", {"list": ["two"]}), ("elsewhere", None), ("=file", {"list": ["f"]})],
    ids=["file", "symlink", "hardlink"],
)
def test_the_last_of_a_path_wins(last: bytes | str, expected: dict[str, list[str]] | None) -> None:
    found = inventory(("file", b"f", 0o644), ("list", b"one", 0o644), ("list", last, 0o644)).found
    assert (named(found[LIST]) if found else None) == expected


def test_files_too_large_are_problems_and_the_layer_goes_on() -> None:
    limits = Limits(file_bytes=10)
    found = inventory(
        ("list", b"x" * 11, 0o644),
        ("unwanted", b"x" * 11, 0o644),
        ("bin/p", b"PRG\n" + b"x" * 9, 0o755),
        ("target", b"x" * 11, 0o644),
        ("link.list", "=target", 0o644),
        ("b/list", b"b", 0o644),
        limits=limits,
    )
    assert [problem.path for problem in found.problems] == ["list", "bin/p", "link.list"]
    assert {problem.reason for problem in found.problems} == {
        "layer: 11 bytes, expected at most 10 (file_bytes)",
        "layer: 13 bytes, expected at most 10 (file_bytes)",
    }
    assert named(found.found[LIST]) == {"b/list": ["b"]}


def test_paths_that_lead_out_are_problems() -> None:
    (problem,) = inventory(("../list", b"x", 0o644)).problems
    assert problem.path == "../list"


def test_sparse_files_are_problems_where_wanted() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("list", "other"):
            info = tarfile.TarInfo(name)
            info.size = 3
            info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": name}
            archive.addfile(info, io.BytesIO(b"map"))
    data = stream.getvalue()
    found = analyse(io.BytesIO(data), len(data), Limits(), DISPATCH)
    assert found.problems == (Problem("list", "layer: a sparse file, expected one stored whole"),)


def test_a_layer_shorter_than_announced_is_an_error() -> None:
    data = tar(("a", b"", 0o644))
    with pytest.raises(ParseError, match=f"{len(data)} bytes, expected {len(data) + 1}"):
        analyse(io.BytesIO(data), len(data) + 1, Limits(), DISPATCH)


@pytest.mark.parametrize("compress", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_no_beginning_of_a_layer_passes_for_the_whole(compress: Callable[[bytes], bytes]) -> None:
    data = compress(tar(("a/list", b"x" * 600, 0o644), ("b", b"y", 0o644)))
    for end in range(0, len(data), 1 if len(data) < 1000 else 64):
        with pytest.raises(ParseError):
            analyse(io.BytesIO(data[:end]), len(data), Limits(), DISPATCH)


def test_a_layer_limit_ends_the_layer() -> None:
    with pytest.raises(LimitExceededError, match="entries"):
        inventory(("a", b"", 0o644), ("b", b"", 0o644), limits=Limits(entries=1))


def test_real_analyzers_read_a_layer() -> None:
    manifest = json.dumps({"name": "left-pad", "version": "1.3.0"}).encode()
    data = tar(
        ("etc/os-release", b'ID=debian\nVERSION_ID="12"\n', 0o644),
        ("app/node_modules/left-pad/package.json", manifest, 0o644),
    )
    found = analyse(io.BytesIO(data), len(data), Limits(), Dispatch(catalogue())).found
    assert found["os/release"][0].release == Release(id="debian", version_id="12")
    assert named(found["languages/node"]) == {"app/node_modules/left-pad/package.json": ["left-pad"]}


def test_the_paths_of_all_that_is_no_folder_are_kept() -> None:
    data = tar(
        ("a", None, 0o755),
        ("a/text", b"x", 0o644),
        ("a/link", "text", 0o777),
        ("a/twin", "=a/text", 0o644),
        ("a/.wh.gone", b"", 0o644),
        ("b", None, 0o755),
        ("b/.wh..wh..opq", b"", 0o644),
        ("../up", b"x", 0o644),
    )
    inventory = analyse(io.BytesIO(data), len(data), Limits(), DISPATCH)
    assert inventory.files == packed(map(path_hash, ["a/text", "a/link", "a/twin"]))
