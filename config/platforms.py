"""Platforms that there are: "os/architecture" or "os/architecture/variant".

Names: https://github.com/opencontainers/image-spec/blob/main/image-index.md, which takes those of Go
"""

import re

_FORM = re.compile(r"[a-z0-9_]+/[a-z0-9_]+(/[a-z0-9_.]+)?")
_SYSTEMS = (
    "aix android darwin dragonfly freebsd hurd illumos ios js linux netbsd openbsd plan9 solaris unknown "
    "wasi wasip1 wasip2 windows zos"
)
_ARCHITECTURES = (
    "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le "
    "ppc ppc64 ppc64le riscv riscv32 riscv64 s390 s390x sparc sparc64 unknown wasm wasm32 wasm64"
)
_CALLED_ELSEWHERE = {
    "aarch64": "arm64",
    "arm32v6": "arm/v6",
    "arm32v7": "arm/v7",
    "arm64v8": "arm64/v8",
    "armhf": "arm/v7",
    "armv6": "arm/v6",
    "armv7": "arm/v7",
    "armv8": "arm64/v8",
    "macos": "darwin",
    "ppc64el": "ppc64le",
    "x64": "amd64",
    "x86": "386",
    "x86_64": "amd64",
}
_ALIKE = 0.75


def parse_platforms(value: object) -> tuple[str, ...]:
    """Return the platforms of "all", of "linux/amd64" or of a list such as ["linux/amd64", "linux/arm64/v8"].

    "all" becomes ("all",). An empty list stays empty.

    Raises:
        ValueError: it is none of them, or misspelt: where no image is for it, all are read, which nobody
            wants to wait for.
    """
    if value == "all":
        return ("all",)
    platforms = tuple(value) if isinstance(value, list | tuple) else (value,)
    for platform in platforms:
        if not isinstance(platform, str) or not is_platform(platform):
            raise ValueError(
                f"{platform!r} is not a choice of platforms: expected 'all', or some such as 'linux/amd64'"
            )
        if other := meant(platform):
            raise ValueError(f"{platform!r} is not a platform of images: expected {other!r}, perhaps")
    return platforms


def is_platform(text: str) -> bool:
    """Tell whether a text has the form of a platform, whatever system and architecture it names."""
    return bool(_FORM.fullmatch(text))


def meant(platform: str) -> str:
    """Return what a misspelt platform was to be; empty when nothing is known against it.

    A name like none that is known is nothing to object to: there are images for systems of the future.
    """
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    known = _meant(architecture, _ARCHITECTURES)
    parts = (_meant(system, _SYSTEMS), known, "" if "/" in known else variant)
    other = "/".join(part for part in parts if part)
    return other if other != platform else ""


def _meant(word: str, names: str) -> str:
    known = names.split()
    if word in known or word in _CALLED_ELSEWHERE:
        return _CALLED_ELSEWHERE.get(word, word)
    from difflib import get_close_matches  # noqa: PLC0415 - most names are known

    if swapped := [name for name in known if sorted(name) == sorted(word)]:
        return swapped[0]
    if any(word.startswith(name) for name in known):
        return word  # one more of a family, such as arm64e
    return next(iter(get_close_matches(word, known, n=1, cutoff=_ALIKE)), word)
