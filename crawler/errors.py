"""The errors that targets share."""


class ScanError(Exception):
    """Something cannot be scanned at all; the message says what, and why."""


class LayerError(ScanError):
    """A layer could not be analysed; the message says why.

    Attributes:
        limit: the name of the limit that forbids it, a field of `analyzers.limits.Limits`; else empty.
    """

    def __init__(self, message: str, limit: str = "") -> None:
        super().__init__(message)
        self.limit = limit
