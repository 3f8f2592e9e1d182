"""Reads what an archive of Java classes says of itself in its manifest.

Formats: https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#jar-manifest,
https://docs.osgi.org/specification/osgi.core/8.0.0/framework.module.html (the Bundle- headers)
"""

import re

_END_OF_MAIN = re.compile(r"\n(?:[ \t]*\n)+")
_FOLD = re.compile(r"\n ")
_LICENSE = re.compile(r'(?:[^,"]|"[^"]*"?)+')
_LICENSE_BYTES = 4096
_LONGEST = 255
_NO_LICENSE = "<<EXTERNAL>>"

Manifest = dict[str, str]
"""Headers of the main section, names in lower case."""


def parse_manifest(data: bytes) -> Manifest:
    """Return the main section's headers; of equal ones the first counts."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    main = _END_OF_MAIN.split(text.lstrip("\n"), maxsplit=1)[0]
    headers: Manifest = {}
    for line in _FOLD.sub("", main).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return headers


def licenses_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the names or addresses in Bundle-License, without their attributes."""
    clauses = _LICENSE.findall(manifest.get("bundle-license", "")[:_LICENSE_BYTES])
    names = (clause.partition(";")[0].strip().strip('"').strip() for clause in clauses)
    return tuple(dict.fromkeys(name for name in names if name and name != _NO_LICENSE))


def version_of(manifest: Manifest) -> str:
    """Return the version that the headers tell, "" without one."""
    headers = ("implementation-version", "bundle-version", "plugin-version", "specification-version")
    return next((value for name in headers if (value := stated(manifest.get(name, "")))), "")


def stated(value: str) -> str:
    """Return a name or version, "" for what is none: a placeholder that no build filled in, a text."""
    value = value.strip()
    return "" if "${" in value or len(value) > _LONGEST or not value.isprintable() else value
