import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.ignore.candidate import oci_purl
from analyzers.ignore.naming import Names, covers, link, named, parsed, ranged


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
        ("pkg:npm/a?vers=vers:npm/%3C2.0.0", "pkg:npm/a@1.9.9", True),
        ("pkg:npm/a?vers=vers%3Anpm%2F%3C2.0.0", "pkg:npm/a@2.0.0", False),
        ("pkg:npm/a?vers=vers:npm/%3C2.0.0", "pkg:npm/a", False),
        ("pkg:npm/a?vers=vers:npm/%3C2.0.0", "pkg:npm/a@one", False),
        ("pkg:npm/a?vers=vers:npm/*", "pkg:npm/a@2", True),
        ("pkg:npm/a?vers=vers:npm/*", "pkg:npm/b@2", False),
        ("pkg:npm/a@1.0.0?vers=vers:npm/*", "pkg:npm/a@1.0.0", False),
        ("pkg:npm/a?vers=vers:pypi/*", "pkg:npm/a@1.0.0", False),
        ("pkg:npm/a?vers=%3C2.0.0", "pkg:npm/a@1.0.0", False),
        ("pkg:npm/a", "pkg:npm/a?vers=vers:npm/%3C2.0.0", True),
        ("pkg:deb/debian/perl?vers=vers:deb/%3C1:5.36-8", "pkg:deb/debian/perl@5.36-7?epoch=1", True),
        ("pkg:deb/debian/perl?vers=vers:deb/%3C5.36-8", "pkg:deb/debian/perl@5.36-7?epoch=1", False),
        ("pkg:rpm/redhat/vim?vers=vers:rpm/%3C2:8.2-9.el9", "pkg:rpm/redhat/vim@8.2-8.el9?epoch=2", True),
        ("pkg:golang/a.org/b?vers=vers:golang/%3Cv1.2.0", "pkg:golang/a.org/b@v1.1.0", True),
        ("pkg:rpm/redhat/gcc?arch=src", "pkg:rpm/redhat/gcc@11-4.el9?arch=src", True),
        ("pkg:rpm/redhat/gcc", "pkg:rpm/redhat/gcc@11-4.el9?arch=src", False),
        ("pkg:rpm/redhat/gcc?arch=src", "pkg:rpm/redhat/gcc@11-4.el9?arch=x86_64", False),
        ("pkg:deb/debian/gcc?arch=source", "pkg:deb/debian/gcc@11-4?arch=source", True),
        ("pkg:rpm/redhat/npm?rpmmod=nodejs:18", "pkg:rpm/redhat/npm@9?modularitylabel=nodejs:18:80900", True),
        ("pkg:rpm/redhat/npm?rpmmod=nodejs:18", "pkg:rpm/redhat/npm@9?modularitylabel=nodejs:180:1", False),
        ("pkg:rpm/redhat/npm?rpmmod=nodejs:18", "pkg:rpm/redhat/npm@9", False),
        ("pkg:rpm/redhat/npm", "pkg:rpm/redhat/npm@9?modularitylabel=nodejs:18:80900", True),
        ("pkg:deb/ubuntu/a?distro=jammy", "pkg:deb/ubuntu/a@1?arch=amd64&distro=ubuntu-22.04", True),
        ("pkg:deb/ubuntu/a?distro=jammy", "pkg:deb/ubuntu/a@1?arch=amd64&distro=ubuntu-24.04", False),
        ("pkg:deb/ubuntu/a?distro=esm-apps/jammy", "pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", False),
        ("pkg:deb/debian/a?distro=debian-12.4", "pkg:deb/debian/a@1?distro=debian-12", True),
        ("pkg:deb/debian/a?distro=debian-12", "pkg:deb/debian/a@1?distro=debian-13", False),
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
def test_a_purl_covers_what_has_all_it_says(
    pattern: str,
    purl: str,
    is_covered: bool,  # noqa: FBT001 - a column
) -> None:
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


@pytest.mark.parametrize(
    ("name", "other", "is_covered"),
    [
        ("cpe:/o:redhat:enterprise_linux:9", "cpe:/o:redhat:enterprise_linux:9::baseos", True),
        ("cpe:/o:redhat:enterprise_linux:9::baseos", "cpe:/o:redhat:enterprise_linux:9", True),
        ("cpe:/a:redhat:enterprise_linux:9::appstream", "cpe:/o:redhat:enterprise_linux:9::baseos", False),
        ("cpe:/a:redhat:enterprise_linux:9::appstream", "cpe:/a:redhat:enterprise_linux:9::appstream", True),
        ("cpe:/o:redhat:enterprise_linux:8", "cpe:/o:redhat:enterprise_linux:9", False),
        ("cpe:/o:redhat:enterprise_linux", "cpe:/o:redhat:enterprise_linux:9", False),
        ("cpe:/a:redhat:rhel_eus:9.2::appstream", "cpe:/a:redhat:enterprise_linux:9::appstream", False),
        ("cpe:/a:redhat:openshift:4.13::el8", "cpe:/o:redhat:enterprise_linux:8", False),
    ],
)
def test_a_cpe_of_red_hat_covers_the_parts_of_its_product(
    name: str,
    other: str,
    is_covered: bool,  # noqa: FBT001 - a column
) -> None:
    assert Names([other]).are_covered([named(name)]) is is_covered


@pytest.mark.parametrize(
    ("purl", "words"),
    [
        ("pkg:npm/a?vers=vers:cpan/%3C1", "no order of versions is known for 'cpan'"),
        ("pkg:npm/a?vers=vers:pypi/*", "a range of other packages than pkg:npm"),
        ("pkg:npm/a@1?vers=vers:npm/*", "beside a version"),
    ],
)
def test_a_range_that_cannot_be_judged_is_told(purl: str, words: str) -> None:
    assert words in named(purl).problem


def test_a_purl_is_narrowed_to_a_range() -> None:
    assert ranged("pkg:npm/a#b", "vers:npm/<1.0") == "pkg:npm/a?vers=vers%3Anpm%2F%3C1.0#b"
    assert covers(ranged("pkg:deb/debian/a?arch=amd64", "vers:deb/<2"), "pkg:deb/debian/a@1?arch=amd64")


@given(st.text(max_size=60).map(lambda rest: f"pkg:{rest}") | st.text(max_size=60))
def test_any_text_is_a_name_that_covers_itself(text: str) -> None:
    assert named(text).problem or Names([text]).are_covered([named(text)])
    assert parsed(text) is None or covers(text, text)
