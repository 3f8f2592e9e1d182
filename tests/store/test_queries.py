import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from store import queries
from store.database import open_store
from store.queries import parse, query

SQL = "-- name: one\nSELECT 1;\n\n-- name: two\n-- says more\nSELECT 2;\n"


def test_a_file_holds_named_queries() -> None:
    assert parse(SQL, {}) == {"one": "SELECT 1;", "two": "-- says more\nSELECT 2;"}
    assert parse("", {}) == {}


@pytest.mark.parametrize(
    ("text", "known"), [(SQL, {"one": "SELECT 0;"}), (SQL + SQL, {})], ids=["in two files", "in one file"]
)
def test_a_name_is_given_once(text: str, known: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"query named twice: .*'one'"):
        parse(text, known)


def test_a_query_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        query("no such query")


async def test_every_query_fits_the_schema(tmp_path: Path) -> None:
    async with open_store(tmp_path / "c.db"):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as connection:
        for sql in queries._all().values():  # noqa: SLF001 - there is no other way to see them all
            connection.execute(f"EXPLAIN {sql}", _parameters(sql))


def _parameters(sql: str) -> dict[str, None] | list[None]:
    names = re.findall(r":(\w+)", re.sub(r"'[^']*'|--[^\n]*", "", sql))
    return dict.fromkeys(names) if names else [None] * sql.count("?")
