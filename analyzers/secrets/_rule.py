"""What a rule that finds one kind of secret is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from analyzers.secrets._samples import Sample

START = r"(?<![A-Za-z0-9])"
"""Before a token: nothing that could be a part of it."""
END = r"(?![A-Za-z0-9_-])"
"""After a token, for the same reason."""


class Rank(IntEnum):
    """How sure a rule is; of secrets at the same place the surest is told."""

    FORM = 0
    """The token's own form says what it is."""
    CONTEXT = 1
    """The name that it is given says so."""
    GENERIC = 2
    """It is called a secret, whoever's it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of secret.

    Patterns are Python's `re` over bytes; no match may be longer than `width` bytes.
    """

    id: str
    """As Trivy has it where it knows the same kind, so that ignore files go on working."""
    category: str
    """Whose secret it is: "GitHub"."""
    title: str
    severity: str
    """Name of an analyzers.severity.Severity."""
    pattern: str
    """With a group `secret`, if not all of the match is one."""
    keywords: tuple[str, ...]
    """In lower case; one of them is in every match, whatever its case."""
    sample: Sample
    """Builds a made-up secret where it stands, which the rule finds."""
    near_miss: Sample
    """Builds what looks like it and is none."""
    in_packages: bool
    """Whether it is told in installed packages of others as well.

    Not what only its name tells, what is public by design, what stands in many examples, and not forms that
    may be a coincidence in a gigabyte.
    """
    anchor: str = ""
    """What the first filter looks for: each match of `pattern` has one that ends in it; "" for `pattern`.

    Without Hyperscan, only where `lead` is not known.
    """
    width: int = 512
    lead: int | None = None
    """Most bytes of a match before its first keyword; None: not known."""
    entropy: float = 0.0
    """In bits for each character, by their frequency in the secret; less is no secret."""
    allow: tuple[str, ...] = ()
    """Patterns of values that are none, anywhere in the secret."""
    path: str = ""
    """Pattern of the paths it is looked for in; "" for all."""
    verify: Callable[[bytes], bool] | None = None
    """Tells of the secret whether its inner form is right; if not it is none."""
    checksum: Callable[[bytes], bool] | None = None
    """Tells of the secret whether its checksum is right; if not it opens nothing and is told as LOW."""
    rank: Rank = Rank.FORM
