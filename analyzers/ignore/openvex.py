"""Reads OpenVEX documents.

Specification: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md (0.2.0), with the older form whose
vulnerabilities and products are plain strings.
"""

from collections.abc import Iterator, Sequence

import msgspec

from analyzers.documents import Value
from analyzers.errors import ParseError
from analyzers.ignore import naming
from analyzers.ignore.statement import STATUSES, Gathered, Identifiers, Statement, joined, seconds
from analyzers.ignore.strict import convert

NAMESPACE = "https://openvex.dev/ns"
"""What each document's @context begins with."""


class _Component(msgspec.Struct, frozen=True, kw_only=True):
    id: str = msgspec.field(default="", name="@id")
    identifiers: dict[str, str] = {}
    hashes: dict[str, str] = {}


class _Product(_Component, frozen=True, kw_only=True):
    subcomponents: tuple[_Component | str, ...] = ()


class _Vulnerability(msgspec.Struct, frozen=True, kw_only=True):
    id: str = msgspec.field(default="", name="@id")
    name: str = ""
    aliases: tuple[str, ...] = ()


class _Statement(msgspec.Struct, frozen=True, kw_only=True):
    vulnerability: _Vulnerability | str = ""
    products: tuple[_Product | str, ...] = ()
    subcomponents: tuple[_Component | str, ...] = ()
    """Of all products; only in documents older than 0.2.0."""
    status: str = ""
    timestamp: str = ""
    justification: str = ""
    impact_statement: str = ""
    action_statement: str = ""
    status_notes: str = ""


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    author: str = ""
    timestamp: str = ""
    statements: tuple[_Statement, ...] = ()


def statements(value: Value, source: str, subjects: Sequence[Identifiers] = ()) -> tuple[Statement, ...]:
    """Return a document's statements, one for each product.

    Args:
        value: the document.
        source: how to name it.
        subjects: the products of an attestation around it, for statements that name none.

    Raises:
        ParseError: a statement lacks vulnerability, status or product, or a time is none; says where.
    """
    document = convert(value, _Document, source)
    made_s = seconds(document.timestamp, f"{source}: timestamp")
    found = Gathered(source)
    for number, each in enumerate(document.statements):
        place = f"{source}: statements[{number}]"
        time_s = seconds(each.timestamp, f"{place}.timestamp") or made_s
        status = STATUSES.get(each.status)
        if status is None:
            raise ParseError(f"{place}.status: {each.status!r:.100}, expected one of {', '.join(STATUSES)}")
        for product, subcomponents in _products(each, subjects, place):
            found.add(
                Statement(
                    vulnerabilities=_vulnerabilities(each.vulnerability, place),
                    product=product,
                    subcomponents=subcomponents,
                    status=status,
                    statement=_reason(each),
                    author=document.author,
                    source=source,
                    time_s=time_s,
                )
            )
    return found.all()


def _vulnerabilities(value: _Vulnerability | str, place: str) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else (value.name, *value.aliases, value.id)
    told = tuple(dict.fromkeys(name for name in names if name.strip()))
    if not told:
        raise ParseError(f"{place}.vulnerability: no name, expected one such as CVE-2026-12345")
    return told


def _products(
    statement: _Statement, subjects: Sequence[Identifiers], place: str
) -> Iterator[tuple[Identifiers, tuple[Identifiers, ...]]]:
    older = tuple(_all(statement.subcomponents, f"{place}.subcomponents"))
    for number, product in enumerate(statement.products):
        where = f"{place}.products[{number}]"
        own = () if isinstance(product, str) else product.subcomponents
        yield _identifiers(product, where), (*_all(own, f"{where}.subcomponents"), *older)
    if not statement.products:
        if not subjects:
            raise ParseError(f"{place}.products: none, expected at least one product")
        yield from ((subject, older) for subject in subjects)


def _all(components: Sequence[_Component | str], place: str) -> Iterator[Identifiers]:
    for number, each in enumerate(components):
        yield _identifiers(each, f"{place}[{number}]")


def _identifiers(component: _Component | str, place: str) -> Identifiers:
    if isinstance(component, str):
        names = [component]
    else:
        hashes = (naming.digest(*pair) for pair in component.hashes.items())
        names = [component.id, *component.identifiers.values(), *hashes]
    told = tuple(dict.fromkeys(name for name in names if name.strip()))
    if not told:
        raise ParseError(f"{place}: no name, expected @id, identifiers or hashes")
    return told


def _reason(statement: _Statement) -> str:
    return joined(
        statement.justification,
        statement.impact_statement or statement.action_statement or statement.status_notes,
    )
