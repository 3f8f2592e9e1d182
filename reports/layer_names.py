"""What people are told of a layer: the same words in every table."""

_DIGITS = 12
"""Of its digest: as many as the tools of images show."""


def layer_name(digest: str, created_by: str) -> str:
    """Return "layer 0123456789ab: RUN make", without a command that is not known; "" for no digest."""
    digits = digest.partition(":")[2][:_DIGITS]
    if not digits:
        return ""
    return f"layer {digits}: {created_by}" if created_by else f"layer {digits}"
