"""`cleanbill repo`: what the lock files and manifests of a Git repository declare."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click
import msgspec

from analyzers.inventory import View
from crawler.cli.misconfig import misconfig_options, misconfig_search
from crawler.cli.options import Options, path_given
from crawler.cli.report_options import Report, report_of, report_options
from crawler.cli.running import run, shown
from crawler.cli.scanning import report
from crawler.cli.trees import Walked, dev_option, tree_subject, walk_options, walked
from crawler.engine import Engine, open_engine
from crawler.targets.repository import GitError, Wanted, fetched, is_bare, revision_of
from crawler.worker_process import WorkerProcess, early_worker
from reports import FORMATS
from reports.document import ArtifactType
from reports.subject import Subject

_OF_GIT = (b"# v", b"gitdir:")
"""How git's own files begin that stand for repositories."""
_BEGINNING = max(map(len, _OF_GIT))


@click.command("repo", short_help="Scan a Git repository.")
@click.argument("repository", metavar="URL|PATH", callback=path_given)
@click.option("--branch", default="", metavar="NAME", help="This branch instead of the default one.")
@click.option("--tag", default="", metavar="NAME", help="This tag.")
@click.option("--commit", default="", metavar="SHA", help="This commit.")
@dev_option
@walk_options
@misconfig_options
@report_options(*FORMATS)
@click.pass_obj
def COMMAND(options: Options, /, *, repository: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan one commit of a Git repository for what its lock files and manifests say will be installed.

    A repository on this machine is scanned as its files are now, unless a branch, tag or commit is named. Any
    other is fetched without its history, by the git program with your credentials (a helper's, an SSH
    agent's, GITHUB_TOKEN, GITLAB_TOKEN, or those in the URL), and removed again.

    Example: cleanbill repo --branch main https://git.example.com/team/app
    """
    wanted = Wanted(branch=values["branch"], tag=values["tag"], commit=values["commit"])
    if bool(wanted.branch) + bool(wanted.tag) + bool(wanted.commit) > 1:
        raise click.UsageError("expected at most one of --branch, --tag and --commit")
    files = walked(values, View.DECLARED)
    with early_worker() as early:
        return run(options, _scan(options, repository, wanted, files, report_of(values), early))


async def _scan(  # noqa: PLR0913, PLR0917 - where, what of it, and with what
    options: Options, repository: str, wanted: Wanted, files: Walked, ask: Report, early: WorkerProcess
) -> int:
    settings = options.settings()
    async with open_engine(
        settings,
        options.cache_dir,
        early=early,
        scanners=ask.looks_for_in_files,
        secret_config=ask.secret_config,
        misconfig=await misconfig_search(ask),
    ) as engine:
        subject = await _learn(engine, options, repository, wanted, files)
        _, code = await report(engine, settings, options, subject, ask)
    return code


async def _learn(engine: Engine, options: Options, repository: str, wanted: Wanted, files: Walked) -> Subject:
    path = Path(repository)
    if wanted == Wanted() and await asyncio.to_thread(_has_files, path):
        subject = await tree_subject(engine, path, repository, View.DECLARED, files)
        revision = await revision_of(path)
    else:
        await asyncio.to_thread(_check, repository)
        async with fetched(repository, wanted, options.cache_dir / "repositories") as (directory, revision):
            subject = await tree_subject(engine, directory, revision.url, View.DECLARED, files)
    return msgspec.structs.replace(subject, artifact_type=ArtifactType.REPOSITORY, revision=revision)


def _check(repository: str) -> None:
    """Raise GitError for a file that is neither a bundle nor leads to a repository: git says little of it."""
    if not os.path.isfile(repository):  # noqa: PTH113 - pathlib raises for names too long
        return
    with Path(repository).open("rb") as file:
        if not file.read(_BEGINNING).startswith(_OF_GIT):
            raise GitError(f"{shown(repository)}: is a file, expected a directory, a bundle of git or a URL")


def _has_files(path: Path) -> bool:
    return os.path.isdir(path) and not is_bare(path)  # noqa: PTH112 - pathlib raises for names too long
