"""What every test stands on: a clean environment, and a loop that nothing blocks."""

import logging
import os
import shutil
from collections.abc import Iterator

import pytest
import structlog
from blockbuster import blockbuster_ctx
from hypothesis import settings

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("cleanbill", deadline=None)
settings.load_profile("cleanbill")

_MAY_BLOCK = [
    ("analyzers/catalogue_index.py", ["indexed", "_imported"]),  # the program's own files, like its modules
    ("store/database.py", ["open_store"]),  # once, before there is anything that could be held up
    ("store/queries.py", ["_all"]),  # the program's own files, read once like its modules
    ("crawler/engine.py", ["crawl_lock", "outbox_lock", "store_path"]),  # as above
    ("crawler/directories.py", ["temporary_directory", "_locked"]),  # at the very beginning and end
    # Into the page cache, one chunk from the network at a time: a hop to a thread takes longer, and holds
    # the interpreter's lock for as long.
    ("crawler/spool.py", ["__init__", "write", "restart", "close"]),
    (
        "crawler/layer_pool.py",
        ["start"],
    ),  # forking and executing, as the loop's own way to start programs does
    ("crawler/advisories/osv.py", ["_nameless_file"]),  # says so itself
    # Of the measuring of coverage: a file that a thread sees first at the same time.
    ("coverage/collector.py", ["lock_data"]),
    # A command's own task imports, reads settings and writes its report while it has nothing else to do.
    ("crawler/cli/image_scan.py", ["scan"]),
    ("crawler/cli/trees.py", ["scan_tree"]),
    ("crawler/cli/vm.py", ["_scan"]),
    ("crawler/cli/repo.py", ["_scan"]),
    ("crawler/cli/sbom.py", ["_scan"]),
    ("crawler/cli/crawl.py", ["crawl"]),
    ("crawler/cli/watch.py", ["_watch"]),
]
_REMOVED = {"docker_config", "registry_auth_file", "xdg_cache_home", "xdg_config_home"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [
        name for mark in item.iter_markers("program") for name in mark.args if shutil.which(name) is None
    ]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, credentials and proxies of whoever runs the tests change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            lower = name.lower()
            if lower.startswith("cleanbill_") or lower.endswith("_proxy") or lower in _REMOVED:
                patch.delenv(name)
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(home))
        # A daemon of this machine is not part of any test that does not start one.
        for name in ("DOCKER_HOST", "CONTAINER_HOST"):
            patch.setenv(name, f"unix://{home}/none.sock")
        patch.setenv("CONTAINERD_ADDRESS", f"{home}/none.sock")
        yield


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command that configures the log does so for its process, which here has other tests to run."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def loop_is_never_blocked() -> Iterator[None]:
    """A blocking call from our own code in a running loop raises; what tests do themselves may block."""
    with blockbuster_ctx(["crawler", "store"]) as blockbuster:
        for watched in blockbuster.functions.values():
            for file, functions in _MAY_BLOCK:
                watched.can_block_in(file, functions)
        yield
