"""Well-known programs that no package manager brought, by the version string in them.

Formats: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html (programs, told by their name),
https://docs.ruby-lang.org/en/master/RbConfig.html (rbconfig.rb),
https://www.erlang.org/doc/system/versions.html#retrieving-current-otp-version (OTP_VERSION)
"""

import re
from collections.abc import Iterable, Iterator

from analyzers.binaries._executable import ELF_MAGIC, FAT_MAGIC, MACHO_MAGICS, PE_MAGIC, parse_executable
from analyzers.binaries._known_programs import PROGRAMS, Program
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem

_KIND = "binary"
_IN_PROGRAM = "version string in the program"
_IN_TEXT = "version in a file that came with the program"
_MAGICS = (ELF_MAGIC, PE_MAGIC, *MACHO_MAGICS, FAT_MAGIC)

_PROGRAM_FOLDER = re.compile(r"(?:^|/)(?:s?bin|libexec)/")
_SYSTEM_FOLDER = re.compile(r"(?:usr/)?(?:lib\w*|share)/")
_NAMES = tuple((re.compile(program.files), program) for program in PROGRAMS)

_PYTHONS = ("2.7", *(f"3.{minor}" for minor in range(4, 16)), *(f"3.{minor}m" for minor in range(4, 8)))
_LIBRARIES = frozenset(
    (
        "libcrypto.so.1.0.0",
        "libcrypto.so.1.0.2",
        "libcrypto.so.1.1",
        "libcrypto.so.3",
        "libjvm.so",
        "libperl.so",
        "libphp.so",
        "libphp7.so",
        "libsqlite3.so.0.8.6",
        *(f"libpython{version}.so.1.0" for version in _PYTHONS),
    )
)
"""Names of libraries, as their files have no executable bit everywhere."""

_STRINGS = (".rodata", ".rdata", "__cstring", "__const")

_TEXTS = {
    "OTP_VERSION": ("erlang-otp", re.compile(rb"\A(\d+(?:\.\d+)*(?:-rc\d+)?)\**\s*\Z")),
    "rbconfig.rb": (
        "ruby",
        re.compile(
            rb'CONFIG\["MAJOR"\] = "(\d+)"\s+CONFIG\["MINOR"\] = "(\d+)"\s+CONFIG\["TEENY"\] = "(\d+)"'
        ),
    ),
}


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that the program is; a Problem if it has no version, or several.

    A program is known by its name and by what stands in every version of it. Outside of folders for
    programs, those of the system are left out: packages of the system install programs there whose paths
    are not known to be theirs.
    """
    name = file.path.rpartition("/")[2].removesuffix(".exe")
    if name in _TEXTS:
        yield from _read_text(file, *_TEXTS[name])
    elif file.data.startswith(_MAGICS) and _may_tell(file.path, name):
        for pattern, program in _NAMES:
            if pattern.fullmatch(name) and program.marker in file.data:
                yield _identify(file, program)


def _may_tell(path: str, name: str) -> bool:
    return bool(name in _LIBRARIES or _PROGRAM_FOLDER.search(path) or not _SYSTEM_FOLDER.match(path))


def _identify(file: File, program: Program) -> Fact:
    found = _versions(program, _constants(file.data)) or _versions(program, [file.data])
    versions = sorted(version.decode("ascii") for version in found)
    if len(versions) == 1:
        return Package(kind=_KIND, name=program.name, version=versions[0], evidence=_IN_PROGRAM)
    told = f"{versions!r:.100}" if versions else "none"
    return Problem(file.path, f"{file.path}: version strings of {program.name}: {told}, expected one")


def _versions(program: Program, parts: Iterable[bytes]) -> set[bytes]:
    return {
        match[1] for part in parts for version in program.versions for match in re.finditer(version, part)
    }


def _constants(data: bytes) -> list[bytes]:
    """Return the sections in which compilers put strings, where there are some: a small part of the whole."""
    try:
        sections = parse_executable(data, _STRINGS).sections
    except ParseError:
        return []
    return [data[section.start : section.end] for section in sections]


def _read_text(file: File, name: str, pattern: re.Pattern[bytes]) -> Iterator[Fact]:
    match = pattern.search(file.data)
    if match is None:
        yield Problem(file.path, f"{file.path}: no version of {name}, expected one")
        return
    version = b".".join(match.groups()).decode("ascii")
    yield Package(kind=_KIND, name=name, version=version, evidence=_IN_TEXT)


ANALYZER = Analyzer(
    id="binaries/known",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="generic"),),
    globs=(
        *(f"**/{name}" for name in sorted(_LIBRARIES)),
        "**/releases/*/OTP_VERSION",
        "**/ruby/*/*/rbconfig.rb",
        "**/ruby/*/rbconfig.rb",
    ),
    magic=_MAGICS,
    parse=parse,
)
