import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package
from analyzers.languages.gemspec import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/gemspec/make.py"))["SAMPLES"]


def read(data: bytes, path: str = "specifications/x.gemspec") -> list[Fact]:
    return list(ANALYZER.parse(File(path, data)))


@pytest.mark.parametrize(
    ("sample", "package"),
    [
        (
            "webrick-1.8.1.gemspec",
            Package(kind="gemspec", name="webrick", version="1.8.1", licenses=("Ruby", "BSD-2-Clause")),
        ),
        (
            "nokogiri-1.10.4-x86_64-linux.gemspec",
            Package(
                kind="gemspec",
                name="nokogiri",
                version="1.10.4",
                licenses=("MIT",),
                depends_on=("mini_portile2",),
            ),
        ),
        (
            "hand_made-0.1.0.pre.gemspec",
            Package(
                kind="gemspec",
                name="hand_made",
                version="0.1.0.pre",
                licenses=("MIT", "Ruby", "BSD-2-Clause"),
                depends_on=("rake",),
            ),
        ),
    ],
)
def test_samples(sample: str, package: Package) -> None:
    (found,) = (data for path, data in SAMPLES.items() if path.endswith(f"/{sample}"))
    assert read(found, f"usr/local/bundle/specifications/{sample}") == [package]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('s.name = "a"', "a"),
        ("s.name='a'.freeze", "a"),
        ("spec.name = %q<a>.freeze", "a"),
        ("spec.name = %Q[a]", "a"),
        ("spec.name = %q(a)", "a"),
        (r's.name = "a\"b"', 'a"b'),
        ('s.name = "a"\n s.name = "b"', "a"),
    ],
)
def test_strings_of_ruby(line: str, name: str) -> None:
    (package,) = read(f'Gem::Specification.new do |s|\n{line}\ns.version = "1"\nend'.encode())
    assert isinstance(package, Package)
    assert package.name == name


@pytest.mark.parametrize("data", [b"", b"puts 1", b"Gem::Specification.new do |s|\n s.name = NAME\nend"])
def test_what_names_no_gem(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^specifications/x.gemspec: .*, expected"):
        read(data)
