"""The sources of images by name, asked in order until one has the image."""

import contextlib
import re
from collections.abc import AsyncIterator, Mapping

from crawler.registry.errors import InvalidReferenceError, NotFoundError, RegistryError
from crawler.registry.reference import Reference, parse_reference
from crawler.sources import Found, Opener, Wanted

NAMES = ("docker", "containerd", "podman", "remote")
"""In the order in which they are asked when nobody says another."""

_SHOWN = 20
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")


@contextlib.asynccontextmanager
async def open_first(
    openers: Mapping[str, Opener], wanted: Wanted
) -> AsyncIterator[tuple[str, Found, dict[str, RegistryError]]]:
    """Give the name of the first source that has the image, the image there, and why not those before it.

    Raises:
        NotFoundError: nobody has it; says why of each.
        InvalidReferenceError: a source says that there can be no such image.
    """
    missed: dict[str, RegistryError] = {}
    for name, opener in openers.items():
        async with contextlib.AsyncExitStack() as opened:
            try:
                found = await opened.enter_async_context(opener(wanted))
            except InvalidReferenceError:
                raise
            except RegistryError as error:
                missed[name] = error
                continue
            yield name, found, missed
            return
    reasons = "; ".join(f"{name}: {error}" for name, error in missed.items())
    raise NotFoundError(f"{wanted.name}: found nowhere: {reasons}")


def parse_name(name: str) -> Reference | None:
    """Return the image's name taken apart; None for an image's id, which only daemons know.

    Raises:
        InvalidReferenceError: it is neither.
    """
    return None if _ID.fullmatch(name) else parse_image_name(name)


def parse_image_name(name: str) -> Reference:
    """Return the image's name taken apart. Raises InvalidReferenceError: it is none, as a URL is."""
    scheme, separator, rest = name.partition("://")
    if separator:
        start = f"{scheme[:_SHOWN]}{separator}"
        raise InvalidReferenceError(
            f"{name!r:.200}: expected a name without {start!r}, such as {rest!r:.200}"
        )
    return parse_reference(name)
