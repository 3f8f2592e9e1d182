import pytest

from analyzers.languages.terraform import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons


@pytest.mark.parametrize(
    ("folder", "packages"),
    [
        (
            "good/infra",
            [
                ("registry.terraform.io/hashicorp/aws", "4.67.0", (4, 11)),
                ("registry.opentofu.org/hashicorp/random", "3.6.0", (13, 17)),
            ],
        ),
        ("odd/infra", [("example.com/acme/tool", "", (2, 3))]),
        ("empty", []),
    ],
)
def test_samples(folder: str, packages: list[tuple[str, str, tuple[int, int]]]) -> None:
    found = read_sample(ANALYZER, folder)[".terraform.lock.hcl"].packages
    assert [(each.name, each.version, each.lines[0]) for each in found] == packages


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'provider "a/b/c" {\n', "line 1: a block without an end"),
        (b"\nterraform {\n}\n", "line 2: 'terraform {', expected a provider"),
        (b"}\n", "line 1: '}', expected a provider"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, ".terraform.lock.hcl", data))
    assert reason in told
