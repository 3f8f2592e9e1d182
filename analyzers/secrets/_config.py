"""What users decide about the search for secrets."""

import hashlib

import msgspec

from analyzers.secrets._allowed import AllowRule
from analyzers.secrets.rules import RULES

_ENGINE = 4
"""Raised when the same rules would find something else."""
_FINGERPRINT_BYTES = 8


class ExcludeBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Parts of files in which no secret is looked for."""

    description: str = ""
    regexes: tuple[str, ...] = ()


class CustomRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule that a user wrote; patterns are Python's `re`."""

    id: str
    regex: str
    category: str = ""
    title: str = ""
    severity: str = "UNKNOWN"
    keywords: tuple[str, ...] = ()
    """In any case; a file with none of them is not searched. With none given, all are."""
    path: str = ""
    secret_group: str = ""
    """Name of the group that is the secret; "" for the group `secret`, or all of the match."""
    allow_rules: tuple[AllowRule, ...] = ()
    exclude_block: ExcludeBlock = ExcludeBlock()


class SecretConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which rules are asked, and what they let pass."""

    rules: tuple[CustomRule, ...] = ()
    enable_builtin_rules: tuple[str, ...] = ()
    """Ids of the only built-in rules that are asked; with none, all are."""
    disable_rules: tuple[str, ...] = ()
    allow_rules: tuple[AllowRule, ...] = ()
    disable_allow_rules: tuple[str, ...] = ()
    exclude_block: ExcludeBlock = ExcludeBlock()
    skip_paths: tuple[str, ...] = ()
    """Patterns, searched for in paths, of files that are not looked at."""

    def fingerprint(self) -> int:
        """Return a number below 2**64: another one whenever the same files could give other secrets."""
        rules = [
            (
                rule.id,
                rule.category,
                rule.title,
                rule.severity,
                rule.pattern,
                rule.path,
                rule.allow,
                rule.entropy,
                rule.in_packages,
            )
            for rule in RULES
        ]
        seen = hashlib.sha256(msgspec.msgpack.encode((_ENGINE, rules, self)))
        return int.from_bytes(seen.digest()[:_FINGERPRINT_BYTES], "big")
