"""Reads Trivy's ignore files into rules.

Format: https://trivy.dev/docs/latest/configuration/filtering/#by-finding-ids
"""

import re
from collections.abc import Iterator
from datetime import date, datetime

from analyzers.documents import Value, yaml
from analyzers.errors import ParseError
from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.rule import MOST_RULES, Rule, check

_BOM = "\ufeff"
_SECTIONS = {
    "vulnerabilities": FindingKind.VULNERABILITY,
    "misconfigurations": FindingKind.MISCONFIGURATION,
    "secrets": FindingKind.SECRET,
    "licenses": FindingKind.LICENSE,
}
_FIELDS = frozenset(("id", "paths", "purls", "expired_at", "statement", "owner"))
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
"""How YAML writes the absence of a value."""


def read_trivyignore(data: bytes, source: str) -> tuple[Rule, ...]:
    """Return the rules of a .trivyignore, for findings of all kinds.

    A line is an id, and "exp:2026-12-31" when it ends on that day. What else stands on it, or in the comment
    above it, is the reason.

    Args:
        data: the file.
        source: how to name it: "file .trivyignore"; a rule's has the line after it.

    Raises:
        ParseError: it is no UTF-8, has a day that is none, or more than MOST_RULES rules; names the line.
    """
    rules: list[Rule] = []
    remarks: list[str] = []
    is_open = False
    for number, raw in enumerate(_text(data, source).splitlines(), 1):
        line = raw.strip()
        if line.startswith("#"):
            remarks = [*(remarks if is_open else ()), line.lstrip("#").strip()]
        elif not line:
            remarks = []
        else:
            rules.append(_of_line(line, " ".join(filter(None, remarks)), f"{source}:{number}"))
            _check_count(len(rules), source)
        is_open = line.startswith("#")
    return tuple(rules)


def read_trivyignore_yaml(data: bytes, source: str) -> tuple[Rule, ...]:
    """Return the rules of a .trivyignore.yaml; beside Trivy's fields they may have an `owner`.

    A field that is not known is an error: one that is misspelt would make its rule ignore more.

    Args:
        data: the file.
        source: how to name it: "file .trivyignore.yaml"; a rule's has the line after it.

    Raises:
        ParseError: it is no YAML of that form, or has more than MOST_RULES rules; names the field.
    """
    document = yaml.load(data, source)
    if document is None or (isinstance(document, str) and document in _NOTHING):
        return ()
    if not isinstance(document, dict):
        raise ParseError(f"{source}: expected a mapping with any of {', '.join(_SECTIONS)}")
    rules: list[Rule] = []
    for section, entries in document.items():
        if section not in _SECTIONS:
            raise ParseError(
                f"{source}: unknown key {section!r:.100}, expected any of {', '.join(_SECTIONS)}"
            )
        for number, entry in enumerate(_list(entries, f"{source}: {section}")):
            rules.append(_of_entry(entry, _SECTIONS[section], source, f"{section}[{number}]"))
            _check_count(len(rules), source)
    return tuple(rules)


def _text(data: bytes, source: str) -> str:
    try:
        return data.decode().removeprefix(_BOM)
    except UnicodeDecodeError as error:
        raise ParseError(f"{source}: byte {error.start}: expected UTF-8") from error


def _check_count(count: int, source: str) -> None:
    if count > MOST_RULES:
        raise ParseError(f"{source}: more than {MOST_RULES} rules")


def _of_line(line: str, above: str, place: str) -> Rule:
    id_, *words = line.split()
    days = [word for word in words if word.startswith("exp:")]
    others = " ".join(word for word in words if not word.startswith("exp:"))
    remark, _, comment = others.partition("#")
    return Rule(
        id=id_,
        expires=_day(days[0].removeprefix("exp:"), place) if days else None,
        statement=comment.strip() or remark or above,
        source=place,
    )


def _day(text: str, place: str) -> date:
    try:
        if len(text) == len("2026-12-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ParseError(f"{place}: 'exp:{text:.100}', expected a day such as exp:2026-12-31")


def _of_entry(entry: Value, kind: FindingKind, source: str, field: str) -> Rule:
    place = f"{source}: {field}"
    if not isinstance(entry, dict):
        raise ParseError(f"{place}: expected a mapping with an id")
    if unknown := sorted(entry.keys() - _FIELDS):
        raise ParseError(f"{place}: unknown key {unknown[0]!r:.100}, expected {', '.join(sorted(_FIELDS))}")
    id_ = _scalar(entry.get("id"), f"{place}.id").strip()
    if not id_:
        raise ParseError(f"{place}.id: missing, expected the id of a finding")
    lines = yaml.lines_of(entry, "id")
    rule = Rule(
        id=id_,
        kind=kind,
        paths=tuple(_texts(entry.get("paths"), f"{place}.paths")),
        purls=tuple(_texts(entry.get("purls"), f"{place}.purls")),
        expires=_expiry(_scalar(entry.get("expired_at"), f"{place}.expired_at"), f"{place}.expired_at"),
        statement=_scalar(entry.get("statement"), f"{place}.statement"),
        owner=_scalar(entry.get("owner"), f"{place}.owner"),
        source=f"{source}:{lines[0][0]}" if lines else source,
    )
    check(rule)
    return rule


def _list(value: Value, place: str) -> list[Value]:
    if isinstance(value, list):
        return value
    if value is None or (isinstance(value, str) and value in _NOTHING):
        return []
    raise ParseError(f"{place}: expected a list")


def _texts(value: Value, place: str) -> Iterator[str]:
    for number, each in enumerate(_list(value, place)):
        text = _scalar(each, f"{place}[{number}]")
        if not text:
            raise ParseError(f"{place}[{number}]: empty, expected text")
        yield text


def _scalar(value: Value, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if value in _NOTHING else value
    raise ParseError(f"{place}: expected text")


def _expiry(text: str, place: str) -> date | None:
    """Return a day of YAML 1.1's timestamps."""
    if not text:
        return None
    try:
        if match := _DAY.fullmatch(text):
            return date(*map(int, match.groups()))
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        raise ParseError(f"{place}: {text!r:.100}, expected a day such as 2026-12-31") from error
