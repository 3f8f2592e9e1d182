"""Errors of a feed: why advisories could not be had.

    FeedError                 no answer, not even after some tries, or one that cannot be worked with
    ├── AbsentError           the source does not have the ecosystem at all
    └── AnswerError           a definite answer, and it is not the file that was asked for
        └── MissingError      there is no such file

Every message is one sentence that begins with the file's address, without credentials.
"""


class FeedError(Exception):
    """A feed cannot be followed now; what is stored of it stays."""


class AbsentError(FeedError):
    """The source has no folder for the ecosystem."""


class AnswerError(FeedError):
    """The source answered, but not with the file: refused, or beyond a named limit."""


class MissingError(AnswerError):
    """The source has no such file."""
