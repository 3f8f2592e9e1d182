import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sources.platforms import meant, suits


@pytest.mark.parametrize(
    ("platform", "other"),
    [
        ("linux/amd64", ""),
        ("linux/arm64/v8", ""),
        ("windows/amd64", ""),
        ("wasi/wasm32", ""),
        ("unknown/unknown", ""),
        ("fuchsia/e2k", ""),
        ("linux/xtensa/v9", ""),
        ("linx/amd64", "linux/amd64"),
        ("lunix/amd46", "linux/amd64"),
        ("linux/arm46/v8", "linux/arm64/v8"),
        ("linux/x86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/armv7", "linux/arm/v7"),
        ("linux/i386", "linux/386"),
        ("linux/ppc64el", "linux/ppc64le"),
        ("macos/arm64", "darwin/arm64"),
    ],
)
def test_misspelt_platforms(platform: str, other: str) -> None:
    assert meant(platform) == other


@given(st.from_regex(r"[a-z0-9_]{1,9}/[a-z0-9_]{1,9}(/[a-z0-9_.]{1,4})?", fullmatch=True))
def test_what_was_meant_is_not_misspelt(platform: str) -> None:
    assert meant(meant(platform) or platform) == ""


@pytest.mark.parametrize(
    ("platform", "asked", "suiting"),
    [
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64", "windows/amd64", False),
        ("", "linux/amd64", True),
    ],
)
def test_what_suits(platform: str, asked: str, *, suiting: bool) -> None:
    assert suits(platform, asked) is suiting
