"""Which of Red Hat's product streams a system's packages come from, in the names that its advisories use.

Specification: https://www.redhat.com/en/blog/how-accurately-match-oval-security-data-installed-rpms,
https://ossf.github.io/osv-schema/#defined-ecosystems (a CPE follows "Red Hat:", without "cpe:/o:redhat:").

An image's content sets name the repositories that it was built from; where there are none, it is taken to
have been built from all of its release's own. Which stream a repository belongs to is told from the names
that the system's own repositories have; those of other products tell nothing here. Red Hat's table of all is
https://security.access.redhat.com/data/metrics/repository-to-cpe.json.
"""

import re

from analyzers.inventory import Release

_BASE = "Red Hat"
_EITHER = "|"
_MAJOR = re.compile(r"([0-9]{1,9})(?:\.[0-9]+)*")
_STREAM = re.compile(r"(?P<product>[^:]*):(?P<version>[^:]*)(?:::?(?P<part>.*))?")
_REPOSITORY = re.compile(
    r"(?:rhel|ubi)-(?P<major>[0-9]+)-(?:for-[a-z0-9_]+-)?(?P<part>[a-z]+(?:-builder)?)"
    r"(?:-(?P<support>eus|aus|e4s|tus))?-(?:debug-|source-)?rpms(?:__(?P<minor>[0-9]+_DOT_[0-9]+))?"
)
_BUILDER = re.compile(r"codeready-builder-for-(?:rhel|ubi)-(?P<major>[0-9]+)-[a-z0-9_-]*rpms")
_PARTS = frozenset(("appstream", "baseos", "highavailability", "nfv", "realtime", "resilientstorage", "sap"))
_NAMED_OTHERWISE = {"codeready-builder": "crb", "rt": "realtime"}
_LAST_CENTOS = 8


def ecosystem_of(release: Release) -> str | None:
    """Return "Red Hat:enterprise_linux:9", or the streams of its content sets with "|" between them."""
    match = _MAJOR.fullmatch(release.version_id)
    if match is None:
        return None
    streams = {stream for name in release.channels for stream in _streams(name, match[1])}
    return f"{_BASE}:{_EITHER.join(sorted(streams)) or f'enterprise_linux:{match[1]}'}"


def ecosystem_of_centos(release: Release) -> str | None:
    """Return that of the release which CentOS rebuilt; Stream runs ahead of it, so that nothing fits."""
    match = _MAJOR.fullmatch(release.version_id)
    if match is None or int(match[1]) > _LAST_CENTOS or "stream" in release.pretty_name.lower():
        return None
    return f"{_BASE}:enterprise_linux:{match[1]}"


def covers(advisory: str, package: str) -> bool:
    """Tell whether an advisory's stream is one of a package's.

    A stream without a part covers all parts, and one with a major version all minor ones: since version 10
    advisories name minor releases ("enterprise_linux:10.1").
    """
    theirs = _STREAM.fullmatch(advisory)
    return theirs is not None and any(_is_in(theirs, stream) for stream in package.split(_EITHER))


def _is_in(theirs: re.Match[str], stream: str) -> bool:
    mine = _STREAM.fullmatch(stream)
    if mine is None or mine["product"] != theirs["product"]:
        return False
    if theirs["version"] != mine["version"] and not theirs["version"].startswith(f"{mine['version']}."):
        return False
    return not mine["part"] or not theirs["part"] or mine["part"] == theirs["part"]


def _streams(repository: str, major: str) -> list[str]:
    if (builder := _BUILDER.fullmatch(repository)) and builder["major"] == major:
        return [f"enterprise_linux:{major}::crb"]
    match = _REPOSITORY.fullmatch(repository)
    if match is None or match["major"] != major:
        return []
    part = _NAMED_OTHERWISE.get(match["part"], match["part"])
    suffix = f"::{part}" if part in _PARTS or part == "crb" else ""
    if not match["support"]:
        return [f"enterprise_linux:{major}{suffix}"]
    minor = (match["minor"] or major).replace("_DOT_", ".")
    return [f"rhel_{match['support']}:{minor}{suffix}"]
