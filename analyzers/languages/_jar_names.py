"""Tells which artifact an archive of Java classes is, when no Maven descriptor in it says so.

Formats: https://maven.apache.org/repositories/layout.html (artifact-version-classifier.extension),
https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html (Implementation- headers)
"""

import re
from typing import NamedTuple

from analyzers.languages._jar_groups import group_of
from analyzers.languages._jar_manifest import Manifest, stated, version_of

BY_MANIFEST = "manifest of the archive"
BY_NAME = "name of the file"
BY_TABLE = "well-known name of the file"

_QUALIFIER = re.compile(
    r"(?:\d.*|v\d.*|[abm]\d+|(?:alpha|beta|rc|cr|m|milestone|snapshot|final|ga|release|sp|jre|android|pre|preview"
    r"|incubating|redhat|jbossorg|java|jdk|build|patch|hotfix|hadoop|atlassian|cdh|hdp|emr|tuxcare)[\d._]*)",
    re.IGNORECASE,
)
_UNDERSCORED = re.compile(r"(.+?)_(\d+\.\d.*)")
_SCALA = re.compile(r"_(?:2\.\d+|3)(?:\.\d+)?(?:[-.](?:M|RC)\d+)?\Z")
_NEBULA = re.compile(r"([\w.-]+)#([\w.-]+);(.+)")
_TITLE = re.compile(r"[A-Za-z][\w-]*")
_BLANKS = re.compile(r"[\s_]+")
_TOO_WIDE = frozenset(("org.apache", "org.eclipse", "com.google", "com.sun", "com.oracle", "javax", "org"))
_NAME_LENGTH = 255


class Identity(NamedTuple):
    """An artifact, as far as it is known."""

    group: str
    artifact: str
    version: str
    evidence: str

    @property
    def name(self) -> str:
        """As `Package.name`; the artifact alone when its group is not known."""
        return f"{self.group}:{self.artifact}" if self.group else self.artifact


def split_file_name(stem: str) -> tuple[str, str]:
    """Return artifact and version of a file name without its ending; the version is "" without one.

    The version begins at the first hyphen before a digit after which no words come that are neither
    qualifiers nor followed by digits again: "log4j-1.2-api-2.17.2" is version 2.17.2 of "log4j-1.2-api".
    Classifiers after it are left out: "netty-4.1.1.Final-linux-x86_64" is version 4.1.1.Final.
    """
    words = stem[:_NAME_LENGTH].split("-")
    starts = [place for place, word in enumerate(words) if place and word[:1].isdigit()]
    for start in starts:
        end = start + 1
        while end < len(words) and _QUALIFIER.fullmatch(words[end]):
            end += 1
        if start == starts[-1] or not any(other > end for other in starts):
            return "-".join(words[:start]), "-".join(words[start:end])
    underscored = _UNDERSCORED.fullmatch(stem[:_NAME_LENGTH])
    return (underscored[1], underscored[2]) if underscored else (stem[:_NAME_LENGTH], "")


def identify(stem: str, manifest: Manifest) -> Identity:
    """Return the best that the name of a file (without its ending) and its manifest tell.

    A file that carries its version is named as in Maven's repositories, artifact and version verbatim, while
    titles are prose and versions of bundles are bent into OSGi's form. A group is told only where its
    sources leave little doubt: a wrong one would look clean under another artifact's name.
    """
    artifact, version = split_file_name(stem)
    title = stated(manifest.get("implementation-title", ""))
    if nebula := _NEBULA.fullmatch(title):
        return Identity(nebula[1], nebula[2], nebula[3], BY_MANIFEST)
    known, evidence = group_of(artifact, title), BY_NAME
    if not version:
        version = version_of(manifest)
        if _TITLE.fullmatch(title) and not known:
            artifact, evidence = title, BY_MANIFEST
    if group := _group_by_manifest(artifact, title, manifest):
        return Identity(group, artifact, version, BY_MANIFEST)
    if known:
        return Identity(*known, version, BY_TABLE)
    return Identity("", artifact, version, evidence)


def is_about(manifest: Manifest, artifact: str) -> bool:
    """Tell whether the manifest's title or bundle is that artifact."""
    titles = (manifest.get("implementation-title", ""), manifest.get("bundle-symbolicname", ""))
    return artifact in (title.partition(";")[0] for title in titles)


def _group_by_manifest(artifact: str, title: str, manifest: Manifest) -> str:
    """Return the group when the manifest names it together with this very artifact.

    Build tools write the group's id as Implementation-Vendor-Id beside the artifact's as title, and both
    together as Bundle-SymbolicName, in which a group that ends in an artifact of one word merges with it.
    """
    plain = _SCALA.sub("", artifact)
    if group := stated(manifest.get("group-id", "")):  # Jenkins' plugins
        return group if artifact in (manifest.get("short-name"), manifest.get("extension-name")) else ""
    vendor = stated(manifest.get("implementation-vendor-id", ""))
    if _BLANKS.sub("-", title).lower() == plain.lower() and "." in vendor and vendor not in _TOO_WIDE:
        return vendor
    bundle = stated(manifest.get("bundle-symbolicname", "").partition(";")[0])
    group = bundle.removesuffix(f".{plain}")
    return group if "-" in plain and group != bundle and "." in group else ""
