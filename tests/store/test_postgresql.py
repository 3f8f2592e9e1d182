"""One schema for both: the migrations, unchanged, loaded into a real PostgreSQL."""

import getpass
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.database import open_store
from tests.fakes.engine import DATABASE, rows
from tests.fakes.stored import package, remember, tag

pytestmark = pytest.mark.program("psql")

MIGRATIONS = sorted(Path(__file__).parents[2].glob("store/migrations/*.sql"))
Sql = Callable[[str], list[list[str]]]


@pytest.fixture(scope="module")
def sql() -> Iterator[Sql]:
    """Run SQL in a new server that only listens on a socket of its own; it refuses to run as root."""
    # Debian has the server's programs where no PATH leads.
    folders = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    initdb = shutil.which("initdb", path=os.pathsep.join(folders))
    if initdb is None:
        pytest.skip("not installed: initdb")
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    # The path of a socket has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)

    def run(*command: str) -> str:
        as_user = {"user": user} if os.geteuid() == 0 else {}
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
            **as_user,  # type: ignore[call-overload]  # empty or a user
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    try:
        run(initdb, "--pgdata=data", "--auth=trust", "--encoding=UTF8", "--no-sync", "--username=postgres")
        control = str(Path(initdb).resolve().with_name("pg_ctl"))
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run(control, "start", "--pgdata=data", "--wait", "--log=log", "-o", options)
        try:
            ask = "psql", "-XqAtF\t", "-v", "ON_ERROR_STOP=1", f"host={folder} user=postgres", "-c"
            yield lambda text: [line.split("\t") for line in run(*ask, text).splitlines()]
        finally:
            run(control, "stop", "--pgdata=data", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


async def test_the_same_tables_columns_and_indexes_and_the_same_rows(sql: Sql, tmp_path: Path) -> None:
    for migration in MIGRATIONS:
        sql(migration.read_text(encoding="utf-8"))
    async with open_store(tmp_path / DATABASE) as store:
        await remember(store, "app", [package("openssl")], [package("bash"), package("curl")])
        await tag(store, "team/app", latest=await remember(store, "other", [package("openssl")]))
    ours = rows(
        tmp_path,
        "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p"
        " WHERE m.type = 'table' AND m.name <> 'migrations' ORDER BY 1, p.cid",
    )
    theirs = sql(
        "SELECT table_name, column_name FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ' ORDER BY table_name COLLATE "C", ordinal_position'
    )
    assert theirs == [list(map(str, row)) for row in ours]
    ours = rows(
        tmp_path, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1"
    )
    theirs = sql(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
        " AND indexname !~ '_(pkey|key)$' ORDER BY indexname COLLATE \"C\""
    )
    assert theirs == [list(map(str, row)) for row in ours]
    for table in _in_order_of_references():
        held = rows(tmp_path, f"SELECT * FROM {table}")  # noqa: S608 - our own names
        if table != "cursors" and held:
            lines = ", ".join(f"({', '.join(map(_literal, row))})" for row in held)
            sql(f"INSERT INTO {table} VALUES {lines}")  # noqa: S608 - our own names
        assert sql(f"SELECT COUNT(*) FROM {table}") == [[str(len(held))]], table  # noqa: S608 - our own names
    assert sql("SELECT name, until IS NULL FROM image_tags") == [["latest", "t"]]


def _in_order_of_references() -> list[str]:
    return re.findall(r"^CREATE TABLE (\w+)", "".join(each.read_text() for each in MIGRATIONS), re.MULTILINE)


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bytes():
            return f"'\\x{value.hex()}'"
        case int():
            return str(value)
        case _:
            quoted = str(value).replace("'", "''")
            return f"'{quoted}'"
