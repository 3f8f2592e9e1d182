import runpy
from pathlib import Path

import pytest

from analyzers.catalogue import Dispatch
from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package
from analyzers.languages.wordpress import ANALYZER

MAKE = Path(__file__).parent / "testdata/wordpress/make.py"
SAMPLES: dict[str, bytes] = runpy.run_path(str(MAKE))["SAMPLES"]
CONTENT = "var/www/html/wp-content"


def read(path: str, data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path, data)))


def extension(kind: str, name: str, version: str, *licenses: str) -> list[Package]:
    return [Package(kind=kind, name=name, version=version, licenses=licenses)]


@pytest.mark.parametrize(
    ("sample", "packages"),
    [
        ("good/var/www/html/wp-includes/version.php", extension("wordpress", "wordpress", "6.4.2")),
        (
            f"good/{CONTENT}/plugins/forms/forms-main.php",
            extension("wordpress-plugin", "forms", "5.3.1", "GPLv2 or later"),
        ),
        (f"good/{CONTENT}/themes/twenty/style.css", extension("wordpress-theme", "twenty", "1.3")),
        (f"odd/{CONTENT}/plugins/hello.php", extension("wordpress-plugin", "hello", "")),
        (
            f"odd/{CONTENT}/mu-plugins/always.php",
            extension("wordpress-plugin", "always", "5.3.1", "GPLv2 or later"),
        ),
        (f"odd/{CONTENT}/plugins/forms/index.php", []),
        (f"empty/{CONTENT}/plugins/forms/index.php", []),
    ],
)
def test_samples(sample: str, packages: list[Package]) -> None:
    path = sample.partition("/")[2]
    assert Dispatch([ANALYZER]).wants(path)
    assert read(path, SAMPLES[sample]) == packages


def test_a_header_far_down_is_none() -> None:
    assert read(f"{CONTENT}/plugins/a/a.php", b"<?php\n" + b"\n" * 8192 + b"// Plugin Name: A\n") == []


def test_a_style_sheet_of_no_theme() -> None:
    assert read(f"{CONTENT}/themes/a/style.css", b"/* Version: 1.0 */") == []


def test_wordpress_without_a_version() -> None:
    with pytest.raises(ParseError, match=r"^wp-includes/version.php: no \$wp_version"):
        read("wp-includes/version.php", b"<?php\n// $wp_version = ?\n")
