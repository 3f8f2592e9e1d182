"""Named SQL, kept outside Python in queries/*.sql.

A query begins with a line `-- name: words_joined_by_underscores` and runs to the next such line.
"""

import functools
import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@functools.cache
def _all() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).with_name("queries").glob("*.sql")):
        found |= parse(file.read_text(encoding="utf-8"), known=found)
    return found


def parse(text: str, known: dict[str, str]) -> dict[str, str]:
    """Return name → SQL of one file. Raises ValueError for a name that is taken."""
    _, *parts = _NAME.split(text)
    queries = dict(zip(parts[::2], (sql.strip() for sql in parts[1::2]), strict=True))
    twice = queries.keys() & known.keys()
    if twice or len(queries) * 2 != len(parts):
        raise ValueError(f"query named twice: {sorted(twice) or sorted(parts[::2])}")
    return queries


def query(name: str) -> str:
    """Return the SQL of a query. Raises KeyError for a name that no file has."""
    return _all()[name]
