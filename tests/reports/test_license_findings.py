from analyzers.contents import Contents, Placed
from analyzers.inventory import License, Package
from analyzers.severity import Severity
from reports.contents import license_findings, with_licenses
from reports.document import Component

COMPONENTS = (
    Component(
        package=Package(kind="dpkg", name="bash", version="5"), purl="", path="var/lib/dpkg/status", layer=0
    ),
    Component(
        package=Package(kind="dpkg", name="bash-doc", version="5", source_name="bash"),
        purl="",
        path="var/lib/dpkg/status",
        layer=0,
    ),
    Component(
        package=Package(kind="npm", name="a", version="1", licenses=("MIT OR GPL-2.0-only",)),
        purl="",
        path="package-lock.json",
        layer=1,
    ),
)
FOUND = Contents(
    licenses=(
        Placed(License(name="GPL-3.0-or-later", confidence=1.0), "usr/share/doc/bash/copyright", 0),
        Placed(License(name="MPL-2.0", confidence=0.9), "srv/LICENSE", 1),
    )
)


def told(**classes: tuple[str, ...]) -> list[tuple[str, str, str, Severity]]:
    found = license_findings(with_licenses(COMPONENTS, FOUND), FOUND, classes)
    return [(each.package or each.path, each.name, each.category, each.severity) for each in found]


def test_licences_of_packages_and_of_files() -> None:
    assert told() == [
        ("bash", "GPL-3.0-or-later", "restricted", Severity.HIGH),
        ("bash-doc", "GPL-3.0-or-later", "restricted", Severity.HIGH),
        ("a", "MIT OR GPL-2.0-only", "notice", Severity.LOW),
        ("srv/LICENSE", "MPL-2.0", "reciprocal", Severity.MEDIUM),
    ]


def test_packages_have_the_licences_that_their_files_tell() -> None:
    held = {each.package.name: each.package.licenses for each in with_licenses(COMPONENTS, FOUND)}
    both = ("GPL-3.0-or-later",)
    assert held == {"bash": both, "bash-doc": both, "a": ("MIT OR GPL-2.0-only",)}
    assert with_licenses(COMPONENTS, Contents()) == COMPONENTS


def test_classes_are_the_operators() -> None:
    moved = told(forbidden=("MPL-2.0",), permissive=("GPL-2.0",))
    assert moved[2:] == [
        ("a", "MIT OR GPL-2.0-only", "permissive", Severity.LOW),
        ("srv/LICENSE", "MPL-2.0", "forbidden", Severity.CRITICAL),
    ]
