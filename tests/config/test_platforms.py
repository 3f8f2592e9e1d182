import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.platforms import meant, parse_platforms


@pytest.mark.parametrize(
    ("value", "platforms"),
    [
        ("all", ("all",)),
        ("linux/arm64", ("linux/arm64",)),
        (["linux/amd64", "linux/arm/v7"], ("linux/amd64", "linux/arm/v7")),
        ([], ()),
    ],
)
def test_platforms(value: object, platforms: tuple[str, ...]) -> None:
    assert parse_platforms(value) == platforms


@pytest.mark.parametrize(
    "value", ["linux", "", 3, None, ["linux"], ["all", "linux/amd64"], [3], "Linux/amd64"]
)
def test_no_platforms(value: object) -> None:
    with pytest.raises(ValueError, match="is not a choice of platforms"):
        parse_platforms(value)


@pytest.mark.parametrize("value", ["linx/amd64", ["linux/arm64", "linx/amd64"]])
def test_misspelt_platforms_are_none(value: object) -> None:
    with pytest.raises(
        ValueError, match="'linx/amd64' is not a platform of images: expected 'linux/amd64', perhaps"
    ):
        parse_platforms(value)


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
        ("wasip2/wasm", ""),
        ("linux/arm64e", ""),
        ("linux/sparcv9", ""),
        ("linux/armv7/v7", "linux/arm/v7"),
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
