"""`cleanbill config`: what is wrong with the configuration files of a directory."""

from typing import Any

import click

from analyzers.inventory import View
from crawler.cli.misconfig import misconfig_options
from crawler.cli.options import Options, path_given
from crawler.cli.report_options import outcome_options, report_of
from crawler.cli.trees import run_tree, walk_options, walked


@click.command("config", short_help="Scan configuration files.")
@click.argument("path", callback=path_given)
@walk_options
@misconfig_options
@outcome_options
@click.pass_obj
def COMMAND(options: Options, /, *, path: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan the directory or file PATH for what is wrong with its Dockerfiles, manifests and templates.

    Read are Dockerfiles, Kubernetes manifests, Helm charts, Terraform, CloudFormation, Azure templates,
    Compose files and GitHub workflows. `cleanbill config check` checks Cleanbill's own settings.

    Example: cleanbill config --misconfig-scanners dockerfile,kubernetes .
    """
    files = walked(values, View.DECLARED)
    ask = report_of({**values, "scanners": ("misconfig",)})
    return run_tree(options, path, View.DECLARED, files, ask)
