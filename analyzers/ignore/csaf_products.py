"""What product ids of CSAF documents stand for.

Specification: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#322-product-tree-property
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzers.errors import ParseError
from analyzers.ignore import naming
from analyzers.ignore.statement import Identifiers

_WITHIN = frozenset(
    (
        "default_component_of",
        "external_component_of",
        "installed_on",
        "installed_with",
        "optional_component_of",
    )
)
_DEEPEST = 8
"""Products within each other."""
_MOST_PLACES = 1000
"""That one product id stands for, by its relationships."""
_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+[^\s/]*)?")
"""What a branch of category "product_version" has in its name, unless it names a package."""

_Levels = list[Identifiers]
"""Names of things within each other, from the package outwards."""
_Versions = tuple[str, str]
"""The version, or the range of versions, that branches above a product tell; "" when they do not."""


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
    category: str = ""
    name: str = ""
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


class ProductTree(msgspec.Struct, frozen=True, kw_only=True):
    """The products that a document speaks of, and how they are made of each other."""

    branches: tuple[_Branch, ...] = ()
    full_product_names: tuple[_Product, ...] = ()
    relationships: tuple[_Relationship, ...] = ()
    product_groups: tuple[_Group, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A product, or a package in one, in the words of a Statement."""

    product: Identifiers
    subcomponents: tuple[Identifiers, ...] = ()
    scope: Identifiers = ()
    problem: str = ""


class Products:
    """The products of a document."""

    def __init__(self, tree: ProductTree) -> None:
        self.groups = {each.group_id: each.product_ids for each in tree.product_groups}
        """Group → its product ids."""
        self._relationships: dict[str, list[_Relationship]] = {}
        self._known: dict[str, list[_Levels]] = {}
        names: dict[str, dict[str, None]] = {}
        for product, versions in _described(tree):
            names.setdefault(product.product_id, {}).update(dict.fromkeys(_identifiers(product, versions)))
        self._names: dict[str, Identifiers] = {key: tuple(each) for key, each in names.items()}
        for each in tree.relationships:
            self._relationships.setdefault(each.full_product_name.product_id, []).append(each)

    def places(self, product_id: str, place: str) -> Iterator[Place]:
        """Yield what a product id stands for: products, or packages within products.

        What is within something that has no name is nowhere: without it, more would be said than was meant.

        Raises:
            ParseError: the document has no such product, or one that is within too many others.
        """
        if product_id not in self._names:
            raise ParseError(f"{place}: product {product_id!r:.200}, expected one of the product tree")
        for levels in self._levels(product_id, place, 0):
            match _without_modules(levels):
                case [product]:
                    yield Place(product=product)
                case [package, product]:
                    yield Place(product=product, subcomponents=(package,))
                case [package, product, outer]:
                    yield Place(product=product, subcomponents=(package,), scope=outer)
                case _:
                    problem = f"product {product_id!r:.200}: within more than two others"
                    yield Place(product=(), problem=problem)

    def _levels(self, product_id: str, place: str, depth: int) -> list[_Levels]:
        """Return what a product id may stand for; nothing where one of the levels has no name."""
        if depth > _DEEPEST:
            raise ParseError(f"{place}: {product_id!r:.200}: more than {_DEEPEST} products in each other")
        if product_id not in self._known:
            own = [[names]] if (names := self._names.get(product_id, ())) else []
            found: list[_Levels] = []
            relationships = [
                each for each in self._relationships.get(product_id, ()) if each.category in _WITHIN
            ]
            for each in relationships:
                outer = self._levels(each.relates_to_product_reference, place, depth + 1)
                inner = self._levels(each.product_reference, place, depth + 1) or own
                if len(found) + len(inner) * len(outer) > _MOST_PLACES:
                    raise ParseError(f"{place}: {product_id!r:.200}: more than {_MOST_PLACES} relationships")
                found += [[*one, *other] for one in inner for other in outer]
            self._known[product_id] = found or own
        return self._known[product_id]


def _described(tree: ProductTree) -> Iterator[tuple[_Product, _Versions]]:
    yield from ((each, ("", "")) for each in tree.full_product_names)
    yield from ((each.full_product_name, ("", "")) for each in tree.relationships)
    waiting: list[tuple[_Branch, _Versions]] = [(each, ("", "")) for each in tree.branches]
    while waiting:
        branch, versions = waiting.pop()
        if branch.category == "product_version_range":
            versions = ("", branch.name)
        elif branch.category == "product_version" and _VERSION.fullmatch(branch.name):
            versions = (branch.name, "")
        waiting.extend((each, versions) for each in branch.branches)
        if branch.product is not None:
            yield branch.product, versions


def _identifiers(product: _Product, versions: _Versions) -> Identifiers:
    """Return a product's names; of a range of versions only those that can be narrowed to it, and hashes."""
    helper = product.product_identification_helper
    hashes = (naming.digest(each.algorithm, each.value) for one in helper.hashes for each in one.file_hashes)
    purls = (_narrowed(each, versions) for each in (helper.purl, *helper.purls) if each)
    return tuple(filter(None, (*purls, "" if versions[1] else helper.cpe, *hashes)))


def _narrowed(text: str, versions: _Versions) -> str:
    """Return a purl that speaks of no other versions than the branch that it stands in."""
    purl = naming.parsed(text)
    if purl is None or purl.version or "vers" in purl.qualifiers:
        return text
    version, range_ = versions
    if range_:
        return naming.ranged(text, range_)
    if purl.type == "oci":  # what its purl has for a version is a digest
        return naming.qualified(text, "tag", version) if version else text
    return naming.versioned(text, version) if version else text


def _without_modules(levels: Sequence[Identifiers]) -> _Levels:
    """Return the levels without modules of RPM packages, to which what is in them is narrowed instead."""
    left: _Levels = []
    for level in levels:
        if left and (module := _module(level)):
            left[-1] = tuple(naming.qualified(each, "rpmmod", module) for each in left[-1])
        else:
            left.append(level)
    return left


def _module(names: Identifiers) -> str:
    """Return "nodejs:18" of "pkg:rpmmod/redhat/nodejs@18"; "" for what is no module."""
    purls = (naming.parsed(each) for each in names)
    found = next((purl for purl in purls if purl and purl.type == "rpmmod"), None)
    return f"{found.name}:{found.version}".removesuffix(":") if found else ""
