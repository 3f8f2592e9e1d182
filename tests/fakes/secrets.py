"""Made-up tokens that the rules take for real ones; none of them stands in a file of ours."""

from random import Random

from analyzers.secrets._samples import checked


def token(seed: int = 7) -> bytes:
    """Return a personal access token of GitHub's form, another for each seed."""
    return checked("ghp_", 30)(Random(seed)).encode()


def env_file(seed: int = 7) -> bytes:
    """Return a file with a setting and, in its second line, such a token."""
    return b"DEBUG=0\nGITHUB_TOKEN=" + token(seed) + b"\n"
