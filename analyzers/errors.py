"""Errors of bytes in: what a file's author has to answer for.

    ParseError            the bytes are not what their format says; carries the place
    └── LimitExceededError    they are, or may be, but a named limit forbids reading on
    UnreadableFileError   one file cannot be read; those beside it can

Spell the value by `repr`, say what was expected, and where: "lib/apk/db/installed: line 7: …".
"""


class ParseError(ValueError):
    """The bytes do not follow their format."""


class LimitExceededError(ParseError):
    """Reading on would pass a named limit.

    Attributes:
        limit: the name of the limit, a field of `analyzers.limits.Limits`; it becomes `failed(limit)`.
    """

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class UnreadableFileError(Exception):
    """The file at hand cannot be read: by its permissions, or for what its file system says of it."""
