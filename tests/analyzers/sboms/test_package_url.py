import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from analyzers.errors import ParseError
from analyzers.sboms.package_url import full_name, parse


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("pkg:npm/%40babel/core@7.0.0", "@babel/core", "7.0.0"),
        ("pkg:npm/@babel/core@7.0.0", "@babel/core", "7.0.0"),
        ("pkg:npm/@babel/core", "@babel/core", ""),
        ("pkg:maven/org.slf4j/slf4j-api@2.0.6?type=jar", "org.slf4j:slf4j-api", "2.0.6"),
        ("pkg:golang/github.com/pkg/errors@v0.9.1#sub/folder", "github.com/pkg/errors", "v0.9.1"),
        ("pkg:composer/laravel/framework@10", "laravel/framework", "10"),
        ("pkg:swift/github.com/apple/swift-nio@2.0", "github.com/apple/swift-nio", "2.0"),
        ("pkg:cocoapods/GoogleUtilities@7.5.2#NSData+zlib", "GoogleUtilities/NSData+zlib", "7.5.2"),
        ("pkg:deb/debian/login@4.13?epoch=1", "login", "4.13"),
        ("PKG://pypi//Django@1.0%2Blocal", "Django", "1.0+local"),
        ("pkg:gem/rails", "rails", ""),
    ],
)
def test_names_are_those_of_advisories(text: str, name: str, version: str) -> None:
    purl = parse(text)
    assert (full_name(purl), purl.version) == (name, version)


@pytest.mark.parametrize(
    "text", ["", "npm/lodash", "pkg:", "pkg:npm", "pkg:npm/", "pkg:1x/a", "https://a/b@1"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ParseError, match="expected"):
        parse(text)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12).filter(
    lambda word: word.strip() == word and word not in {".", ".."}
)


@settings(max_examples=60)
@given(
    type_=st.sampled_from(["npm", "maven", "rpm", "nuget"]),
    namespace=st.lists(WORDS, max_size=2),
    name=WORDS,
    version=WORDS,
    arch=WORDS,
)
def test_what_the_reference_writes_is_read(
    type_: str, namespace: list[str], name: str, version: str, arch: str
) -> None:
    written = PackageURL(type_, "/".join(namespace), name, version, {"arch": arch})
    read = parse(written.to_string())
    assert read.name == written.name
    assert read.namespace == (written.namespace or "")
    assert read.version == written.version
    assert read.qualifiers == written.qualifiers


@given(st.text() | st.text(alphabet="pkg:npm/@?#%=&").map("pkg:npm/".__add__))
def test_any_text_is_a_value_or_an_error(text: str) -> None:
    try:
        assert parse(text).name
    except ParseError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
