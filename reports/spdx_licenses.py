"""Licences of packages as SPDX expressions.

Specification: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/; licences that are not on
SPDX's list: https://spdx.github.io/spdx-spec/v2.3/other-licensing-information-detected/
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from analyzers.spdx import expressions, names
from reports import spdx
from reports.printable import one_line
from reports.spdx_schema import NOASSERTION, ExtractedLicense

_REFERENCE = re.compile(rf"{names.REFERENCE}[A-Za-z0-9.-]+")


def expression_of(licenses: Iterable[str]) -> str:
    """Return an expression that says all of the licences hold; "NOASSERTION" without one."""
    words = [word for name in licenses if (word := _word(name))]
    if len(words) == 1:
        return words[0]
    return " AND ".join(f"({word})" if " " in word else word for word in words) or NOASSERTION


def extracted(licenses: Iterable[str]) -> tuple[ExtractedLicense, ...]:
    """Return what the document has to tell about each licence that its expressions name by a reference."""
    found: dict[str, ExtractedLicense] = {}
    for name in sorted(set(licenses)):
        for reference in _REFERENCE.findall(_word(name)):
            found.setdefault(reference, _extracted(reference, name))
    return tuple(found[reference] for reference in sorted(found))


def _extracted(reference: str, name: str) -> ExtractedLicense:
    """Return a reference with the field that it comes from, which may name other licences beside it."""
    is_all = _word(name) == reference
    title = one_line(name) if is_all else reference.removeprefix(names.REFERENCE)
    return ExtractedLicense(license_id=reference, name=title or NOASSERTION, extracted_text=name)


@lru_cache(maxsize=4096)
def _word(name: str) -> str:
    """Return the licence as an expression; "" when the name names none."""
    if name in spdx.IDS or spdx.is_expression(name):
        return name
    return expressions.expression(name)
