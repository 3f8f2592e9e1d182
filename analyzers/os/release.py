"""The operating system and its release, from os-release and the older files that distributions write.

Formats: https://www.freedesktop.org/software/systemd/man/latest/os-release.html (lsb-release has its syntax),
https://www.debian.org/doc/debian-policy/ (etc/debian_version is base-files'),
https://refspecs.linuxfoundation.org/lsb.shtml (the "… release N (Name)" sentence),
https://en.opensuse.org/SDB:Find_openSUSE_version (etc/SuSE-release: a sentence and assignments).

Several of these files usually describe the same system; which one is believed is the squash's decision.
Some know more than os-release does: etc/debian_version has "12.5" where os-release has "12",
etc/centos-release "7.9.2009" where it has "7". Each file's own version is kept as it stands there.
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Problem, Release, View

_DISTRIBUTIONS = (  # how the sentence in a …-release file begins, and the ID that os-release has for it
    ("red hat enterprise linux", "rhel"),
    ("rhel", "rhel"),
    ("centos", "centos"),
    ("rocky linux", "rocky"),
    ("almalinux", "almalinux"),
    ("amazon linux", "amzn"),
    ("oracle linux", "ol"),
    ("fedora", "fedora"),
)
_ASSIGNMENT = re.compile(r"^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.MULTILINE)
_SENTENCE = re.compile(r"^(?P<name>.+?)\s+(?:release|version)\s+(?P<version>\d[\w.]*)", re.IGNORECASE)
_AMAZON_IMAGE = re.compile(r"^(?P<name>amazon linux) (?P<version>\d[\w.]*)", re.IGNORECASE)
_NUMBERED = re.compile(r"\d[\w.+~-]*")
_PARTS = {name: re.compile(rf"^{name} = ([0-9.]+)$", re.MULTILINE) for name in ("VERSION", "PATCHLEVEL")}
_FILE_BYTES = 64 * 1024
_SENTENCE_LENGTH = 256


def parse(file: File) -> Iterator[Fact]:
    """Yield the Release that the file describes.

    A file that names no distribution is a Problem.

    Raises:
        ParseError: the file is too long for what it claims to be.
    """
    if len(file.data) > _FILE_BYTES:
        raise ParseError(f"{file.path}: {len(file.data)} bytes, expected at most {_FILE_BYTES}")
    text = file.data.decode("utf-8", "replace").replace("\0", "").removeprefix("\ufeff")
    release = _read(file.path.rpartition("/")[2], text)
    yield release or Problem(path=file.path, reason=f"names no distribution: {text[:80]!r}")


def _read(name: str, text: str) -> Release | None:
    match name:
        case "os-release":
            return _os_release(_assignments(text))
        case "lsb-release":
            return _lsb_release(_assignments(text))
        case "SuSE-release":
            return _suse_release(text)
        case "alpine-release":
            return _one_version("alpine", text)
        case "debian_version":
            return _one_version("debian", text)
        case _:
            return _sentence(text)


def _assignments(text: str) -> dict[str, str]:
    return {name: _unquote(value.strip()) for name, value in _ASSIGNMENT.findall(text)}


def _unquote(value: str) -> str:
    """Take a shell value's quotes and backslashes away; nothing is expanded, as os-release(5) demands."""
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r'\\([$"\\`])', r"\1", value[1:-1])
    return re.sub(r"\\(.)", r"\1", value)


def _os_release(values: dict[str, str]) -> Release | None:
    if not (identifier := values.get("ID", "").strip().lower()):
        return None
    return Release(
        id=identifier,
        version_id=values.get("VERSION_ID", "").strip(),
        id_like=tuple(values.get("ID_LIKE", "").lower().split()),
        pretty_name=values.get("PRETTY_NAME", "").strip(),
    )


def _lsb_release(values: dict[str, str]) -> Release | None:
    if not (identifier := values.get("DISTRIB_ID", "").strip().lower()):
        return None
    return Release(
        id=identifier,
        version_id=values.get("DISTRIB_RELEASE", "").strip(),
        pretty_name=values.get("DISTRIB_DESCRIPTION", "").strip(),
    )


def _suse_release(text: str) -> Release | None:
    """Read what SUSE had before os-release; the service pack is a PATCHLEVEL of its own."""
    line = text.strip().partition("\n")[0].strip()[:_SENTENCE_LENGTH]
    version, pack = (_PARTS[name].search(text) for name in ("VERSION", "PATCHLEVEL"))
    if version is None or not line.lower().startswith(("suse", "opensuse")):
        return None
    number = f"{version[1]}.{pack[1]}" if pack and pack[1] != "0" else version[1]
    identifier = "opensuse" if line.lower().startswith("opensuse") else "sles"
    return Release(id=identifier, version_id=number, pretty_name=line)


def _one_version(identifier: str, text: str) -> Release | None:
    """Read a file that holds nothing but a version; Debian testing's "trixie/sid" is none."""
    line = text.strip()
    if not line or len(line.split()) > 1:
        return None
    numbered = _NUMBERED.fullmatch(line)
    return Release(id=identifier, version_id=line if numbered else "", pretty_name="" if numbered else line)


def _sentence(text: str) -> Release | None:
    line = text.strip().partition("\n")[0].strip()[:_SENTENCE_LENGTH]
    match = _SENTENCE.match(line) or _AMAZON_IMAGE.match(line)
    if match is None:
        return _unnumbered(line)
    return Release(id=_distribution(match["name"]), version_id=match["version"], pretty_name=line)


def _unnumbered(line: str) -> Release | None:
    """Accept a sentence without a number only from a distribution that is known."""
    identifier = _distribution(line)
    known = any(identifier == known for _, known in _DISTRIBUTIONS)
    return Release(id=identifier, pretty_name=line) if known else None


def _distribution(name: str) -> str:
    lowered = name.lower()
    for beginning, identifier in _DISTRIBUTIONS:
        if lowered.startswith(beginning):
            return identifier
    return "-".join(re.findall(r"[a-z0-9]+", lowered))


ANALYZER = Analyzer(
    id="os/release",
    version=2,
    views=frozenset(View),
    globs=(
        "etc/os-release",
        "usr/lib/os-release",
        "etc/alpine-release",
        "etc/debian_version",
        "etc/redhat-release",
        "etc/centos-release",
        "etc/rocky-release",
        "etc/almalinux-release",
        "etc/oracle-release",
        "etc/fedora-release",
        "etc/system-release",
        "etc/SuSE-release",
        "etc/lsb-release",
    ),
    parse=parse,
)
