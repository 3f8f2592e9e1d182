import pytest

from analyzers.languages.swift import ANALYZER, name_of
from tests.analyzers.languages.locks import read_one, read_sample, reasons


@pytest.mark.parametrize(
    ("folder", "packages"),
    [
        ("good/v1", [("github.com/Quick/Nimble", "9.2.1", (4, 12), "")]),
        (
            "good/v3",
            [
                ("github.com/apple/swift-nio-http2", "1.25.2", (4, 12), ""),
                (
                    "github.com/apple/swift-log",
                    "",
                    (13, 21),
                    "branch main revision 32e8d724467f8fe623624570367e3d50c5638e46",
                ),
            ],
        ),
        (
            "odd/a",
            [
                ("acme.tools", "1.0.0", (2, 2), ""),
                ("example.com/~Team/X", "2.0.0-beta.1", (3, 4), ""),
                ("local", "", (5, 5), "revision 00"),
            ],
        ),
    ],
)
def test_samples(folder: str, packages: list[tuple[str, str, tuple[int, int], str]]) -> None:
    found = read_sample(ANALYZER, folder)["Package.resolved"].packages
    assert [(each.name, each.version, each.lines[0], each.evidence) for each in found] == packages


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/apple/swift-nio.git", "github.com/apple/swift-nio"),
        ("https://github.com/apple/swift-nio/", "github.com/apple/swift-nio"),
        ("http://user:word@GitLab.com/group/sub/X", "gitlab.com/group/sub/X"),
        ("git@github.com:apple/swift-nio.git", "github.com/apple/swift-nio"),
        ("github.com:apple/swift-nio", "github.com/apple/swift-nio"),
        ("ssh://git@github.com/apple/swift-nio.git", "github.com/apple/swift-nio"),
        ("git+ssh://host:22//a", "host/a"),
        ("/srv/a", ""),
        ("../a", ""),
        ("", ""),
    ],
)
def test_names_are_addresses(address: str, name: str) -> None:
    assert name_of(address) == name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "expected JSON"),
        (b"[]", "expected a JSON object"),
        (b'{"version": 4}', "pins is empty, expected a list"),
        (b'{"object": {"pins": {}}}', "pins is a mapping, expected a list"),
        (b'{"pins": [{"state": {}}]}', "pins[0] has no location, expected one"),
        (b'{"pins": [1]}', "pins[0] has no location, expected one"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "a/Package.resolved", data))
    assert reason in told
