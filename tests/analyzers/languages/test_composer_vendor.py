import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.composer_vendor import ANALYZER

MAKE = Path(__file__).parent / "testdata/composer_vendor/make.py"
SAMPLES: dict[str, bytes] = runpy.run_path(str(MAKE))["SAMPLES"]
PATH = "srv/vendor/composer/installed.json"


def read(data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(PATH, data)))


def package(
    name: str, version: str, lines: tuple[int, int], *needs: str, licenses: tuple[str, ...] = ("MIT",)
) -> Package:
    return Package(
        kind="composer-vendor",
        name=name,
        version=version,
        lines=(lines,),
        depends_on=needs,
        licenses=licenses,
    )


def test_what_composer_2_installed() -> None:
    assert read(SAMPLES[f"good/{PATH}"]) == [
        package("acme/dual", "dev-main", (3, 21), licenses=("GPL-2.0-only", "proprietary")),
        package("monolog/monolog", "2.9.1", (22, 40), "psr/log@v1.1.4"),
        package("psr/log", "v1.1.4", (41, 58)),
        package("symfony/polyfill-mbstring", "v1.28.0", (59, 76)),
        package("symfony/var-dumper", "v5.4.29", (77, 94), "symfony/polyfill-mbstring@v1.28.0"),
    ]


def test_what_composer_1_installed() -> None:
    assert read(SAMPLES[f"odd/{PATH}"]) == [
        package("psr/log", "1.1.4", (2, 2)),
        package("Monolog/monolog", "2.9.1", (3, 5), "psr/log@1.1.4", licenses=()),
    ]


def test_a_package_without_a_name_is_a_problem() -> None:
    (problem,) = read(SAMPLES[f"broken/{PATH}"])
    assert isinstance(problem, Problem)
    assert problem.reason == f"{PATH}: package '' of version '1.0', expected both"


@pytest.mark.parametrize("data", [b"", b"7", b"{}", b'{"packages": {}}'])
def test_what_is_no_list_of_packages(data: bytes) -> None:
    with pytest.raises(ParseError, match=f"^{PATH}: .*expected"):
        read(data)
