import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import Limits
from analyzers.tar import Walk
from analyzers.tar_header import Entry, Kind, parse_entry, parse_plain, verify_checksum

LIMITS = Limits()
FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.LNKTYPE: Kind.HARDLINK,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.FIFOTYPE: Kind.OTHER,
    tarfile.CHRTYPE: Kind.OTHER,
}

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **values: object) -> Member:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(data)
    for key, value in values.items():
        setattr(info, key, value)
    return info, data


def archive(*members: Member, form: int = tarfile.PAX_FORMAT, pax: dict[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form, pax_headers=pax) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def walk(data: bytes, limits: Limits = LIMITS, size: int = 1000) -> list[tuple[Entry, bytes]]:
    walker = Walk(chunks(data, size), limits)
    return [(entry, walker.read()) for entry in walker]


def header(name: bytes = b"file", size: bytes = b"0", flag: bytes = b"0", rest: bytes = b"") -> bytes:
    """A header block with a right checksum; `rest` stands from byte 257 on."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:107] = b"0000644"
    block[124 : 124 + len(size)] = size
    block[156:157] = flag
    block[257 : 257 + len(rest)] = rest
    block[148:156] = b"        "
    block[148:154] = b"%06o" % sum(block)
    return bytes(block)


names = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=30).filter(
    lambda name: name not in {".", ".."}
)
paths = st.lists(names, min_size=1, max_size=8).map("/".join).filter(lambda path: not path.endswith("/"))


@st.composite
def members(draw: st.DrawFn) -> Member:
    kind = draw(st.sampled_from(sorted(KINDS)))
    data = draw(st.binary(max_size=1500)) if kind == tarfile.REGTYPE else b""
    link = draw(paths) if kind in {tarfile.LNKTYPE, tarfile.SYMTYPE} else ""
    return member(draw(paths), data, kind, linkname=link, mode=draw(st.integers(0, 0o7777)))


@given(st.lists(members(), max_size=6), st.sampled_from(FORMATS), st.integers(1, 3000))
def test_agrees_with_tarfile_on_all_it_writes(written: list[Member], form: int, size: int) -> None:
    try:
        data = archive(*written, form=form)
    except ValueError:  # ustar cannot have such long names
        return
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        expected = [
            (
                "/".join(part for part in info.name.split("/") if part != "."),
                KINDS[info.type],
                info.mode,
                info.linkname if info.islnk() or info.issym() else "",
                reader.read() if (info.isreg() and (reader := tar.extractfile(info))) else b"",
            )
            for info in tar
        ]
    found = [
        (entry.path, entry.kind, entry.mode, entry.link.decode(), content)
        for entry, content in walk(data, size=size)
    ]
    assert found == expected


pieces = st.sampled_from([b"./", b"a", b"/", b".", b"..", b"\xff", b"\xc3\xa9", b"x" * 98, b"\0"])
sizes = st.sampled_from(
    [
        b"00000000017\0",
        b"00000000017 ",
        b"000000000170",
        b"     17\0",
        b"0000000001x\0",
        b"00000000018\0",
        b"\x80" * 12,
    ]
)
modes = st.sampled_from([b"0000755\0", b"000755 \0", b"        ", b"abcdefgh"])


@given(st.lists(pieces, max_size=5).map(b"".join), sizes, st.sampled_from(b"05125\0xS"), modes)
def test_plain_headers_are_read_as_all_are(name: bytes, size: bytes, flag: int, mode: bytes) -> None:
    block = bytearray(header(name[:100], size, bytes([flag])))
    block[100:108] = mode
    block[148:156] = b" " * 8
    block[148:155] = b"%06o\0" % sum(block)
    plain = parse_plain(bytes(block))
    if plain is not None:
        verify_checksum(bytes(block))
        assert plain == parse_entry(bytes(block), {})
    block[500] ^= 1
    assert parse_plain(bytes(block)) is None


def test_usual_headers_are_plain() -> None:
    block = header(b"./usr/bin/env", b"00000000017\0")
    assert parse_plain(block) == Entry("usr/bin/env", Kind.FILE, 15, 0o644)
    assert parse_plain(header(b"usr/", b"00000000000\0", b"5")) == Entry("usr", Kind.DIRECTORY, 0, 0o644)


@given(st.binary(max_size=2000), st.integers(1, 700))
def test_any_bytes_end_in_entries_or_a_parse_error(data: bytes, size: int) -> None:
    for start in (b"", archive(member("a", b"x", pax_headers={"comment": "c"}))[:-1024]):
        with suppress(ParseError):
            walk(start + data, size=size)


@given(st.integers(0, 4000), st.integers(0, 255))
def test_a_changed_byte_ends_in_entries_or_a_parse_error(place: int, byte: int) -> None:
    data = bytearray(archive(member("a" * 120, b"x" * 700), member("b", b"y"), form=tarfile.GNU_FORMAT))
    data[place] = byte
    with suppress(ParseError):
        walk(bytes(data))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("././/etc/./passwd", "etc/passwd"),
        (".hidden", ".hidden"),
        ("etc/.hidden", "etc/.hidden"),
        ("etc/..hidden", "etc/..hidden"),
        ("./", ""),
        ("größe", "größe"),
    ],
)
def test_paths_are_normalised(name: str, path: str) -> None:
    assert walk(header(name.encode()))[0][0].path == path


def test_names_that_are_not_utf8_stay_different_and_valid() -> None:
    found = [entry.path for entry, _ in walk(header(b"a\xff") + header(b"a\xfe"))]
    assert found == ["a\\xff", "a\\xfe"]


@pytest.mark.parametrize("name", ["../x", "a/../b", "..", "/..", "a/.."])
def test_paths_that_lead_out_are_refused_and_their_content_skipped(name: str) -> None:
    found = walk(archive(member(name, b"x" * 600), member("next", b"n")))
    assert [(entry.path, entry.kind) for entry, _ in found] == [(name, Kind.REFUSED), ("next", Kind.FILE)]


def test_a_name_with_nul_is_refused() -> None:
    data = archive(member("a", pax_headers={"path": "etc/x\0y"}))
    assert walk(data)[0][0].kind is Kind.REFUSED


def test_v7_marks_folders_by_a_slash() -> None:
    assert [entry.kind for entry, _ in walk(header(b"etc/", flag=b"\0") + header(b"a", flag=b"\0"))] == [
        Kind.DIRECTORY,
        Kind.FILE,
    ]


def test_ustar_prefix_and_star_prefix() -> None:
    ustar = header(b"name", rest=b"ustar\00000".ljust(88, b"\0") + b"some/folder")
    star = header(
        b"name", rest=b"ustar\00000".ljust(88, b"\0") + b"x".ljust(131, b"\0") + b"1" * 24 + b"tar\0"
    )
    gnu = header(b"name", rest=b"ustar  \0".ljust(88, b"\0") + b"123456")
    assert [entry.path for entry, _ in walk(ustar + star + gnu)] == ["some/folder/name", "x/name", "name"]


def test_global_headers_hold_until_local_ones_overrule_them() -> None:
    data = archive(
        member("a"), member("b", pax_headers={"comment": "x", "linkpath": "there"}), pax={"path": "g"}
    )
    assert [(entry.path, entry.link) for entry, _ in walk(data)] == [("g", b""), ("g", b"there")]


def test_base_256_sizes() -> None:
    size = b"\x80" + (5).to_bytes(11, "big")
    assert walk(header(size=size) + b"hello".ljust(512, b"\0"))[0][1] == b"hello"


def test_pax_size_overrules_the_header() -> None:
    record = b"10 size=5\n"
    data = header(size=b"%o" % len(record), flag=b"x") + record.ljust(512, b"\0") + header() + b"hello"
    assert walk(data)[0][1] == b"hello"


def test_signed_checksums() -> None:
    block = bytearray(header(b"\xff\xff"))
    block[148:154] = b"%06o" % (int(block[148:154], 8) - 512)
    assert len(walk(bytes(block))) == 1


def test_overlay_mark() -> None:
    marked = member("d", kind=tarfile.DIRTYPE, pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y"})
    assert [entry.opaque for entry, _ in walk(archive(marked, member("e", kind=tarfile.DIRTYPE)))] == [
        True,
        False,
    ]


def test_old_sparse_files_are_recognised_with_their_map() -> None:
    sparse = bytearray(header(b"s", b"1000", b"S", b"ustar  \0"))
    sparse[482] = 1
    sparse[148:156] = b"        "
    sparse[148:154] = b"%06o" % sum(sparse)
    goes_on = bytes(504) + b"\1" + bytes(7)
    data = bytes(sparse) + goes_on + bytes(512) + b"c" * 512 + header(b"next")
    assert [(entry.path, entry.kind) for entry, _ in walk(data)] == [("s", Kind.SPARSE), ("next", Kind.FILE)]


@pytest.mark.parametrize(
    "words",
    [
        {"GNU.sparse.size": "9", "GNU.sparse.numblocks": "0"},
        {"GNU.sparse.size": "9", "GNU.sparse.map": "0,1", "GNU.sparse.name": "real"},
        {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "real",
            "GNU.sparse.realsize": "9",
        },
    ],
    ids=["0.0", "0.1", "1.0"],
)
def test_pax_sparse_files_are_recognised(words: dict[str, str]) -> None:
    ((entry, content),) = walk(archive(member("GNUSparseFile.1/real", b"map", pax_headers=words)))
    assert entry.kind is Kind.SPARSE
    assert entry.path == words.get("GNU.sparse.name", "GNUSparseFile.1/real")
    assert content == b"map"


def test_end_marks() -> None:
    one = archive(member("a", b"x"))[:1024]
    assert len(walk(b"")) == 0
    assert len(walk(bytes(10240))) == 0
    assert len(walk(one)) == 1
    assert len(walk(one[:513])) == 1
    assert len(walk(one + bytes(512))) == 1
    assert len(walk(one + bytes(512) + one)) == 2
    assert len(walk(one + bytes(1024) + one)) == 1


def test_what_follows_the_end_mark_is_run_through() -> None:
    source = chunks(archive(member("a")) + b"rest" * 1000, 512)
    assert len(list(Walk(source, LIMITS))) == 1
    assert list(source) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no tar" * 200, "not a"),
        (archive(member("a", b"x" * 600))[:1000], "truncated"),
        (header()[:500], "truncated"),
        (header(size=b"00000000009"), "octal"),
        (header(size=b"-1"), "octal"),
        (header(size=b"\xff" * 12), "octal"),
        (header(size=b"4", flag=b"x") + b"abc\n".ljust(512, b"\0"), "damaged PAX"),
        (header(size=b"7", flag=b"x") + b"99 a=b\n".ljust(512, b"\0"), "damaged PAX"),
        (header(size=b"6", flag=b"x") + b"6 ab\n\n".ljust(512, b"\0"), "damaged PAX"),
        (header(size=b"7", flag=b"x") + b"0 a=bb\n".ljust(512, b"\0"), "damaged PAX"),
        (header(size=b"7", flag=b"x") + b"8-a=bb\n".ljust(512, b"\0"), "damaged PAX"),
        (header(size=b"11", flag=b"x") + b"9 size=x\n".ljust(512, b"\0") + header(), "decimal"),
        (header(size=b"2", flag=b"L") + b"ab".ljust(512, b"\0"), "no entry after it"),
        (header(b"s", b"0", b"0")[:-1] + b"\1", "checksum"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        walk(data)


@pytest.mark.parametrize(
    ("limits", "data"),
    [
        (Limits(entries=1), archive(member("a"), member("b"))),
        (Limits(path_bytes=100), archive(member("a/" * 60), form=tarfile.GNU_FORMAT)),
        (Limits(path_bytes=100), archive(member("a/" * 130), form=tarfile.PAX_FORMAT)),
        (Limits(header_bytes=1000), header(size=b"2000", flag=b"x") + bytes(1024)),
        (Limits(layer_bytes=1000), header(size=b"2000")),
        (LIMITS, header(size=b"\x80" + b"\xff" * 11)),
    ],
    ids=["entries", "path_bytes", "path_bytes", "header_bytes", "layer_bytes", "layer_bytes"],
)
def test_limits_have_names(limits: Limits, data: bytes, request: pytest.FixtureRequest) -> None:
    with pytest.raises(LimitExceededError) as caught:
        walk(data, limits)
    assert caught.value.limit == request.node.callspec.id.rstrip("01")


@given(st.integers(1, 2000), st.integers(0, 40))
def test_peeking_takes_nothing(size: int, count: int) -> None:
    data = archive(member("a", b"0123456789" * 70), member("b", b"bb"), member("c"))
    walker = Walk(chunks(data, size), LIMITS)
    seen = [(walker.peek(count), walker.read()) for _ in walker]
    assert seen == [(content[:count], content) for content in (b"0123456789" * 70, b"bb", b"")]


def test_files_are_skipped_without_reading_them() -> None:
    data = archive(member("a", b"x" * 5000), member("b", b"y"))
    walker = Walk(chunks(data, 700), LIMITS)
    assert [walker.peek(1) for _ in walker] == [b"x", b"y"]


@pytest.mark.parametrize("whole", [512, 513, 1024, 1536])
def test_errors_of_the_source_are_not_taken_for_the_end(whole: int) -> None:
    def broken() -> Iterator[bytes]:
        yield archive(member("a", b"x"), member("b", b"y"))[:whole]
        raise LimitExceededError("layer_bytes", "too many")

    with pytest.raises(LimitExceededError):
        list(Walk(broken(), LIMITS))


def extended(flag: bytes, content: bytes) -> bytes:
    return header(size=b"%o" % len(content), flag=flag) + content + bytes(-len(content) % 512)


def test_words_for_all_entries_cost_each_of_them_nothing() -> None:
    words = b"".join(
        extended(b"g", b"".join(b"14 k%07d=v\n" % (n * 50_000 + m) for m in range(50_000))) for n in range(4)
    )
    entries = (extended(b"x", b"9 path=p\n") + header()) * 300
    started_s = process_time()
    assert [entry.path for entry, _ in walk(words + entries)] == ["p"] * 300
    assert process_time() - started_s < 4


@pytest.mark.parametrize("flag", [b"x", b"g"])
@pytest.mark.parametrize("record", [b"22 GNU.sparse.major=1\n", b"21 GNU.sparse.name=p\n"])
def test_any_word_of_sparse_files_tells_one(flag: bytes, record: bytes) -> None:
    ((entry, _),) = walk(extended(flag, record) + header())
    assert entry.kind is Kind.SPARSE
