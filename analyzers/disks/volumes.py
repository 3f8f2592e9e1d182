"""LVM2: the logical volumes of a physical one.

Format: https://github.com/libyal/libvslvm/blob/main/documentation/Logical%20Volume%20Manager%20(LVM)%20format.asciidoc
and lvm.conf(5) for the grammar of its text.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from analyzers.disks.device import SECTOR, Device, DiskError, Extent, Spliced
from analyzers.limits import MIB

_LABEL = b"LABELONE"
_TYPE = b"LVM2 001"
_AREA_MAGIC = b" LVM2 x[5A%r0N*>"
_ONES = 0xFFFF_FFFF
# LVM begins with a number of its own and inverts neither it nor the result, as zlib does.
_CHECKSUM_START = 0xF597_A6CF ^ _ONES
_MOST_TEXT_BYTES = 16 * MIB
_MOST_AREAS = 16
_MOST_DEPTH = 16
_TOKEN = re.compile(r'\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_.+-]+)|([{}\[\]=,])')

Value = int | str | list["Value"]
Section = dict[str, "Value | Section"]
_Starts = Mapping[str, tuple[Device, int]]
"""Name of a physical volume → where its extents begin."""


class Volume(msgspec.Struct, frozen=True):
    """A logical volume: readable, or why it is not."""

    name: str
    """"group/volume"."""
    device: Spliced | None
    reason: str = ""


class Physical(msgspec.Struct, frozen=True):
    """A physical volume with what it knows of its group."""

    id: str
    device: Device
    group: str
    metadata: Section

    @property
    def age(self) -> int:
        """The number of the metadata's last change."""
        return _number(self.metadata, "seqno")


def read_physical(device: Device) -> Physical:
    """Return what a physical volume says.

    Raises:
        DiskError: the metadata are damaged, or there are none on this volume.
    """
    own, areas = _label(device)
    name, group = _group(_text(device, areas))
    return Physical(own, device, name, group)


def volumes_of(physicals: Sequence[Physical]) -> Iterator[Volume]:
    """Yield the logical volumes of all groups that these physical volumes belong to, by group.

    Raises:
        DiskError: the metadata miss a number.
    """
    # A group may have been changed while one of its volumes was away.
    newest = {each.group: each for each in sorted(physicals, key=lambda one: one.age)}
    for name, latest in sorted(newest.items()):
        yield from _volumes(name, latest.metadata, {each.id: each.device for each in physicals})


def _volumes(group_name: str, group: Section, devices: Mapping[str, Device]) -> Iterator[Volume]:
    extent_bytes = _number(group, "extent_size") * SECTOR
    starts = {}
    for name, each in _sections(group, "physical_volumes"):
        if device := devices.get(str(each.get("id", "")).replace("-", "")):
            starts[name] = (device, _number(each, "pe_start") * SECTOR)
    for name, each in _sections(group, "logical_volumes"):
        if "VISIBLE" in _list(each, "status"):
            yield _volume(f"{group_name}/{name}", each, starts, extent_bytes)


def _label(physical: Device) -> tuple[str, list[tuple[int, int]]]:
    """Return the physical volume's id and its areas of metadata."""
    for number in range(4):
        sector = physical.read_at(number * SECTOR, SECTOR)
        if sector.startswith(_LABEL) and sector[24:32] == _TYPE:
            break
    else:
        raise DiskError("lvm: no label in the first four sectors")
    (offset,) = struct.unpack_from("<I", sector, 20)
    header = sector[offset:]
    places = list(_places(header[40:]))
    # Two lists, each ended by zeros: data areas, metadata areas.
    end = places.index((0, 0)) if (0, 0) in places else len(places)
    areas = places[end + 1 :]
    return header[:32].decode("ascii", "replace"), areas[: areas.index((0, 0)) if (0, 0) in areas else None]


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    for place in range(0, len(data) - 15, 16):
        yield struct.unpack_from("<QQ", data, place)


def _text(physical: Device, areas: list[tuple[int, int]]) -> str:
    for offset, size in areas[:_MOST_AREAS]:
        header = physical.read_at(offset, SECTOR)
        if header[4:20] != _AREA_MAGIC:
            continue
        start, length, checksum = struct.unpack_from("<QQI", header, 40)
        if not SECTOR <= start < size or not 0 < length < size:
            continue
        if length > _MOST_TEXT_BYTES:
            raise DiskError(f"lvm: metadata of {length} bytes, expected at most {_MOST_TEXT_BYTES}")
        # The area is a ring after its header.
        first = physical.read_at(offset + start, min(length, size - start))
        rest = physical.read_at(offset + SECTOR, length - len(first))
        text = first + rest
        if zlib.crc32(text, _CHECKSUM_START) ^ _ONES != checksum:
            raise DiskError("lvm: the metadata's checksum is wrong")
        return text.rstrip(b"\0").decode("utf-8", "replace")
    raise DiskError("lvm: no valid metadata on this physical volume")


def _group(text: str) -> tuple[str, Section]:
    for name, value in parse_metadata(text).items():
        if isinstance(value, dict):
            return name, value
    raise DiskError("lvm: no volume group in the metadata")


def _volume(name: str, volume: Section, starts: _Starts, extent_bytes: int) -> Volume:
    try:
        extents = [_extent(each, starts, extent_bytes) for _, each in _segments(volume)]
        return Volume(name, Spliced(extents))
    except DiskError as error:
        return Volume(name, None, str(error))


def _segments(volume: Section) -> Iterator[tuple[str, Section]]:
    return (
        (key, each) for key, each in volume.items() if key.startswith("segment") and isinstance(each, dict)
    )


def _extent(segment: Section, starts: _Starts, extent_bytes: int) -> Extent:
    kind = segment.get("type")
    if kind != "striped" or _number(segment, "stripe_count") != 1:
        raise DiskError(f"lvm: a segment of type {kind!r}, expected a linear one")
    stripe = _list(segment, "stripes")
    if len(stripe) != 2 or not isinstance(stripe[1], int):  # noqa: PLR2004 - a physical volume, a place
        raise DiskError(f"lvm: stripes {stripe!r}, expected one physical volume and its extent")
    where, first = str(stripe[0]), stripe[1]
    if where not in starts:
        raise DiskError(f"lvm: a segment on {where!r}, which is on another disk")
    device, start = starts[where]
    return Extent(
        device=device,
        start=_number(segment, "start_extent") * extent_bytes,
        size=_number(segment, "extent_count") * extent_bytes,
        offset=start + first * extent_bytes,
    )


def _sections(section: Section, key: str) -> Iterator[tuple[str, Section]]:
    inner = section.get(key, {})
    if isinstance(inner, dict):
        yield from ((name, each) for name, each in inner.items() if isinstance(each, dict))


def _number(section: Section, key: str) -> int:
    value = section.get(key)
    if not isinstance(value, int) or not 0 <= value < 1 << 50:
        raise DiskError(f"lvm: {key} is {value!r}, expected a number")
    return value


def _list(section: Section, key: str) -> list[Value]:
    value = section.get(key)
    return value if isinstance(value, list) else []


def parse_metadata(text: str) -> Section:
    """Return the sections of LVM's metadata.

    Raises:
        DiskError: the text is none.
    """
    tokens = _tokens(text)
    top: Section = {}
    open_sections = [top]
    for kind, token in tokens:
        if (kind, token) == ("sign", "}") and len(open_sections) > 1:
            open_sections.pop()
            continue
        sign = next(tokens, ("", ""))
        if kind != "word" or sign[1] not in {"{", "="}:
            raise DiskError(f"lvm: {token!r}, expected the name of a section or value")
        if sign[1] == "=":
            open_sections[-1][token] = _value(tokens)
        elif len(open_sections) == _MOST_DEPTH:
            raise DiskError(f"lvm: sections more than {_MOST_DEPTH} deep")
        else:
            inner: Section = {}
            open_sections[-1][token] = inner
            open_sections.append(inner)
    if len(open_sections) > 1:
        raise DiskError("lvm: the metadata end within a section")
    return top


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise DiskError(f"lvm: {text[place]!r}, expected a name, a value or a sign")
        place = match.end()
        quoted, word, sign = match.groups()
        if quoted is not None:
            yield "string", re.sub(r"\\(.)", r"\1", quoted)
        elif word:
            yield "word", word
        elif sign:
            yield "sign", sign


def _value(tokens: Iterator[tuple[str, str]]) -> Value:
    first = next(tokens, ("", ""))
    if first != ("sign", "["):
        return _scalar(*first)
    values: list[Value] = []
    for token in tokens:
        if token == ("sign", "]"):
            return values
        if token != ("sign", ","):
            values.append(_scalar(*token))
    raise DiskError("lvm: the metadata end within a list")


def _scalar(kind: str, token: str) -> int | str:
    if kind == "string":
        return token
    if kind == "word" and re.fullmatch(r"[0-9]{1,18}", token):
        return int(token)
    if kind == "word" and re.fullmatch(r"[+-]?[0-9.]{1,40}", token):
        return token
    raise DiskError(f"lvm: {token!r}, expected a number or a string")
