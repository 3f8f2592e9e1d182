"""Disk images of virtual machines: what is installed on them."""

from collections.abc import Collection
from pathlib import Path

from analyzers.inventory import View
from analyzers.tree import Skipped
from crawler.engine import Engine
from crawler.errors import LayerError
from crawler.layer_pool import WorkerDiedError
from crawler.targets.contents import FILES, remember


async def learn_disk(
    engine: Engine,
    path: Path,
    *,
    skipped: Skipped = Skipped(),  # noqa: B008 - frozen
    patterns: Collection[tuple[str, str]] = (),
) -> tuple[str, tuple[str, ...]]:
    """Make the store know what a disk holds; return the digest that it is known by, and remarks.

    Args:
        engine: what scans share.
        path: the image.
        skipped: what to leave out.
        patterns: (analyzer id, regular expression) of paths to give to an analyzer as well.

    Raises:
        LayerError: nothing on it can be read, or it takes too long.
    """
    versions = engine.versions(View.INSTALLED)
    try:
        inventory, remarks = await engine.pool.analyse_disk(str(path), versions.keys(), skipped, patterns)
    except WorkerDiedError as error:
        raise LayerError(
            f"{path}: reading it killed the worker process: expected a disk whose file systems are sound"
        ) from error
    except LayerError as error:
        raise LayerError(f"{path}: {error}", error.limit) from error
    return await remember(engine.store, FILES, inventory, versions), remarks
