"""Version order of NuGet packages.

Specification: https://learn.microsoft.com/en-us/nuget/concepts/package-versioning: semantic versions with up
to four numbers, pre-releases compared without regard to case.
"""

from analyzers.versions import semver


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key.

    Raises:
        InvalidVersionError: the text is no semantic version, whatever the leniency.
    """
    numbers, pre, _ = semver.parse(version)
    return numbers, *semver.precedence(pre.lower())
