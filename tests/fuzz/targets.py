"""What can be fuzzed: each parser of strangers' bytes, with samples to begin from and the errors it names."""

import gzip
import importlib
import io
import itertools
import os
import pkgutil
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

import analyzers
from analyzers import purl, sboms
from analyzers.catalogue import kinds
from analyzers.decompression import decompress
from analyzers.disks.device import ImageFile
from analyzers.disks.fstab import parse_fstab
from analyzers.disks.images import open_image
from analyzers.disks.partitions import read_partitions
from analyzers.disks.signatures import recognise
from analyzers.disks.volumes import parse_metadata, read_physical, volumes_of
from analyzers.distributions import ecosystem_of
from analyzers.documents import json, toml, xml, yaml
from analyzers.errors import ParseError
from analyzers.ignore.trivyignore import read_trivyignore, read_trivyignore_yaml
from analyzers.ignore.vex import read_vex
from analyzers.inventory import Analyzer, File, Package, Release
from analyzers.limits import MIB, Limits
from analyzers.os._rpm_header import Header
from analyzers.sboms import package_url
from analyzers.secrets.content import parse as parse_secrets
from analyzers.tar import Walk
from analyzers.versions import InvalidVersionError, key
from crawler.registry.errors import RegistryError
from crawler.sources._grpc import Call, Exchange
from crawler.sources._protobuf import Message, WireError, encode_integer, encode_text
from crawler.sources._protobuf import parse as parse_message

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TESTS = Path(__file__).parents[1]
LIMITS = Limits(layer_bytes=8 * MIB, ratio_floor_bytes=MIB, entries=10_000)
SYSTEMS = ("alpine", "centos", "debian", "openeuler", "rhel", "rocky", "sle-micro", "sles", "ubuntu")
ECOSYSTEMS = (
    *("Alpine", "Bitnami", "ConanCenter", "CRAN", "Debian", "GitHub Actions", "Go", "Julia", "Maven", "npm"),
    *("NuGet", "opam", "Packagist", "PyPI", "Red Hat", "RubyGems"),
)
ENCODER = msgspec.json.Encoder()
_OPENVEX = ENCODER.encode(
    {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "statements": [
            {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:npm/a@1"}], "status": "fixed"}
        ],
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parser. `run` gives it bytes; whatever else than `refusals` leaves it is a finding."""

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = (ParseError,)


def targets() -> dict[str, Target]:
    return {target.name: target for target in itertools.chain(_others(), map(_of, _analyzers()))}


def _analyzers() -> Iterator[Analyzer]:
    for room in ("binaries", "languages", "licenses", "misconfig", "os"):
        for found in pkgutil.iter_modules([str(Path(analyzers.__path__[0]) / room)]):
            if not found.name.startswith("_"):
                analyzer: Analyzer = importlib.import_module(f"analyzers.{room}.{found.name}").ANALYZER
                yield analyzer


def _of(analyzer: Analyzer) -> Target:
    """Return the target of an analyzer; the first byte of its input chooses among the samples' paths."""
    room, _, name = analyzer.id.partition("/")
    samples = [
        ("/".join(path.relative_to(folder).parts[1:]), path.read_bytes())
        for folder in [TESTS / "analyzers" / room / "testdata" / name]
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent != folder
    ]
    paths = sorted({path for path, _ in samples})

    def run(data: bytes) -> None:
        path = paths[(data[0] if data else 0) % len(paths)]
        facts = list(analyzer.parse(File(path=path, data=data[1:], executable=True)))
        ENCODER.encode(facts)
        for fact in facts:
            _use(fact)

    seeds = tuple(bytes([paths.index(path)]) + data for path, data in samples)
    return Target(name=analyzer.id, run=run, seeds=seeds)


def _use(fact: object) -> None:
    """Do with a fact what is done before anything is reported."""
    match fact:
        case Package() if fact.kind in kinds():
            purl.purl_of(fact, None)
            if ecosystem := kinds()[fact.kind].ecosystem:
                _key(ecosystem, fact.version)
        case Release():
            for kind in ("apk", "dpkg", "rpm"):
                ecosystem_of(kind, fact)


def _key(ecosystem: str, version: str) -> None:
    try:
        hash(key(ecosystem, version))
    except InvalidVersionError:
        return


def _others() -> Iterator[Target]:
    files = sorted((TESTS / "analyzers/sboms/testdata").glob("*.*"))
    bills = tuple(path.read_bytes() for path in files)
    yield Target(name="sboms", run=lambda data: sboms.read(data, "sbom"), seeds=bills)
    yield Target(name="ignore/vex", run=lambda data: read_vex(data, "vex"), seeds=(_OPENVEX, *bills))
    yield Target(
        name="ignore/trivyignore",
        run=lambda data: read_trivyignore(data, "file"),
        seeds=(b"CVE-1 exp:2026-01-02 # x\n",),
    )
    yield Target(
        name="ignore/trivyignore.yaml",
        run=lambda data: read_trivyignore_yaml(data, "file"),
        seeds=(b"vulnerabilities:\n  - id: CVE-1\n    paths: [a/**]\n    expired_at: 2026-01-02\n",),
    )
    yield Target(
        name="secrets", run=_secrets, seeds=(b"password = 'hunter2hunter2'\n-----BEGIN PRIVATE KEY-----\n",)
    )
    yield Target(name="sboms/purl", run=_package_url, seeds=(b"pkg:deb/debian/a@1%3A2?arch=all#b/c",))
    yield Target(name="documents/json", run=_json, seeds=(b'{"a": [1, 2.5, "\\u00e4", null, {}]}',))
    yield Target(
        name="documents/toml", run=_printed(toml.load), seeds=(b'a = 0x1F\n[[b.c]]\nd = [1, "e"]\n',)
    )
    yield Target(
        name="documents/xml", run=lambda data: xml.load(data, "xml"), seeds=(b"<a b='c'><d>&lt;</d></a>",)
    )
    yield Target(
        name="documents/yaml", run=_printed(_yaml), seeds=(b"a: &b [c, {d: e}]\nf: *b\n---\n- |\n  g\n",)
    )
    yield Target(
        name="versions", run=_versions, seeds=(b"1:2.3~rc1-4ubuntu5", b"1.2.3-alpha.1+b", b"v2_p1-r3")
    )
    yield Target(
        name="releases", run=_releases, seeds=(b"22.04\x00jammy", b"9.2\x00rhel-9-for-x86_64-baseos-rpms")
    )
    yield Target(name="decompression", run=_decompress, seeds=_compressed())
    yield Target(name="tar", run=_walk, seeds=tuple(_tars()))
    yield Target(name="rpm/header", run=_header, seeds=tuple(_headers()))
    yield from _of_containerd()
    yield from _of_disks()


def _secrets(data: bytes) -> None:
    ENCODER.encode(list(parse_secrets(File(path="app.env", data=data))))


def _package_url(data: bytes) -> None:
    found = package_url.parse(data.decode("utf-8", "replace"))
    package_url.full_name(found)


def _json(data: bytes) -> None:
    loaded = json.load(json.relaxed(data), "json")
    json.lines(data, 3)
    repr(loaded)


def _yaml(data: bytes, path: str) -> object:
    return list(yaml.load_all(data, path))


def _printed(load: Callable[[bytes, str], object]) -> Callable[[bytes], object]:
    return lambda data: repr(load(data, "document"))


def _versions(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for ecosystem in ECOSYSTEMS:
        _key(ecosystem, text)


def _releases(data: bytes) -> None:
    version, _, name = data.decode("utf-8", "replace").partition("\0")
    for system in SYSTEMS:
        for kind in ("apk", "dpkg", "rpm"):
            ecosystem_of(kind, Release(id=system, version_id=version, pretty_name=name, channels=(name,)))
            ecosystem_of(kind, Release(id=system, version_id=version, pretty_name=name))


def _decompress(data: bytes) -> None:
    for _ in decompress(io.BytesIO(data), LIMITS):
        pass


def _compressed() -> tuple[bytes, ...]:
    content = b"cleanbill " * 300
    return (
        gzip.compress(content) + gzip.compress(b"a"),
        zstd.compress(content) + b"\x50\x2a\x4d\x18\1\0\0\0a" + zstd.compress(b"a"),
        content,
    )


def _walk(data: bytes) -> None:
    chunks = (data[start : start + 700] for start in range(0, len(data), 700))
    walk = Walk(iter(map(bytes, _with_checksums(b"".join(chunks)))), LIMITS)
    for number, entry in enumerate(walk):
        walk.peek(number % 9)
        if number % 2:
            walk.read()
        ENCODER.encode(entry.path)


def _with_checksums(data: bytes) -> Iterator[bytes]:
    """Yield blocks; those that look like headers with the right checksum, which no fuzzer guesses."""
    for start in range(0, len(data), tarfile.BLOCKSIZE):
        block = data[start : start + tarfile.BLOCKSIZE]
        if len(block) == tarfile.BLOCKSIZE and (block[257:262] == b"ustar" or block[148:150] == b"00"):
            total = sum(block) - sum(block[148:156]) + 8 * ord(" ")
            block = block[:148] + b"%06o\0 " % total + block[156:]
        yield block


def _tars() -> Iterator[bytes]:
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=form) as tar:
            for name in ("a", "b/" * 60 + "c", "ä" * 30):
                info = tarfile.TarInfo(name)
                info.size, info.pax_headers = 3, {"SCHILY.xattr.user.a": "b"}
                tar.addfile(info, io.BytesIO(b"abc"))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "to/" * 30
            tar.addfile(link)
        yield file.getvalue()[:6144]


def _header(data: bytes) -> None:
    header = Header(data)
    for tag in (1000, 1001, 1003, 1014, 1049, 1116, 1117, 1118):
        for read in (header.string, header.strings, header.integers):
            try:
                read(tag)
            except ParseError:
                continue


def _headers() -> Iterator[bytes]:
    entries = ((1000, 6, 0, 1), (1003, 4, 4, 1), (1116, 4, 4, 2), (1117, 8, 12, 2), (1014, 9, 12, 1))
    index = b"".join(number.to_bytes(4) for entry in entries for number in entry)
    store = b"a\0\0\0" + bytes(8) + b"b\0c\0"
    yield len(entries).to_bytes(4) + len(store).to_bytes(4) + index + store


def _of_containerd() -> Iterator[Target]:
    message = encode_text(1, "name") + encode_integer(2, 300) + encode_text(3, "\n\1a")
    yield Target(name="containerd/protobuf", run=_message, seeds=(message,), refusals=(WireError,))
    frames = (
        b"\0\0\0\4\0\0\0\0\0",
        b"\0\0\0\4\1\0\0\0\0",
        b"\0\0\x16\1\4\0\0\0\1\x88\x5f\x10application/grpc" + b"\x0f\x0d",
        b"\0\0\7\0\0\0\0\0\1\0\0\0\0\2\n\0",
        b"\0\0\x0e\1\5\0\0\0\1\0\x0bgrpc-status\x010"[:23],
    )
    yield Target(
        name="containerd/grpc", run=_exchange, seeds=(b"".join(frames), *frames), refusals=(RegistryError,)
    )


def _message(data: bytes) -> None:
    message: Message = parse_message(data)
    for number in range(5):
        message.integer(number)
        for read in (message.text, message.message, message.messages):
            try:
                read(number)
            except WireError:
                continue


def _exchange(data: bytes) -> None:
    exchange = Exchange(Call(peer="peer", path="/a/b", request=b""))
    for start in range(0, len(data), 50):
        for _ in exchange.receive(data[start : start + 50]):
            exchange.outgoing()


def _of_disks() -> Iterator[Target]:
    lvm = (
        b'vg { id = "a" extent_size = 8 physical_volumes { pv0 { id = "b" pe_start = 2048 } } l = ["a", 0] }'
    )
    yield Target(
        name="disks/fstab", run=lambda data: list(parse_fstab(data)), seeds=(b"UUID=a / ext4 ro 0 1\n",)
    )
    yield Target(
        name="disks/lvm", run=lambda data: parse_metadata(data.decode("utf-8", "replace")), seeds=(lvm,)
    )
    yield Target(name="disks/parts", run=_on_disk(_parts), seeds=tuple(_disks()))
    yield Target(name="disks/images", run=_on_disk(_image), seeds=tuple(_images()))


def _on_disk(read: Callable[[ImageFile], object]) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        fd = os.memfd_create("disk")
        try:
            os.write(fd, data)
            os.ftruncate(fd, max(len(data), MIB))
            read(ImageFile(fd))
        finally:
            os.close(fd)

    return run


def _parts(disk: ImageFile) -> None:
    for partition in read_partitions(disk) or ():
        ENCODER.encode(partition)
    recognise(disk)
    list(volumes_of([read_physical(disk)]))


def _image(file: ImageFile) -> None:
    disk = open_image(file)
    for offset in (0, 513, 65_536 - 4, disk.size_bytes - 9):
        if 0 <= offset < disk.size_bytes:
            try:
                disk.read_at(offset, min(9, disk.size_bytes - offset))
            except ParseError:
                continue


def _disks() -> Iterable[bytes]:
    entry = b"\x80\0\0\0\x83\0\0\0" + (8).to_bytes(4, "little") + (64).to_bytes(4, "little")
    mbr = bytes(446) + entry + bytes(48) + b"\x55\xaa"
    gpt = b"EFI PART\0\0\1\0\x5c\0\0\0" + bytes(56) + b"\2\0\0\0\0\0\0\0\x80\0\0\0\x80\0\0\0"
    yield mbr
    yield mbr + gpt.ljust(512, b"\0") + bytes(1024)
    yield bytes(512) + b"LABELONE\1".ljust(20, b"\0") + b"\x20\0\0\0LVM2 001".ljust(492, b"\0") + bytes(1024)


def _images() -> Iterable[bytes]:
    yield b"QFI\xfb\0\0\0\3" + bytes(12) + b"\0\0\0\x10" + (MIB).to_bytes(8) + bytes(64)
    yield b"KDMV\1\0\0\0\3\0\0\0" + (2048).to_bytes(8, "little") + (128).to_bytes(8, "little") + bytes(480)
    yield b'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 2048 FLAT "a" 0\n'
    yield b"vhdxfile" + bytes(200)
    yield b"conectix" + bytes(504)
