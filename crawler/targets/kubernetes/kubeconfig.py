"""What is wrong with kubeconfig files, in words that quote nothing of them but the names of contexts.

Format: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from collections.abc import Iterator
from pathlib import Path

from analyzers.documents import Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError

_MOST_BYTES = 16 * 1024 * 1024
_SHOWN = 10
"""Names of contexts."""


def fault_of(files: str, context: str) -> str:
    """Return why and where a context of files cannot be used; "" when this does not see it.

    Args:
        files: with colons between them, as KUBECONFIG has them.
        context: the name of the one asked for; empty for the current one.
    """
    try:
        documents = dict(_documents(files))
    except (OSError, ParseError):
        return ""  # whoever read them before says it
    for path, document in documents.items():
        if not isinstance(document, dict):
            return f"{path}: {kind_of(document)}, expected a kubeconfig"
    fault = _context_fault([table(document) for document in documents.values()], context)
    return fault and f"{files}: {fault}"


def _documents(files: str) -> Iterator[tuple[str, Value]]:
    for name in filter(None, files.split(":")):
        path = Path(name).expanduser()
        if path.is_file():
            with path.open("rb") as file:
                yield name, yaml.load(file.read(_MOST_BYTES), name)


def _context_fault(documents: list[dict[str, Value]], context: str) -> str:
    contexts = (items(document.get("contexts")) for document in documents)
    names = [text(table(each).get("name")) for some in contexts for each in some]
    currents = [text(document.get("current-context")) for document in documents]
    wanted = context or next(filter(None, reversed(currents)), "")
    if wanted and wanted in names:
        return ""
    missing = f"no context {wanted!r:.100}" if wanted else "no current-context"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    there = ", ".join(name[:100] for name in names[:_SHOWN])
    return f"{missing}; there is: {there}{more}" if names else f"{missing}, nor any other"
