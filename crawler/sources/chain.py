"""The sources of images by name, asked in order until one has the image."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping

from crawler.registry.errors import InvalidReferenceError, NotFoundError, RegistryError, UnreachableError
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
        NotFoundError: nobody has it; says why of each, of the registry first.
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
    raise NotFoundError(f"{wanted.name}: found nowhere: {'; '.join(_reasons(missed, wanted))}")


def _reasons(missed: Mapping[str, RegistryError], wanted: Wanted) -> Iterator[str]:
    """Yield why each source does not have the image: most people mean the registry, and run no daemon."""
    told, silent = dict(missed), list[str]()
    if wanted.reference is not None and "remote" in told:
        yield f"remote: {told.pop('remote')}"
        silent = [name for name, error in told.items() if isinstance(error, UnreachableError)]
    for name, error in told.items():
        if name not in silent:
            yield f"{name}: {error}"
    if silent:
        yield f"{', '.join(silent)}: cannot be reached"


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
