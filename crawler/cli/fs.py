"""`cleanbill fs`: what the lock files and manifests of a directory declare."""

from typing import Any

import click

from analyzers.inventory import View
from crawler.cli.misconfig import misconfig_options
from crawler.cli.options import Options, path_given
from crawler.cli.report_options import report_of, report_options
from crawler.cli.trees import dev_option, run_tree, walk_options, walked
from reports import FORMATS


@click.command("fs", short_help="Scan a directory of source files.")
@click.argument("path", callback=path_given)
@dev_option
@walk_options
@misconfig_options
@report_options(*FORMATS)
@click.pass_obj
def COMMAND(options: Options, /, *, path: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan the directory or file PATH for what its lock files and manifests say will be installed.

    Symbolic links are not followed; .gitignore has no say.

    Example: cleanbill fs --scanners vuln,secret,misconfig .
    """
    files = walked(values, View.DECLARED)
    return run_tree(options, path, View.DECLARED, files, report_of(values))
