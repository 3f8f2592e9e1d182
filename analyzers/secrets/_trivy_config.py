"""Reads the search's configuration in the form of Trivy's `trivy-secret.yaml`.

Format: https://trivy.dev/latest/docs/scanner/secret/#configuration
"""

from collections.abc import Mapping

from analyzers.documents import Value
from analyzers.documents.wording import kind_of
from analyzers.documents.yaml import load
from analyzers.errors import ParseError
from analyzers.secrets._allowed import AllowRule
from analyzers.secrets._config import CustomRule, ExcludeBlock, SecretConfig
from analyzers.secrets._go_pattern import translated

_KEYS = frozenset(
    (
        "rules",
        "enable-builtin-rules",
        "disable-rules",
        "allow-rules",
        "disable-allow-rules",
        "exclude-block",
        "skip-paths",
    )
)
_SEVERITIES = frozenset(("UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"))


def load_trivy_secret_yaml(data: bytes, path: str) -> SecretConfig:
    """Return the configuration; patterns are translated from Go's syntax. `skip-paths` is our addition.

    Raises:
        ParseError: it is no YAML, or a field is unknown or wrong; names the rule and the field.
    """
    document = load(data, path)
    if document is None:
        return SecretConfig()
    fields = _Fields(document, path)
    fields.only(_KEYS)
    return SecretConfig(
        rules=tuple(_rule(each) for each in fields.each("rules")),
        enable_builtin_rules=fields.texts("enable-builtin-rules"),
        disable_rules=fields.texts("disable-rules"),
        allow_rules=tuple(_allow_rule(each) for each in fields.each("allow-rules")),
        disable_allow_rules=fields.texts("disable-allow-rules"),
        exclude_block=_block(fields),
        skip_paths=fields.patterns("skip-paths"),
    )


def _rule(fields: "_Fields") -> CustomRule:
    fields.only(
        frozenset(
            (
                "id",
                "category",
                "title",
                "severity",
                "regex",
                "keywords",
                "path",
                "allow-rules",
                "exclude-block",
                "secret-group-name",
            )
        )
    )
    severity = fields.text("severity").upper() or "UNKNOWN"
    if severity not in _SEVERITIES:
        raise fields.wrong("severity", severity, f"one of {', '.join(sorted(_SEVERITIES))}")
    return CustomRule(
        id=fields.needed("id"),
        category=fields.text("category") or "Custom",
        title=fields.text("title") or fields.needed("id"),
        severity=severity,
        regex=fields.pattern("regex", needed=True),
        keywords=fields.texts("keywords"),
        path=fields.pattern("path"),
        secret_group=fields.text("secret-group-name"),
        allow_rules=tuple(_allow_rule(each) for each in fields.each("allow-rules")),
        exclude_block=_block(fields),
    )


def _allow_rule(fields: "_Fields") -> AllowRule:
    fields.only(frozenset(("id", "description", "regex", "path")))
    return AllowRule(
        id=fields.needed("id"),
        description=fields.text("description"),
        regex=fields.pattern("regex"),
        path=fields.pattern("path"),
    )


def _block(fields: "_Fields") -> ExcludeBlock:
    (block,) = fields.each("exclude-block", one=True) or (None,)
    if block is None:
        return ExcludeBlock()
    block.only(frozenset(("description", "regexes")))
    return ExcludeBlock(description=block.text("description"), regexes=block.patterns("regexes"))


def _shown(value: object) -> str:
    return f"{value!r:.100}" if isinstance(value, str) else kind_of(value)


class _Fields:
    """One mapping of the file, with the place that errors tell."""

    def __init__(self, value: Value, place: str) -> None:
        if not isinstance(value, Mapping):
            raise ParseError(f"{place}: {_shown(value)}, expected a mapping")
        self._values = value
        name = value.get("id")
        self._place = f"{place} ({name!r})" if isinstance(name, str) else place

    def wrong(self, key: str, value: object, expected: str) -> ParseError:
        return ParseError(f"{self._place}: {key}: {_shown(value)}, expected {expected}")

    def only(self, keys: frozenset[str]) -> None:
        for key in self._values:
            if key not in keys:
                raise ParseError(
                    f"{self._place}: unknown key {key!r}, expected one of {', '.join(sorted(keys))}"
                )

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str | None):
            raise self.wrong(key, value, "text")
        return value or ""

    def needed(self, key: str) -> str:
        return self.text(key) or self._missing(key)

    def _missing(self, key: str) -> str:
        raise ParseError(f"{self._place}: {key}: missing")

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if value is None:
            return ()
        if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise self.wrong(key, value, "a list of texts")
        return tuple(str(each) for each in value)

    def pattern(self, key: str, *, needed: bool = False) -> str:
        found = self.needed(key) if needed else self.text(key)
        return self._translated(key, found)

    def patterns(self, key: str) -> tuple[str, ...]:
        return tuple(self._translated(key, each) for each in self.texts(key))

    def _translated(self, key: str, pattern: str) -> str:
        try:
            return translated(pattern)
        except ValueError as error:
            raise ParseError(
                f"{self._place}: {key}: {pattern!r}: {error}, expected a regular expression"
            ) from error

    def each(self, key: str, *, one: bool = False) -> "list[_Fields]":
        value = self._values.get(key)
        if value is None:
            return []
        values = [value] if one else value
        if not isinstance(values, list):
            raise self.wrong(key, value, "a list")
        return [_Fields(each, f"{self._place}: {key}[{number}]") for number, each in enumerate(values)]
