"""What a policy says about a finding."""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """What is known of a finding, by the words of Trivy's ExperimentalModifiedFindings."""

    IGNORED = "ignored"
    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"
    UNKNOWN = "unknown"


_SUPPRESSING = frozenset((Status.IGNORED, Status.NOT_AFFECTED, Status.FIXED))


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the rule or statement that applies to a finding says."""

    status: Status
    statement: str = ""
    """Why, in its author's words; "" when it does not say."""
    source: str = ""
    """Where it stands: "file .trivyignore:12"."""
    owner: str = ""
    """Who answers for it; "" when it does not say."""
    expired: bool = False
    """Whether it is a rule that ignored the finding once; `status` is UNKNOWN then."""

    @property
    def origin(self) -> str:
        """Where it stands and who answers for it: ".trivyignore:2, shop team"."""
        return ", ".join(filter(None, (self.source, self.owner)))

    @property
    def suppresses(self) -> bool:
        """Whether the finding is left out of the report; otherwise the decision is a remark beside it."""
        return self.status in _SUPPRESSING
