import pytest

from crawler.sources.platforms import suits


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
