"""`cleanbill sbom`: what is known against the packages of a bill of materials, or an image's own one."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from crawler import clock
from crawler.cli.image import image_options, scan_image
from crawler.cli.options import Options
from crawler.cli.report_options import SBOM_FORMATS, Report, report_of, report_options
from crawler.cli.running import remark, run, shown
from crawler.cli.scanning import report
from crawler.engine import open_engine
from crawler.targets.sbom import learn_sbom, names_of, package_names_of
from reports import FORMATS
from reports.document import ArtifactType
from reports.subject import Subject

_PATHS = ("/", "./", "../", "~")
_OF_PACKAGES = ("vuln", "license")
_ENDINGS = (".json", ".xml", ".spdx", ".cdx", ".intoto", ".jsonl")


@click.command("sbom", short_help="Scan a bill of materials, or write an image's.")
@click.argument("target", metavar="FILE|IMAGE")
@image_options
@report_options(*FORMATS)
@click.pass_context
def COMMAND(ctx: click.Context, /, *, target: str, **values: Any) -> int:  # noqa: ANN401, N802 - click's; the name by which the group finds it
    """Scan the packages that FILE lists: CycloneDX or SPDX, also within an in-toto statement.

    For an IMAGE write such a file: --format cyclonedx (the default there), spdx or spdx-json.

    Examples: cleanbill sbom bom.json, cleanbill sbom -o bom.json registry.example.com/team/app:1.0
    """
    options: Options = ctx.obj
    if os.path.exists(target) or target.startswith(_PATHS) or target.endswith(_ENDINGS):  # noqa: PTH110 - pathlib raises for names too long
        return run(options, _scan(options, target, report_of(_of_packages(values))))
    if ctx.get_parameter_source("format") is ParameterSource.DEFAULT:
        values["format"] = "cyclonedx"
    return scan_image(options, {**values, "name": target})


def _of_packages(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with the scanners that a list of packages is enough for."""
    named = values["scanners"]
    if named is None:
        return {**values, "scanners": None if values["format"] in SBOM_FORMATS else ("vuln",)}
    if others := [name for name in named if name not in _OF_PACKAGES]:
        raise click.BadParameter(
            f"{others[0]!r}: a bill of materials has packages only: expected {' or '.join(_OF_PACKAGES)}",
            param_hint="--scanners",
        )
    return dict(values)


async def _scan(options: Options, file: str, ask: Report) -> int:
    settings = options.settings()
    async with open_engine(settings, options.cache_dir) as engine:
        digest, sbom = await learn_sbom(engine.store, Path(file))
        for text in sbom.remarks:
            remark(options, f"{file}: {text}")
        artifact_type = (
            ArtifactType.CYCLONEDX if sbom.format.value.startswith("CycloneDX") else ArtifactType.SPDX
        )
        subject = Subject(
            name=shown(file),
            digest=digest,
            now=clock.now(),
            artifact_type=artifact_type,
            names=names_of(sbom),
            package_names=package_names_of(sbom),
        )
        _, code = await report(engine, settings, options, subject, ask)
    return code
