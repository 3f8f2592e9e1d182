import runpy
from pathlib import Path

from analyzers.inventory import File, Package, Problem
from analyzers.os.rpm_manifest import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/rpm_manifest/make.py"))[
    "SAMPLES"
]
PATH = "var/lib/rpmmanifest/container-manifest-2"


def read(kind: str) -> list[object]:
    return list(ANALYZER.parse(File(path=PATH, data=SAMPLES[f"{kind}/{PATH}"])))


def test_packages() -> None:
    assert read("good") == [
        Package(
            kind="rpm",
            name="filesystem",
            version="1.1-19.cm2",
            arch="x86_64",
            maintainer="Microsoft Corporation",
        ),
        Package(
            kind="rpm",
            name="openssl-libs",
            version="1:1.1.1k-28.cm2",
            arch="x86_64",
            source_name="openssl",
            maintainer="Microsoft Corporation",
        ),
    ]


def test_lines_of_another_form_are_problems() -> None:
    package, *problems = read("odd")
    assert package == Package(kind="rpm", name="a", version="1-1", source_name="b", source_version="2-1")
    assert problems == [
        Problem(path=PATH, reason="line 3: 'cut\\t1-1\\t1', expected 10 fields"),
        Problem(path=PATH, reason="line 4: '\\t-\\t\\t\\t\\t\\t\\t\\t\\t', expected 10 fields"),
    ]


def test_nothing_and_rubbish() -> None:
    assert read("empty") == []
    assert [type(fact) for fact in read("broken")] == [Problem]
