"""What a message says when an optional library is not installed."""


def needs_extra(what: str, extra: str) -> str:
    """Return the sentence that names an extra of the package, and how to install it.

    Args:
        what: what cannot be done without, in the singular: "reading a disk".
        extra: its name, a key of [project.optional-dependencies].
    """
    return (
        f"{what} needs the extra {extra!r}, which is not installed:"
        f" in a checkout, pip install -r requirements/all.txt, or pip install '.[{extra}]'"
    )
