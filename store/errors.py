"""Errors of the store: what the operator of the database has to mend."""


class StoreError(Exception):
    """The database cannot be opened, is not ours, or is newer than this program."""
