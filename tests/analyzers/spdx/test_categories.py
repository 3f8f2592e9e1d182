import pytest

from analyzers.severity import Severity
from analyzers.spdx.categories import DEFAULT, Category, is_known, judge

MINE = {
    Category.PERMISSIVE: ["MIT", "LicenseRef-House"],
    Category.FORBIDDEN: ["GPL-3.0-or-later", "SSPL-1.0"],
}


@pytest.mark.parametrize(
    ("text", "category", "severity"),
    [
        ("AGPL-3.0-or-later", "forbidden", "CRITICAL"),
        ("CC-BY-NC-SA-4.0", "forbidden", "CRITICAL"),
        ("LicenseRef-Commons-Clause", "forbidden", "CRITICAL"),
        ("GPL-2.0-only", "restricted", "HIGH"),
        ("LGPL-2.1-or-later", "restricted", "HIGH"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "restricted", "HIGH"),
        ("GPL-2.0-only WITH Libtool-exception", "restricted", "HIGH"),
        ("MPL-1.1+", "reciprocal", "MEDIUM"),
        ("Ruby", "reciprocal", "MEDIUM"),
        ("MIT", "notice", "LOW"),
        ("BSD-2-Clause-Views", "notice", "LOW"),
        ("CC0-1.0", "unencumbered", "LOW"),
        ("LicenseRef-House", "unknown", "UNKNOWN"),
        ("EUPL-1.2", "unknown", "UNKNOWN"),
        ("", "unknown", "UNKNOWN"),
        ("GPL-2.0-only OR MIT", "notice", "LOW"),
        ("GPL-2.0-only AND MIT", "restricted", "HIGH"),
        ("GPL-2.0-only OR (MPL-2.0 AND MIT)", "reciprocal", "MEDIUM"),
        ("LicenseRef-House OR GPL-2.0-only", "restricted", "HIGH"),
        ("LicenseRef-House AND GPL-2.0-only", "restricted", "HIGH"),
        ("LicenseRef-House AND MIT", "unknown", "UNKNOWN"),
        ("GPLv2+ and MIT", "restricted", "HIGH"),
    ],
)
def test_classes_of_expressions(text: str, category: str, severity: str) -> None:
    assert judge(text) == (Category(category), Severity[severity])


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("MIT", Category.PERMISSIVE),
        ("LicenseRef-House", Category.PERMISSIVE),
        ("ISC", Category.NOTICE),
        ("GPL-3.0-or-later", Category.FORBIDDEN),
        ("GPL-3.0-only", Category.RESTRICTED),
        ("SSPL-1.0", Category.FORBIDDEN),
        ("CC0-1.0", Category.UNENCUMBERED),
    ],
)
def test_classes_can_be_changed(name: str, category: Category) -> None:
    assert judge(name, DEFAULT.changed({**MINE}))[0] is category


def test_every_class_has_a_severity() -> None:
    assert {DEFAULT.of(name) for name in ("WTFPL", "QPL-1.0", "EPL-2.0", "X11", "0BSD", "x")} == {
        *Category,
    } - {Category.PERMISSIVE}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("MIT", True),
        ("agpl-3.0", True),
        ("Commons-Clause", True),
        ("LicenseRef-House", True),
        ("GPL-2.0 with Classpath-exception-2.0", True),
        ("GPL-2.0 WITH nope", False),
        ("nope", False),
        ("LicenseRef-", False),
        ("", False),
    ],
)
def test_names_that_a_class_may_have(name: str, known: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_known(name) == known


def test_every_name_of_the_usual_classes_is_known() -> None:
    named = DEFAULT._licenses.values()  # noqa: SLF001 - all of them
    assert all(is_known(name) for names in named for name in names)
