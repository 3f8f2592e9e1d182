"""Reads what CSAF documents say about products, above all those of the VEX profile.

Specification: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html
"""

from collections.abc import Iterable, Iterator

import msgspec

from analyzers.documents import Value
from analyzers.errors import ParseError
from analyzers.ignore.csaf_products import Products, ProductTree
from analyzers.ignore.decision import Status
from analyzers.ignore.statement import MOST_STATEMENTS, Gathered, Statement, joined, seconds
from analyzers.ignore.strict import convert

VERSIONS = ("2.0", "2.1")
_SUPPRESSING = (Status.NOT_AFFECTED, Status.FIXED)


class _Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A flag, threat or remediation."""

    label: str = ""
    category: str = ""
    details: str = ""
    product_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    text: str = ""


class _ProductStatus(msgspec.Struct, frozen=True, kw_only=True):
    first_affected: tuple[str, ...] = ()
    first_fixed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    known_affected: tuple[str, ...] = ()
    known_not_affected: tuple[str, ...] = ()
    last_affected: tuple[str, ...] = ()
    under_investigation: tuple[str, ...] = ()


class _Vulnerability(msgspec.Struct, frozen=True, kw_only=True):
    cve: str = ""
    ids: tuple[_Id, ...] = ()
    product_status: _ProductStatus = _ProductStatus()
    flags: tuple[_Remark, ...] = ()
    threats: tuple[_Remark, ...] = ()
    remediations: tuple[_Remark, ...] = ()


class _Publisher(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""


class _Tracking(msgspec.Struct, frozen=True, kw_only=True):
    current_release_date: str = ""


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    csaf_version: str = ""
    publisher: _Publisher = _Publisher()
    tracking: _Tracking = _Tracking()


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    document: _Head = _Head()
    product_tree: ProductTree = ProductTree()
    vulnerabilities: tuple[_Vulnerability, ...] = ()


def statements(value: Value, source: str) -> tuple[Statement, ...]:
    """Return what a document says, one statement for each product and each relationship that names it.

    A product that stands under two statuses counts as the worse of them.

    Raises:
        ParseError: it is of another version, names a product that it does not describe, or the like.
    """
    csaf = convert(value, _Document, source)
    if csaf.document.csaf_version not in VERSIONS:
        version = csaf.document.csaf_version
        raise ParseError(f"{source}: CSAF {version!r:.20}, expected {' or '.join(VERSIONS)}")
    products = Products(csaf.product_tree)
    place = f"{source}: document.tracking.current_release_date"
    time_s = seconds(csaf.document.tracking.current_release_date, place)
    found = Gathered(source)
    for number, vulnerability in enumerate(csaf.vulnerabilities):
        names = tuple(filter(None, (vulnerability.cve, *(each.text for each in vulnerability.ids))))
        reasons = _Reasons(vulnerability, products.groups, source)
        for product_id, status in _statuses(vulnerability.product_status):
            where = f"{source}: vulnerabilities[{number}].product_status"
            reason = reasons.of(product_id, status)
            for each in products.places(product_id, where):
                found.add(
                    Statement(
                        vulnerabilities=names,
                        product=each.product,
                        subcomponents=each.subcomponents,
                        scope=each.scope,
                        problem=each.problem,
                        status=status,
                        statement=reason,
                        author=csaf.document.publisher.name,
                        source=source,
                        time_s=time_s,
                    )
                )
    return found.all()


def _statuses(said: _ProductStatus) -> Iterator[tuple[str, Status]]:
    """Yield each product once for each status, the worst last: of equal times the last one counts."""
    affected = (*said.first_affected, *said.known_affected, *said.last_affected)
    yield from ((each, Status.FIXED) for each in (*said.first_fixed, *said.fixed))
    yield from ((each, Status.NOT_AFFECTED) for each in said.known_not_affected)
    yield from ((each, Status.UNDER_INVESTIGATION) for each in said.under_investigation)
    yield from ((each, Status.AFFECTED) for each in affected)


class _Reasons:
    """Why a vulnerability has its statuses."""

    def __init__(
        self, vulnerability: _Vulnerability, groups: dict[str, tuple[str, ...]], source: str
    ) -> None:
        impacts = [each for each in vulnerability.threats if each.category == "impact"]
        self._groups = groups
        self._source = source
        self._size = 0
        self._labels = self._by_product(vulnerability.flags)
        self._impacts = self._by_product(impacts)
        self._remediations = self._by_product(vulnerability.remediations)

    def of(self, product_id: str, status: Status) -> str:
        if status not in _SUPPRESSING:
            return _for(self._remediations, product_id)
        return joined(_for(self._labels, product_id), _for(self._impacts, product_id))

    def _by_product(self, remarks: Iterable[_Remark]) -> dict[str, str]:
        """Return the remarks by product; those that name none, for all, have the key ""."""
        found: dict[str, str] = {}
        for each in remarks:
            in_groups = (one for group in each.group_ids for one in self._groups.get(group, ()))
            products = (*each.product_ids, *in_groups) or ("",)
            self._size += len(products)
            if self._size > MOST_STATEMENTS:
                raise ParseError(f"{self._source}: more than {MOST_STATEMENTS} remarks about products")
            for product_id in products:
                found.setdefault(product_id, each.label or each.details)
        return found


def _for(remarks: dict[str, str], product_id: str) -> str:
    return remarks.get(product_id) or remarks.get("", "")
