"""What a benchmark is asked to do: programs by path, places, and how much of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments that benchmarks share; a peer without a path is left out."""

    cleanbill: str
    trivy: str | None
    syft: str | None
    registry: str
    """HOST:PORT of the corpus's registry, plain http."""
    work: Path
    """A directory for caches and for stores that are kept from run to run."""
    runs: int
    """Of which the median is told."""
    fleets: tuple[int, ...]
    """Images of each fleet."""
    files: tuple[int, ...]
    """Files of each tree."""
    sboms: int
    """SBOMs that Trivy matches, of which the whole fleet's time is reckoned."""
    images: tuple[str, ...]
    """Repositories of the corpus, with their tags."""
    sample: int
    """Tags that Trivy scans in a loop, of which the whole registry's time is reckoned; 0: all of them."""

    gitleaks: str | None = None
    """For secrets only."""
    tree: Path | None = None
    """Sources that secrets are looked for in; None for the packages of the running Python."""

    @property
    def programs(self) -> dict[str, str | None]:
        """Name → path."""
        return {"cleanbill": self.cleanbill, "trivy": self.trivy, "syft": self.syft}
