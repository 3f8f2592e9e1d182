import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.sbom import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/sbom/make.py"))["SAMPLES"]
LISTED = "listed in a bill of materials"


def read(sample: str) -> list[Fact]:
    return list(ANALYZER.parse(File(path=sample.partition("/")[2], data=SAMPLES[sample])))


def npm(name: str, version: str, **fields: object) -> Package:
    return Package(
        kind="node-pkg",
        name=name,
        version=version,
        evidence=LISTED,
        **fields,  # type: ignore[arg-type]  # any of its fields
    )


@pytest.mark.parametrize(
    ("sample", "facts"),
    [
        (
            "good/opt/bitnami/example/.spdx-example.spdx",
            [
                Package(
                    kind="bitnami",
                    name="example",
                    version="8.9.1-2",
                    arch="amd64",
                    licenses=("Apache-2.0",),
                    evidence=LISTED,
                ),
                Package(
                    kind="python-pkg",
                    name="Flask",
                    version="2.3.2",
                    inner_path="venv/flask.dist-info/METADATA",
                    evidence=LISTED,
                ),
            ],
        ),
        ("good/usr/share/app/bom.json", [npm("app", "1.0.0"), npm("lodash", "4.17.20")]),
        (
            "good/usr/share/app/six.cdx.xml",
            [Package(kind="python-pkg", name="six", version="1.16.0", licenses=("MIT",), evidence=LISTED)],
        ),
        ("odd/srv/app/bom.json", []),
        ("odd/srv/app/bom.xml", []),
        ("odd/srv/app/tool.spdx", [npm("left-pad", "1.3.0", licenses=("Want", "MIT"))]),
        ("odd/srv/app/signed.cdx.json", [npm("app", "1.0.0"), npm("lodash", "4.17.20")]),
        (
            "odd/srv/app/strange.cdx.json",
            [
                npm("app", "1.0.0"),
                Package(kind="python-pkg", name="six", version="1.16", evidence=LISTED),
                Problem(
                    path="srv/app/strange.cdx.json",
                    reason="not as the format has it, and left out: components[0], components[2].licenses",
                ),
            ],
        ),
    ],
)
def test_samples(sample: str, facts: list[Fact]) -> None:
    assert read(sample) == facts


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ("empty/srv/app/empty.spdx.json", "empty, expected a bill of materials"),
        ("broken/srv/app/three.spdx.json", "SPDX 3, expected SPDX 2.2 or 2.3, or CycloneDX"),
        ("broken/srv/app/text.spdx", "expected a bill of materials in CycloneDX or SPDX 2"),
        ("broken/srv/app/entity.cdx.xml", "a document type declaration, expected none in CycloneDX"),
        ("broken/srv/app/cut.cdx.json", "expected JSON"),
    ],
)
def test_what_is_none_is_refused(sample: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read(sample)
