"""The error that every target shares."""


class ScanError(Exception):
    """Something cannot be scanned at all; the message says what, and why."""
