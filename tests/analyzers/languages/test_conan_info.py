import pytest

from analyzers.languages.conan_info import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, reasons, rows

CACHE = "home/app/.conan/data/openssl/3.1.0/_/_/package/d3cb35098bed/conaninfo.txt"


def test_a_package_of_the_cache_with_what_it_was_built_with() -> None:
    found = read_sample(ANALYZER, "good")[CACHE]
    assert rows(found) == ["openssl@3.1.0", "zlib@1.2.13 indirect"]
    assert graph(found) == {"openssl@3.1.0": {"zlib@1.2.13"}}


def test_outside_of_the_cache_only_requirements_are_known() -> None:
    assert rows(read_sample(ANALYZER, "odd")["opt/tool/conaninfo.txt"]) == ["b2@4.9.6 indirect"]


def test_a_package_that_needs_nothing() -> None:
    path = CACHE.replace("_/_", "user/stable")
    assert rows(read_one(ANALYZER, path, b"[settings]\n")) == ["openssl@3.1.0"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "expected sections"), (b"[full_requires]\nzlib\n", "'zlib', expected a reference")],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "conaninfo.txt", data))
    assert reason in told
