"""`cleanbill rootfs`: what is installed in a directory that is the root of a system."""

from typing import Any

import click

from analyzers.inventory import View
from crawler.cli.misconfig import misconfig_options
from crawler.cli.options import Options, path_given
from crawler.cli.report_options import report_of, report_options
from crawler.cli.trees import run_tree, walk_options, walked
from reports import FORMATS


@click.command("rootfs", short_help="Scan the root directory of a system.")
@click.argument("path", callback=path_given)
@walk_options
@misconfig_options
@report_options(*FORMATS)
@click.pass_obj
def COMMAND(options: Options, /, *, path: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan the directory PATH, the root of a system, for what is installed there.

    Symbolic links are not followed.

    Example: cleanbill rootfs --severity HIGH,CRITICAL /mnt/system
    """
    files = walked(values, View.INSTALLED)
    return run_tree(options, path, View.INSTALLED, files, report_of(values))
