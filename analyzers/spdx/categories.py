"""How much a licence obliges to, by the classes that Google's licence policy made common.

Classes: https://opensource.google/documentation/reference/thirdparty/licenses. Names are SPDX identifiers
without "-only" and "-or-later", since no class tells those apart.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Self

from license_expression import LicenseExpression, LicenseSymbol, LicenseWithExceptionSymbol

from analyzers.severity import Severity
from analyzers.spdx import names
from analyzers.spdx.expressions import expression as expression_of
from analyzers.spdx.expressions import licensing


class Category(StrEnum):
    """Classes of licences, the better first."""

    UNENCUMBERED = "unencumbered"
    PERMISSIVE = "permissive"
    NOTICE = "notice"
    UNKNOWN = "unknown"
    RECIPROCAL = "reciprocal"
    RESTRICTED = "restricted"
    FORBIDDEN = "forbidden"


SEVERITIES = {
    Category.UNENCUMBERED: Severity.LOW,
    Category.PERMISSIVE: Severity.LOW,
    Category.NOTICE: Severity.LOW,
    Category.UNKNOWN: Severity.UNKNOWN,
    Category.RECIPROCAL: Severity.MEDIUM,
    Category.RESTRICTED: Severity.HIGH,
    Category.FORBIDDEN: Severity.CRITICAL,
}
_RANKS = {category: rank for rank, category in enumerate(Category)}
_VERSIONS = re.compile(r"(?:-only|-or-later|\+)(?= |$)")


class Categories:
    """Which class each licence is in."""

    def __init__(self, licenses: Mapping[Category, Iterable[str]]) -> None:
        """Classify by identifiers or other names, of which any case of letters will do.

        Args:
            licenses: names by class. "GPL-2.0" stands for "-only" and "-or-later" alike; a name with
                "WITH exception" goes before the one without.
        """
        self._licenses = {category: frozenset(own) for category, own in licenses.items()}

    def changed(self, licenses: Mapping[Category, Iterable[str]]) -> Self:
        """Return these classes with some licences moved to others, whatever they are called."""
        moved = type(self)(licenses)
        left = {
            category: {name for name in own if moved.of(name) is Category.UNKNOWN}
            for category, own in self._licenses.items()
        }
        return type(self)({each: {*left.get(each, ()), *licenses.get(each, ())} for each in Category})

    def of(self, name: str) -> Category:
        """Return the class of one name, with or without an exception; UNKNOWN when it is in none."""
        whole = name.removeprefix(names.REFERENCE).lower()
        without_version = _VERSIONS.sub("", whole)
        tries = (whole, without_version, whole.partition(" with ")[0], without_version.partition(" with ")[0])
        return next((self._index[each] for each in tries if each in self._index), Category.UNKNOWN)

    @cached_property
    def _index(self) -> dict[str, Category]:
        found: dict[str, Category] = {}
        for category, own in self._licenses.items():
            for name in own:
                canonical = names.find(name).removeprefix(names.REFERENCE)
                known = {name.lower(), canonical.lower(), *_unversioned(name, canonical)} - {""}
                found |= dict.fromkeys(known, category)
        return found


def _unversioned(name: str, canonical: str) -> set[str]:
    """Return the canonical name for all versions, if the name itself does not say which."""
    return set() if _VERSIONS.search(name) else {_VERSIONS.sub("", canonical).lower()}


DEFAULT = Categories(
    {
        Category.FORBIDDEN: frozenset(
            """
            AGPL-1.0 AGPL-3.0 CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-1.0
            CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-1.0 CC-BY-NC-SA-2.0
            CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 Commons-Clause Facebook-2-Clause Facebook-3-Clause
            Facebook-Examples WTFPL
            """.split()  # noqa: SIM905 - names read best as words
        ),
        Category.RESTRICTED: frozenset(
            """
            BCL CC-BY-ND-1.0 CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-SA-1.0 CC-BY-SA-2.0
            CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0 GPL-1.0 GPL-2.0 GPL-2.0-with-autoconf-exception
            GPL-2.0-with-bison-exception GPL-2.0-with-classpath-exception GPL-2.0-with-font-exception
            GPL-2.0-with-GCC-exception GPL-3.0 GPL-3.0-with-autoconf-exception GPL-3.0-with-GCC-exception
            LGPL-2.0 LGPL-2.1 LGPL-3.0 NPL-1.0 NPL-1.1 OSL-1.0 OSL-1.1 OSL-2.0 OSL-2.1 OSL-3.0
            QPL-1.0 Sleepycat
            """.split()  # noqa: SIM905 - names read best as words
        ),
        Category.RECIPROCAL: frozenset(
            """
            APSL-1.0 APSL-1.1 APSL-1.2 APSL-2.0 CDDL-1.0 CDDL-1.1 CPL-1.0 EPL-1.0 EPL-2.0 FreeImage IPL-1.0
            MPL-1.0 MPL-1.1 MPL-2.0 Ruby
            """.split()  # noqa: SIM905 - names read best as words
        ),
        Category.NOTICE: frozenset(
            """
            AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 Artistic-1.0-cl8
            Artistic-1.0-Perl Artistic-1.0 Artistic-2.0 BSL-1.0 BSD-1-Clause BSD-2-Clause-FreeBSD
            BSD-2-Clause-NetBSD BSD-2-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear BSD-3-Clause-LBNL
            BSD-3-Clause BSD-4-Clause BSD-4-Clause-UC BSD-Protection CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0
            CC-BY-4.0 FTL ISC ImageMagick Libpng Lil-1.0 Linux-OpenIB LPL-1.02 LPL-1.0 MS-PL MIT NCSA OpenSSL
            PHP-3.01 PHP-3.0 PIL Python-2.0 Python-2.0-complete PostgreSQL SGI-B-1.0 SGI-B-1.1 SGI-B-2.0
            Unicode-DFS-2015 Unicode-DFS-2016 Unicode-TOU UPL-1.0 W3C-19980720 W3C-20150513 W3C X11 Xnet
            Zend-2.0 zlib-acknowledgement Zlib ZPL-1.1 ZPL-2.0 ZPL-2.1
            """.split()  # noqa: SIM905 - names read best as words
        ),
        Category.UNENCUMBERED: frozenset(
            """
            CC0-1.0 Unlicense 0BSD
            """.split()  # noqa: SIM905 - names read best as words
        ),
    }
)
"""What holds unless it is configured otherwise; a class that is not here has no licences."""


def is_known(name: str) -> bool:
    """Tell whether a name is one of SPDX's or of these classes, or a well-formed "LicenseRef-…"."""
    license_, _, exception = re.sub("(?i) with ", " WITH ", name.strip()).partition(" WITH ")
    found = names.find(license_) or DEFAULT.of(license_) is not Category.UNKNOWN
    return bool(found) and bool(not exception or names.exception(exception))


def judge(expression: str, categories: Categories = DEFAULT) -> tuple[Category, Severity]:
    """Return the class that a licence expression comes down to, and how severe that is.

    Of "OR" the better side counts, of "AND" the worse one. In an "AND" what is not known is worse than what
    asks for notice only, so that the whole is not known then; as a choice it is not relied upon.
    """
    category = _judged(expression_of(expression), categories)
    return category, SEVERITIES[category]


@lru_cache(maxsize=4096)
def _judged(expression: str, categories: Categories) -> Category:
    tree = licensing().parse(expression, simple=True)
    return Category.UNKNOWN if tree is None else _of_tree(tree, categories)


def _of_tree(tree: LicenseExpression, categories: Categories) -> Category:
    if isinstance(tree, LicenseSymbol | LicenseWithExceptionSymbol):
        return categories.of(str(tree))
    sides = [_of_tree(side, categories) for side in tree.args]
    if isinstance(tree, licensing().AND):
        return max(sides, key=_RANKS.__getitem__)
    known = [side for side in sides if side is not Category.UNKNOWN]
    return min(known, key=_RANKS.__getitem__, default=Category.UNKNOWN)
