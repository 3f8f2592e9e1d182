"""Repositories by Harbor's own API, whose `_catalog` is for its administrators only.

API: https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml (listProjects, listRepositories)
"""

import re
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

import msgspec

from analyzers.documents.wording import decoding_problem
from crawler.registry.client import RegistryClient
from crawler.registry.errors import ManifestError, NotFoundError, ProtocolError
from crawler.registry.manifest import decode_json
from crawler.registry.transport import Ask

SERVICE = "harbor-registry"
"""What Harbor calls itself in its challenges."""
PAGE_SIZE = 100
"""Harbor gives no more at once."""


class _Named(msgspec.Struct, frozen=True):
    name: str


class HarborCatalog:
    """The repositories of every project that the login may see."""

    def __init__(self, client: RegistryClient, wanted: Callable[[str], bool]) -> None:
        self._client = client
        self._wanted = wanted

    async def repositories(self) -> AsyncIterator[str]:
        """Yield each wanted repository's name, with its project's name in front."""
        async for project in self._names("/api/v2.0/projects", "projects"):
            # Harbor decodes names in paths twice; a project's name has no "/" but is a stranger's text.
            path = f"/api/v2.0/projects/{quote(quote(project, safe=''), safe='')}/repositories"
            try:
                async for name in self._names(path, f"repositories of project {project!r:.200}"):
                    if self._wanted(name):
                        yield name
            except NotFoundError:
                continue  # deleted since the list of projects was read

    async def _names(self, path: str, thing: str) -> AsyncIterator[str]:
        first = Ask(
            url=self._client.url(f"{path}?page=1&page_size={PAGE_SIZE}"),
            purpose="lists",
            thing=thing,
            # Without a login Harbor answers with the public projects only, and asks for none.
            login="basic",
            # A project's name may be all digits, which Harbor would take for its number.
            headers={"X-Is-Resource-Name": "true"},
        )
        count, total = 0, ""
        async for page in self._client.pages(first):
            total = page.headers.get("X-Total-Count", total)
            names = _parse(page.body, f"{self._client.host}: {thing}")
            count += len(names)
            for name in names:
                yield name
        if _COUNT.fullmatch(total) and count < int(total):
            raise ProtocolError(
                f"{self._client.host}: {thing}: the list ended after {count} of {total} entries"
            )


_COUNT = re.compile(r"[0-9]{1,18}")


def _parse(body: bytes, thing: str) -> list[str]:
    try:
        return [entry.name for entry in msgspec.convert(decode_json(body, "page") or [], list[_Named])]
    except (ManifestError, msgspec.ValidationError) as error:
        raise ProtocolError(
            f"{thing}: expected a list of objects with a name: {decoding_problem(error)}"
        ) from error
