"""Reads the descriptors that Maven puts into the archives it builds.

Formats: https://maven.apache.org/shared/maven-archiver/#pom-properties-content,
https://maven.apache.org/pom.html
"""

from analyzers.documents import xml
from analyzers.errors import ParseError
from analyzers.languages._jar_manifest import stated
from analyzers.languages._jar_names import Identity

_LICENSES = b"<licenses>", b"</licenses>"


def parse_properties(data: bytes, folder: tuple[str, str]) -> Identity | None:
    """Return the artifact of a pom.properties in META-INF/maven/GROUP/ARTIFACT, None without its name."""
    values: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "!")):
            values[name.strip()] = stated(value)
    return _identity(
        (values.get("groupId", ""), values.get("artifactId", "")), folder, values.get("version", "")
    )


def parse_project(data: bytes, path: str, folder: tuple[str, str]) -> Identity | None:
    """Return the artifact of a pom.xml beside which there is no pom.properties.

    Raises:
        ParseError: it is no XML.
    """
    root = xml.load(data, path)
    group, version = (
        stated(root.text_of(name) or root.text_of("parent", name)) for name in ("groupId", "version")
    )
    return _identity((group, stated(root.text_of("artifactId"))), folder, version)


def licenses_in(project: bytes) -> tuple[str, ...]:
    """Return the licences in a pom.xml; only that part is parsed, for poms are many and long."""
    start = project.find(_LICENSES[0])
    end = project.find(_LICENSES[1], start)
    if start < 0 or end < 0:
        return ()
    try:
        root = xml.load(project[start : end + len(_LICENSES[1])], "licenses")
    except ParseError:  # not in UTF-8; the licence is then not known
        return ()
    names = (license_.text_of("name") or license_.text_of("url") for license_ in root.all("license"))
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name))


def _identity(names: tuple[str, str], folder: tuple[str, str], version: str) -> Identity | None:
    group, artifact = (name or stated(other) for name, other in zip(names, folder, strict=True))
    return Identity(group, artifact, version, "") if artifact else None
