"""The progress of a crawl on a terminal."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from crawler.crawl import Pass
from reports.counting import count
from reports.printable import one_line


@contextlib.contextmanager
def bars() -> Iterator[Callable[[Pass], None]]:
    """Draw a line for each pass given, on stderr, until the block ends."""
    passes: list[Pass] = []
    with Live(console=Console(stderr=True), get_renderable=lambda: _table(passes), transient=True):
        yield passes.append


def _table(passes: list[Pass]) -> Table:
    table = Table.grid(padding=(0, 2))
    for each in passes:
        # While repositories are still being listed, nobody knows how many images there will be.
        total = max(each.repositories + each.manifests, 1)
        done = each.repositories_done + each.manifests_done
        table.add_row(
            one_line(each.registry),
            ProgressBar(total=total, completed=done, width=30),
            f"{each.repositories_done}/{each.repositories} repositories",
            count(each.tags, "tag"),
            f"{each.manifests_done}/{each.manifests} manifests",
            count(len(each.failures), "failure") if each.failures else "",
        )
    return table
