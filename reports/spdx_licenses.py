"""Licences of packages as SPDX expressions.

Specification: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/; licences that are not on
SPDX's list: https://spdx.github.io/spdx-spec/v2.3/other-licensing-information-detected/
"""

import hashlib
from collections.abc import Iterable

from reports import spdx
from reports.printable import one_line
from reports.spdx_schema import NOASSERTION, ExtractedLicense

_DIGITS = 16


def expression_of(names: Iterable[str]) -> str:
    """Return an expression that says all of the licences hold; "NOASSERTION" without one."""
    words = [_word(name) for name in names if name]
    if len(words) == 1:
        return words[0]
    return " AND ".join(f"({word})" if " " in word else word for word in words) or NOASSERTION


def extracted(names: Iterable[str]) -> tuple[ExtractedLicense, ...]:
    """Return what the document has to tell about those that expressions name by a reference, each once."""
    unknown = sorted({name for name in names if name and not _is_known(name)})
    return tuple(
        ExtractedLicense(license_id=_reference(name), name=one_line(name) or NOASSERTION, extracted_text=name)
        for name in unknown
    )


def _word(name: str) -> str:
    return name if _is_known(name) else _reference(name)


def _is_known(name: str) -> bool:
    return name in spdx.IDS or spdx.is_expression(name)


def _reference(name: str) -> str:
    return f"LicenseRef-{hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]}"
