import json

import pytest

from benchmarks.packages import _compared, packages


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:deb/debian/cpp@12.2.0-3?arch=amd64&epoch=4", "pkg:deb/debian/cpp@4:12.2.0-3?distro=debian-12"),
        ("pkg:golang/example.org/x@v1.2.3", "pkg:golang/example.org/x@1.2.3"),
        ("pkg:golang/example.org/x/v2@v2.0.0", "pkg:golang/example.org/x@v2.0.0#v2"),
        ("pkg:rpm/rocky/bash@5.1-1?epoch=0", "pkg:rpm/redhat/bash@5.1-1"),
        ("pkg:npm/%40scope/name@1.0.0", "pkg:npm/%40scope/name@1.0.0?x=y"),
    ],
)
def test_one_package_in_two_spellings(one: str, other: str) -> None:
    document = {"components": [{"purl": one}, {"purl": other}, {"name": "no purl"}]}
    assert len(packages(json.dumps(document).encode())) == 1


def test_a_package_in_another_namespace_is_no_difference_of_its_own() -> None:
    same, mine, theirs = (
        ("pypi", "a", "1"),
        ("maven", "oro/oro", "2.0.8"),
        ("maven", "org.apache.oro/oro", "2.0.8"),
    )
    lost, extra = ("npm", "b", ""), ("npm", "@c/d", "3")
    found = _compared(frozenset({same, mine, extra}), frozenset({same, theirs, lost}))
    assert tuple(map(set, found)) == ({lost}, {extra}, {theirs})
