"""`cleanbill vm`: what is installed on the disk of a virtual machine."""

import os
from pathlib import Path
from typing import Any

import click

from analyzers.inventory import View
from crawler import clock
from crawler.cli.misconfig import misconfig_options, misconfig_search
from crawler.cli.options import Options, path_given
from crawler.cli.report_options import Report, report_of, report_options
from crawler.cli.running import remark, run, shown
from crawler.cli.scanning import report
from crawler.cli.trees import Walked, walk_options, walked
from crawler.engine import open_engine
from crawler.errors import ScanError
from crawler.targets.disk import learn_disk
from reports import FORMATS
from reports.document import ArtifactType
from reports.subject import Subject


@click.command("vm", short_help="Scan the disk image of a virtual machine.")
@click.argument("file", callback=path_given)
@walk_options
@misconfig_options
@report_options(*FORMATS)
@click.pass_obj
def COMMAND(options: Options, /, *, file: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan the disk image FILE, raw, QCOW2, VMDK, VHD, VHDX or OVA, for what is installed there.

    Nothing is mounted, and no other file is opened. Its ext2, ext3, ext4 and XFS file systems are read.

    Example: cleanbill vm disk.qcow2
    """
    files = walked(values, View.INSTALLED)
    return run(options, _scan(options, file, files, report_of(values)))


def _check(file: str) -> None:
    """Raise ScanError when there can be no disk: what reads disks knows nothing of where they are."""
    if os.path.isdir(file):  # noqa: PTH112 - pathlib raises for names that are too long
        raise ScanError(
            f"{file}: is a directory, expected the disk image of a virtual machine; "
            f"`cleanbill rootfs {file}` scans the root directory of a system"
        )
    if not os.path.exists(file):  # noqa: PTH110 - as above
        raise ScanError(f"{file}: no such file, expected the disk image of a virtual machine")


async def _scan(options: Options, file: str, files: Walked, ask: Report) -> int:
    _check(file)
    settings = options.settings()
    async with open_engine(
        settings,
        options.cache_dir,
        scanners=ask.looks_for_in_files,
        secret_config=ask.secret_config,
        misconfig=await misconfig_search(ask),
    ) as engine:
        digest, remarks = await learn_disk(engine, Path(file), skipped=files.skipped, patterns=files.patterns)
        for text in remarks:
            remark(options, f"{shown(file)}: {text}")
        subject = Subject(name=shown(file), digest=digest, now=clock.now(), artifact_type=ArtifactType.DISK)
        _, code = await report(engine, settings, options, subject, ask)
    return code
