"""What can be looked for, by the words of `--scanners` and of the settings."""

from collections.abc import Iterable

from analyzers.catalogue import PACKAGES
from analyzers.inventory import Scanner

SCANNERS = {
    "vuln": Scanner.PACKAGES,
    "misconfig": Scanner.MISCONFIG,
    "secret": Scanner.SECRET,
    "license": Scanner.LICENSE,
}
"""Word and what it stands for, in the order in which people are told."""


def scanners_of(words: Iterable[str]) -> frozenset[Scanner]:
    """Return what to look for; packages always are."""
    return PACKAGES | {SCANNERS[word] for word in words}
