"""Reads what CSAF documents say about products, above all those of the VEX profile.

Specification: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html
"""

from collections.abc import Iterable, Iterator

import msgspec

from analyzers.documents import Value
from analyzers.errors import ParseError
from analyzers.ignore import naming
from analyzers.ignore.decision import Status
from analyzers.ignore.statement import MOST_STATEMENTS, Gathered, Identifiers, Statement, joined, seconds
from analyzers.ignore.strict import convert

VERSIONS = ("2.0", "2.1")
_WITHIN = frozenset(
    (
        "default_component_of",
        "external_component_of",
        "installed_on",
        "installed_with",
        "optional_component_of",
    )
)
_SUPPRESSING = (Status.NOT_AFFECTED, Status.FIXED)
_Place = tuple[Identifiers, tuple[Identifiers, ...]]


class _FileHash(msgspec.Struct, frozen=True, kw_only=True):
    algorithm: str = "sha256"
    value: str = ""


class _Hash(msgspec.Struct, frozen=True, kw_only=True):
    file_hashes: tuple[_FileHash, ...] = ()


class _Helper(msgspec.Struct, frozen=True, kw_only=True):
    cpe: str = ""
    purl: str = ""
    purls: tuple[str, ...] = ()
    """As of CSAF 2.1."""
    hashes: tuple[_Hash, ...] = ()


class _Product(msgspec.Struct, frozen=True, kw_only=True):
    product_id: str
    name: str = ""
    product_identification_helper: _Helper = _Helper()


class _Branch(msgspec.Struct, frozen=True, kw_only=True):
    branches: "tuple[_Branch, ...]" = ()
    product: _Product | None = None


class _Relationship(msgspec.Struct, frozen=True, kw_only=True):
    category: str
    product_reference: str
    relates_to_product_reference: str
    full_product_name: _Product


class _Group(msgspec.Struct, frozen=True, kw_only=True):
    group_id: str
    product_ids: tuple[str, ...] = ()


class _Tree(msgspec.Struct, frozen=True, kw_only=True):
    branches: tuple[_Branch, ...] = ()
    full_product_names: tuple[_Product, ...] = ()
    relationships: tuple[_Relationship, ...] = ()
    product_groups: tuple[_Group, ...] = ()


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
    product_tree: _Tree = _Tree()
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
    products = _Products(csaf.product_tree)
    place = f"{source}: document.tracking.current_release_date"
    time_s = seconds(csaf.document.tracking.current_release_date, place)
    found = Gathered(source)
    for number, vulnerability in enumerate(csaf.vulnerabilities):
        names = tuple(filter(None, (vulnerability.cve, *(each.text for each in vulnerability.ids))))
        reasons = _Reasons(vulnerability, products.groups, source)
        for product_id, status in _statuses(vulnerability.product_status):
            where = f"{source}: vulnerabilities[{number}].product_status"
            reason = reasons.of(product_id, status)
            for product, subcomponents in products.places(product_id, where):
                found.add(
                    Statement(
                        vulnerabilities=names,
                        product=product,
                        subcomponents=subcomponents,
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


class _Products:
    """The products of a document."""

    def __init__(self, tree: _Tree) -> None:
        self.groups = {each.group_id: each.product_ids for each in tree.product_groups}
        self._relationships: dict[str, list[_Relationship]] = {}
        names: dict[str, dict[str, None]] = {}
        for product in _described(tree):
            names.setdefault(product.product_id, {}).update(dict.fromkeys(_identifiers(product)))
        self._names: dict[str, Identifiers] = {key: tuple(each) for key, each in names.items()}
        for each in tree.relationships:
            self._relationships.setdefault(each.full_product_name.product_id, []).append(each)

    def places(self, product_id: str, place: str) -> Iterator[_Place]:
        """Yield what a product id stands for: products, or packages within products."""
        if product_id not in self._names:
            raise ParseError(f"{place}: product {product_id!r:.200}, expected one of the product tree")
        if names := self._names[product_id]:
            yield names, ()
        for each in self._relationships.get(product_id, ()):
            inner = self._names.get(each.product_reference, ())
            outer = self._names.get(each.relates_to_product_reference, ())
            if each.category in _WITHIN and inner and outer:
                yield outer, (inner,)


def _described(tree: _Tree) -> Iterator[_Product]:
    yield from tree.full_product_names
    yield from (each.full_product_name for each in tree.relationships)
    waiting = list(tree.branches)
    while waiting:
        branch = waiting.pop()
        waiting.extend(branch.branches)
        if branch.product is not None:
            yield branch.product


def _identifiers(product: _Product) -> Identifiers:
    helper = product.product_identification_helper
    hashes = (naming.digest(each.algorithm, each.value) for one in helper.hashes for each in one.file_hashes)
    return tuple(filter(None, (helper.purl, *helper.purls, helper.cpe, *hashes)))


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
