"""Everything a scan needs, opened once: store, spool, worker processes."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path

from analyzers.catalogue import PACKAGES, Dispatch, catalogue
from analyzers.inventory import Scanner, View
from analyzers.limits import Limits
from config.settings import Settings
from crawler.layer_pool import LayerPool
from crawler.layers import Layers
from crawler.misconfig_search import MisconfigSearch
from crawler.processors import usable_processors
from crawler.scanners import scanners_of
from crawler.secret_search import SecretSearch, read_secret_config
from crawler.spool import open_spool
from crawler.targets.image import Images
from crawler.worker_process import WorkerProcess
from store.database import Store, open_store


@dataclass(frozen=True, slots=True)
class Engine:
    """What scans share."""

    store: Store
    pool: LayerPool
    layers: Layers
    images: Images
    scanners: frozenset[Scanner] = PACKAGES
    """What is looked for."""
    secrets: SecretSearch = field(default_factory=SecretSearch)
    misconfig: MisconfigSearch = field(default_factory=MisconfigSearch)

    def versions(self, view: View) -> dict[str, int]:
        """Return the analyzers that look at such targets, and their versions."""
        versions = Dispatch(catalogue()).of_view(view, self.scanners).versions()
        return self.misconfig.applied(self.secrets.applied(versions))


def store_path(settings: Settings, cache_dir: Path) -> Path:
    """Return the database file, however links lead to it: locks lie beside it, for all who use it."""
    return Path(os.path.realpath(settings.store.path or cache_dir / "cleanbill.db"))


def crawl_lock(settings: Settings, cache_dir: Path) -> Path:
    """Return the lock file of whoever crawls."""
    return _beside_store(settings, cache_dir, "crawl.lock")


def outbox_lock(settings: Settings, cache_dir: Path) -> Path:
    """Return the lock file of whoever sends deliveries."""
    return _beside_store(settings, cache_dir, "outbox.lock")


def _beside_store(settings: Settings, cache_dir: Path, name: str) -> Path:
    """Return a file that all who use the store share, whatever their cache directory."""
    folder = store_path(settings, cache_dir).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


@contextlib.asynccontextmanager
async def open_engine(  # noqa: PLR0913 - a scan is decided by this much
    settings: Settings,
    cache_dir: Path,
    *,
    early: WorkerProcess | None = None,
    scanners: Collection[Scanner] = PACKAGES,
    secret_config: str = "",
    misconfig: MisconfigSearch = MisconfigSearch(),  # noqa: B008 - frozen
    remembered: frozenset[Scanner] | None = None,
) -> AsyncIterator[Engine]:
    """Open the store and make the rest ready; worker processes start when a layer needs them.

    Args:
        settings: what the operator decides.
        cache_dir: where everything is kept.
        early: a worker that was started already, to get ready while this process does the same.
        scanners: what is looked for.
        secret_config: a file as Trivy's --secret-config; "" for the search for secrets as it is built in.
        misconfig: how configurations are judged; the user's own checks hold for the caller's task, too.
        remembered: what is looked for in images' configurations, when what their files and these hold is to
            be remembered for counts and events.

    Raises:
        ScanError: that file cannot be read.
        StoreError: the store cannot be used.
    """
    wanted = frozenset(scanners)
    own = await asyncio.to_thread(read_secret_config, secret_config) if secret_config else SecretSearch()
    versions = Dispatch(catalogue()).of_view(View.INSTALLED, wanted).versions()
    versions = misconfig.applied(own.applied(versions))
    workers = settings.crawl.workers or await asyncio.to_thread(usable_processors)
    async with contextlib.AsyncExitStack() as opened:
        pool = LayerPool(workers, Limits(), own.packed, misconfig.packed, early=early)
        await opened.enter_async_context(pool)
        if misconfig.packed:
            from analyzers.checks.own import using  # noqa: PLC0415 - most scans have none

            opened.enter_context(using(misconfig.packed))
        store = await opened.enter_async_context(open_store(store_path(settings, cache_dir)))
        spool = opened.enter_context(open_spool(cache_dir / "spool", settings.crawl.spool_bytes))
        layers = Layers(store, pool, spool, versions)
        search = None
        if remembered is not None:
            from crawler.targets.image_contents import KINDS, ContentSearch  # noqa: PLC0415 - for crawls

            search = ContentSearch(
                scanners=wanted & KINDS.keys(), config_scanners=remembered, secret_config=own.packed
            )
        yield Engine(store, pool, layers, Images(store, layers, versions, search), wanted, own, misconfig)


def open_crawling(settings: Settings, cache_dir: Path) -> contextlib.AbstractAsyncContextManager[Engine]:
    """Open what crawls need, see `open_engine`; what they look for is in the settings."""
    return open_engine(
        settings,
        cache_dir,
        scanners=scanners_of(settings.crawl.scanners),
        secret_config=settings.crawl.secret_config,
        remembered=scanners_of(settings.crawl.image_config_scanners) - PACKAGES,
    )
