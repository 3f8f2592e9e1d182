"""What scans share, with limits and analyzers of a test's choice."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from analyzers.catalogue import Dispatch, catalogue
from analyzers.inventory import View
from analyzers.limits import Limits
from crawler.engine import Engine
from crawler.layer_pool import LayerPool
from crawler.layers import Layers
from crawler.spool import open_spool
from crawler.targets.image import Images
from store.database import open_store

VERSIONS = Dispatch(catalogue()).of_view(View.INSTALLED).versions()
DATABASE = "cleanbill.db"


@contextlib.asynccontextmanager
async def scanning(
    folder: Path,
    *,
    limits: Limits | None = None,
    versions: Mapping[str, int] = VERSIONS,
    spool_bytes: int = 1 << 30,
) -> AsyncIterator[Engine]:
    """Give an engine with one worker over the store in `folder`."""
    async with open_store(folder / DATABASE) as store, LayerPool(1, limits or Limits()) as pool:
        with open_spool(folder / "spool", spool_bytes) as spool:
            layers = Layers(store, pool, spool, versions)
            yield Engine(store, pool, layers, Images(store, layers, versions))


def rows(folder: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Return what a connection of its own sees."""
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as connection:
        return connection.execute(sql, values).fetchall()


def change(folder: Path, sql: str, *values: object) -> None:
    """Write through a connection of its own."""
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute(sql, values)
