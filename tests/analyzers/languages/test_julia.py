import pytest

from analyzers.languages.julia import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, read_tree, reasons, rows


def test_version_2_with_its_project() -> None:
    found = read_sample(ANALYZER, "good/v2")
    assert found.keys() == {"Manifest.toml"}
    manifest = found["Manifest.toml"]
    assert rows(manifest) == [
        "Artifacts@1.9.0 indirect",
        "HTTP@1.9.1 direct",
        "MbedTLS_jll@2.28.2+0 indirect",
    ]
    assert graph(manifest) == {
        "HTTP@1.9.1": {"Artifacts@1.9.0", "MbedTLS_jll@2.28.2+0"},
        "MbedTLS_jll@2.28.2+0": {"Artifacts@1.9.0"},
    }
    assert [each.lines for each in manifest.packages] == [((7, 8),), ((10, 14),), ((16, 19),)]
    assert [each.evidence for each in manifest.packages] == ["standard library", "", "standard library"]


def test_version_1_with_two_of_a_name() -> None:
    manifest = read_sample(ANALYZER, "odd/v1")["Manifest.toml"]
    assert rows(manifest) == ["A@1.9.0", "B@", "B@1.2.3"]
    assert graph(manifest) == {"A@1.9.0": {"B@1.2.3"}}
    assert [each.lines for each in manifest.packages] == [((1, 7),), ((9, 12),), ((14, 16),)]


def test_the_standard_library_of_an_unknown_julia_has_no_version() -> None:
    assert rows(read_one(ANALYZER, "Manifest.toml", b'[[Dates]]\nuuid = "x"\n')) == ["Dates@"]


@pytest.mark.parametrize(
    ("manifest", "project", "direct"),
    [
        ("a/Manifest.toml", "a/Project.toml", True),
        ("a/JuliaManifest.toml", "a/JuliaProject.toml", True),
        ("a/Manifest-v1.11.toml", "a/Project.toml", True),
        ("a/Manifest.toml", "Project.toml", False),
    ],
)
def test_whose_project_counts(manifest: str, project: str, direct: bool) -> None:  # noqa: FBT001 - a column
    files = {manifest: b'[[A]]\nuuid = "x"\nversion = "1.0.0"\n', project: b'[deps]\nA = "x"\n'}
    assert rows(read_tree(ANALYZER, files)[manifest]) == ["A@1.0.0 direct" if direct else "A@1.0.0"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[deps", "expected TOML"),
        (b'manifest_format = "2.0"\n[deps.A]\n', "'A' is a mapping, expected a list of tables"),
        (b"A = 1\n", "'A' is a number, expected a list of tables"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "Manifest.toml", data))
    assert reason in told
