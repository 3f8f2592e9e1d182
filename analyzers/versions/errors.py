"""What goes wrong when versions are put in order."""


class InvalidVersionError(ValueError):
    """The text is not a version of its scheme, so nothing can be said about its place in the order."""


class UnknownEcosystemError(ValueError):
    """No version order is known for the ecosystem."""
