"""Which image a container runs, from what its pod wants and what its node says.

A node's answer depends on its runtime: "docker-pullable://host/app@sha256:…", "host/app@sha256:…" (of the
image or of the index it came from; maybe another repository with the same content), or, for what was not
pulled, an image's id alone: "docker://sha256:…", "sha256:…", 64 hex digits.
See https://github.com/kubernetes/kubernetes/issues/115199
"""

import re
from dataclasses import dataclass

import msgspec

from crawler.registry.errors import InvalidReferenceError
from crawler.registry.reference import Digest, Reference, parse_reference
from crawler.sources.chain import parse_name

_ID = re.compile(r"(?:sha256:)?(?P<hex>[0-9a-f]{64})")
_RUNTIME = re.compile(r"[a-z0-9-]+://")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningImage:
    """The image of one container."""

    name: str
    """As the pod has it."""
    places: tuple[Reference, ...]
    """Where a registry has it, the likeliest first; never empty."""
    image_id: str = ""
    """The digest of the configuration of what runs, when that is all the node knows."""

    @property
    def digest(self) -> Digest | None:
        """What identifies the image, or the index it came from; None when only its tag is known."""
        return self.places[0].digest

    @property
    def key(self) -> str:
        """What is equal for equal images, wherever they run."""
        return self.digest or f"{self.places[0]} {self.image_id}"


def running_image(image: str, image_id: str) -> RunningImage:
    """Return the image of a container.

    Args:
        image: the name in the pod's specification.
        image_id: what the node says; empty for a container that has not started.

    Raises:
        InvalidReferenceError: the name is none.
    """
    said = _RUNTIME.sub("", image_id, count=1)
    id_only, pulled = _ID.fullmatch(said), _pulled(said)
    wanted = parse_name(image)
    if wanted is None:
        # A pod may be given an id for a name; only its node knows where that is from.
        if pulled is None:
            raise InvalidReferenceError(f"reference {image!r}: an image's id, which no registry knows")
        return RunningImage(name=image, places=(pulled,))
    if pulled is None:
        known_id = f"sha256:{id_only['hex']}" if id_only and not wanted.digest else ""
        return RunningImage(name=image, places=(wanted,), image_id=known_id)
    # The pod's repository is the one that its secrets are for; its tag may have moved since.
    own = msgspec.structs.replace(wanted, tag="", digest=pulled.digest)
    return RunningImage(name=image, places=tuple(dict.fromkeys((own, pulled))))


def _pulled(said: str) -> Reference | None:
    """Return what a node says that it pulled; None when that is no name with a digest."""
    try:
        found = parse_reference(said) if "@" in said else None
    except InvalidReferenceError:
        return None
    return msgspec.structs.replace(found, tag="") if found else None
