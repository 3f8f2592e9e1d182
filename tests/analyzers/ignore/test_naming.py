import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.ignore.candidate import oci_purl
from analyzers.ignore.naming import Names, covers, link, named, parsed


@pytest.mark.parametrize(
    ("pattern", "purl", "is_covered"),
    [
        ("pkg:maven/com.google.guava/guava", "pkg:maven/com.google.guava/guava@24.1.1", True),
        ("pkg:maven/com.google.guava/guava@24.1.1", "pkg:maven/com.google.guava/guava@24.1.1?type=pom", True),
        (
            "pkg:maven/com.google.guava/guava@24.1.1?classifier=x86",
            "pkg:maven/com.google.guava/guava@24.1.1?classifier=x86&type=dll",
            True,
        ),
        (
            "pkg:maven/com.google.guava/guava@24.1.1?classifier=x86",
            "pkg:maven/com.google.guava/guava@24.1.1",
            False,
        ),
        (
            "pkg:maven/com.google.guava/guava@24.1.1?classifier=x86",
            "pkg:maven/com.google.guava/guava@24.1.1?classifier=sources",
            False,
        ),
        ("pkg:maven/com.google.guava/guava@24.1.1", "pkg:maven/com.google.guava/guava@24.1.2", False),
        ("pkg:maven/com.google.guava/guava@24.1.1", "pkg:maven/com.google.guava/guava", False),
        ("pkg:maven/com.google/guava", "pkg:maven/com.google.guava/guava@1", False),
        ("pkg:npm/lodash", "pkg:pypi/lodash@1", False),
        ("pkg:npm/%40babel/core@7.0.0", "pkg:npm/@babel/core@7.0.0", True),
        ("pkg:pypi/Typing_Extensions", "pkg:pypi/typing-extensions@4", True),
        (
            "pkg:deb/debian/libdb5.3@5.3.28+dfsg1-0.8",
            "pkg:deb/debian/libdb5.3@5.3.28%2Bdfsg1-0.8?arch=amd64",
            True,
        ),
        ("pkg:deb/debian/perl@1:5.36-7", "pkg:deb/debian/perl@5.36-7?arch=amd64&epoch=1", True),
        ("pkg:deb/debian/perl@2:5.36-7", "pkg:deb/debian/perl@5.36-7?arch=amd64&epoch=1", False),
        ("pkg:rpm/redhat/vim@8.2?epoch=0", "pkg:rpm/redhat/vim@8.2?arch=x86_64", True),
        ("pkg:deb/libssl1.1", "pkg:deb/debian/libssl1.1@1", False),
        ("pkg:golang/github.com/pkg/errors@0.9.1", "pkg:golang/github.com/pkg/errors@v0.9.1", True),
        ("pkg:golang/a.org/b#sub", "pkg:golang/a.org/b@v1#sub/folder", True),
        ("pkg:golang/a.org/b#sub", "pkg:golang/a.org/b@v1#subway", False),
        (
            "pkg:oci/trivy?repository_url=ghcr.io%2Faquasecurity%2Ftrivy",
            "pkg:oci/trivy@sha256%3Aabc?repository_url=ghcr.io/aquasecurity/trivy&arch=amd64",
            True,
        ),
        (
            "pkg:oci/debian?repository_url=index.docker.io/library/debian",
            "pkg:oci/debian@sha256:abc?repository_url=docker.io/debian",
            True,
        ),
        (
            "pkg:oci/trivy?repository_url=ghcr.io/evil/trivy",
            "pkg:oci/trivy?repository_url=ghcr.io/a/trivy",
            False,
        ),
    ],
)
def test_a_purl_covers_what_has_all_it_says(pattern: str, purl: str, is_covered: bool) -> None:  # noqa: FBT001
    assert covers(pattern, purl) is is_covered


def test_the_purl_of_an_image_is_covered_with_and_without_digest() -> None:
    made = oci_purl("ghcr.io/Team/App", "sha256:" + "ab" * 32, "arm64")
    assert covers("pkg:oci/app?repository_url=ghcr.io/team/app", made)
    assert covers(f"pkg:oci/app@sha256:{'ab' * 32}", made)
    assert not covers(f"pkg:oci/app@sha256:{'cd' * 32}", made)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("sha-256:" + "AB" * 32, "sha256:" + "ab" * 32),
        ("urn:cdx:3E67/1#pkg%3Anpm%2Fa%401", "urn:cdx:3e67/1#pkg:npm/a@1"),
        ("cpe:/o:redhat:enterprise_linux:9", "cpe:/o:redhat:enterprise_linux:9"),
        ("pkg:", "pkg:"),
    ],
)
def test_names_that_are_no_purls_are_equal_or_not(name: str, other: str) -> None:
    assert Names([other]).are_covered([named(name)])
    assert not Names([f"{other}x"]).are_covered([named(name)])


def test_a_bom_link_is_made_of_the_serial_number() -> None:
    assert link("urn:uuid:3E67", "2", "a") == "urn:cdx:3e67/2#a"
    assert link("", "2", "a") == ""


@given(st.text(max_size=60).map(lambda rest: f"pkg:{rest}") | st.text(max_size=60))
def test_any_text_is_a_name_that_covers_itself(text: str) -> None:
    assert Names([text]).are_covered([named(text)])
    assert parsed(text) is None or covers(text, text)
