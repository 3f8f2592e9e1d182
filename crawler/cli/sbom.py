"""`cleanbill sbom`: what is known against the packages of a bill of materials; or an image's own one."""

from pathlib import Path
from typing import Any

import click

from crawler import clock
from crawler.cli.options import Options
from crawler.cli.running import remark, run
from crawler.cli.scanning import Report, report, report_of, report_options
from crawler.engine import open_engine
from crawler.targets.sbom import learn_sbom
from reports.assemble import Subject
from reports.document import ArtifactType


@click.command("sbom", short_help="Scan a bill of materials.")
@click.argument("file")
@report_options
@click.pass_obj
def COMMAND(options: Options, /, *, file: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan the packages that FILE lists: CycloneDX or SPDX, also within an in-toto statement."""
    # What a list says is used for development is on the list.
    ask = report_of({**values, "include_dev_deps": True})
    return run(options, _scan(options, file, ask))


async def _scan(options: Options, file: str, ask: Report) -> int:
    settings = options.settings()
    async with open_engine(settings, options.cache_dir) as engine:
        digest, sbom = await learn_sbom(engine.store, Path(file))
        for text in sbom.remarks:
            remark(options, f"{file}: {text}")
        artifact_type = (
            ArtifactType.CYCLONEDX if sbom.format.value.startswith("CycloneDX") else ArtifactType.SPDX
        )
        subject = Subject(name=file, digest=digest, now=clock.now(), artifact_type=artifact_type)
        _, code = await report(engine, settings, options, subject, ask)
    return code
