"""What report the user wants: the options of the commands that scan."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import msgspec

from analyzers.catalogue import PACKAGES
from analyzers.inventory import Scanner
from analyzers.severity import Severity
from crawler.cli.ignoring import ignore_options, ignorefile_options
from crawler.cli.options import INCOMPLETE, output_option
from crawler.scanners import SCANNERS, scanners_of
from reports.subject import Selection

SEVERITIES = tuple(severity.name for severity in Severity)
COMPLIANCE_FORMATS = ("table", "json")
ALL = "all"
NONE = "none"
SBOM_FORMATS = frozenset(("cyclonedx", "spdx", "spdx-json"))
"""Formats that list packages; findings are added to them only when they are asked for."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What report the user wants."""

    format: str
    output: str | None
    severities: frozenset[str]
    exit_code: int
    exit_incomplete: int = INCOMPLETE
    """When something could not be checked."""
    ignore_unfixed: bool = False
    scanners: tuple[str, ...] | None = None
    skip_db_update: bool = False
    offline_scan: bool = False
    pkg_types: frozenset[str] = frozenset(("os", "library"))
    pkg_relationships: frozenset[str] = frozenset()
    image_config_scanners: tuple[str, ...] = ()
    license_full: bool = False
    license_confidence_level: float = 0.9
    ignored_licenses: tuple[str, ...] = ()
    include_non_failures: bool = False
    secret_config: str = ""
    ignorefile: str | None = None
    vex: tuple[str, ...] = ()
    show_suppressed: bool = False
    config_check: tuple[str, ...] = ()
    misconfig_scanners: tuple[str, ...] = ()
    helm_values: tuple[str, ...] = ()
    helm_set: tuple[str, ...] = ()
    compliance: str = ""
    """As --compliance; empty for a report of findings."""
    compliance_report: str = ALL
    include_dev_deps: bool = True
    """Left out is what a project is developed with; what is installed is, whatever for."""

    @property
    def vulnerabilities_asked(self) -> bool:
        """Whether findings are wanted: not for a plain SBOM, unless it is said."""
        if self.scanners is not None:
            return "vuln" in self.scanners
        return not (self.compliance or self.format in SBOM_FORMATS)

    @property
    def licenses_asked(self) -> bool:
        """Whether licences are findings; a bill of materials has those of packages in any case."""
        return "license" in (self.scanners or ())

    @property
    def looks_for(self) -> frozenset[Scanner]:
        """What is to be found; packages always are, and for a bill of materials their licences."""
        is_sbom = self.format in SBOM_FORMATS
        named = self.scanners
        if named is None:
            named = () if self.compliance or is_sbom else ("vuln", "secret")
        found = scanners_of((*named, "license") if is_sbom else named)
        return found | {Scanner.LICENSE_TEXT} if self.license_full and self.licenses_asked else found

    @property
    def looks_for_in_files(self) -> frozenset[Scanner]:
        """The same for files that nobody else asks about: without packages where they tell nothing."""
        named = self.scanners
        if self.compliance:
            named = ("misconfig", *(named or ()))
        needs_packages = named is None or self.format in SBOM_FORMATS or {"vuln", "license"} & {*named}
        looks_for = self.looks_for | scanners_of(("misconfig",) if self.compliance else ())
        return looks_for if needs_packages else looks_for - PACKAGES

    @property
    def fetch_advisories(self) -> bool:
        """Whether the feeds may be asked."""
        return not (self.skip_db_update or self.offline_scan)

    @property
    def selection(self) -> Selection:
        """The packages that are part of it."""
        return Selection(
            include_dev=self.include_dev_deps,
            os="os" in self.pkg_types,
            library="library" in self.pkg_types,
            relationships=self.pkg_relationships,
        )


def _some_of(*known: str) -> Callable[[click.Context, click.Parameter, str], frozenset[str]]:
    """Return a callback for a list with commas of these words."""

    def parse(_ctx: click.Context, _option: click.Parameter, value: str) -> frozenset[str]:
        named = frozenset(part.strip().lower() for part in value.split(",") if part.strip())
        if unknown := sorted(named - {*known}):
            raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(known)}")
        return named

    return parse


def _severities(_ctx: click.Context, _option: click.Parameter, value: str) -> frozenset[str]:
    named = frozenset(part.strip().upper() for part in value.split(",") if part.strip())
    if unknown := sorted(named - {*SEVERITIES}) or ([] if named else [value]):
        raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(SEVERITIES)}")
    return named


def _words(
    *known: str,
) -> Callable[[click.Context, click.Parameter, str | None], tuple[str, ...] | None]:
    """Return a callback for a list with commas, of these words if there are any; None stays None."""

    def parse(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
        if value is None:
            return None
        named = tuple(part.strip() for part in value.split(",") if part.strip())
        if known and (unknown := sorted({*named} - {*known})):
            raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(known)}")
        return named

    return parse


def _scanners(ctx: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value == NONE:
        return ()
    named = _words(*SCANNERS)(ctx, option, value)
    if named == ():  # more likely a variable that is not set than a wish
        raise click.BadParameter(f"empty: expected some of {','.join(SCANNERS)}, or {NONE}")
    return named


config_option = click.option(
    "--image-config-scanners",
    default="",
    callback=_words("misconfig", "secret"),
    metavar="LIST",
    help="What to look for in the image's configuration: misconfig, secret.",
)
"""For images only."""

_FOR_ALL = (
    output_option,
    click.option(
        "-s",
        "--severity",
        "severities",
        default=",".join(SEVERITIES),
        callback=_severities,
        metavar="LIST",
        help=f"Only some of {', '.join(SEVERITIES)}.  [default: all]",
    ),
    click.option(
        "--exit-code",
        type=click.IntRange(0, 255),
        default=0,
        show_default=True,
        metavar="N",
        help="Exit with N when there are findings.",
    ),
    click.option(
        "--exit-incomplete",
        type=click.IntRange(0, 255),
        default=INCOMPLETE,
        show_default=True,
        metavar="N",
        help="Exit with N when something could not be checked.",
    ),
    click.option(
        "--include-non-failures", is_flag=True, help="Also the checks of configurations that passed."
    ),
)
_FOR_PACKAGES = (
    click.option(
        "--pkg-types",
        default="os,library",
        show_default=True,
        callback=_some_of("os", "library"),
        metavar="LIST",
        help="Only packages of the operating system, or only others.",
    ),
    click.option(
        "--pkg-relationships",
        default="",
        callback=_some_of("unknown", "root", "workspace", "direct", "indirect"),
        metavar="LIST",
        help="Only packages that stand so to the project: root, workspace, direct, indirect, unknown.",
    ),
    click.option("--ignore-unfixed", is_flag=True, help="Only findings that have a fixed version."),
    click.option(
        "--scanners",
        callback=_scanners,
        metavar="LIST",
        help=f"Some of {','.join(SCANNERS)}, or {NONE}. [default: vuln,secret; for an SBOM none]",
    ),
    click.option("--license-full", is_flag=True, help="Also licences that texts and headers of files tell."),
    click.option(
        "--license-confidence-level",
        type=click.FloatRange(0, 1),
        default=0.9,
        show_default=True,
        metavar="0..1",
        help="How sure --license-full has to be.",
    ),
    click.option(
        "--ignored-licenses", default="", callback=_words(), metavar="LIST", help="Licences to leave out."
    ),
    click.option("--skip-db-update", is_flag=True, help="Use the advisories that are stored."),
    click.option("--offline-scan", is_flag=True, help="The same: ask nobody but what is scanned."),
)


def report_options(*formats: str) -> Callable[[_Command], _Command]:
    """Return what gives a command the options that `Report` is made of, its format one of these."""

    def given(command: _Command) -> _Command:
        return _with((_format(*formats), *_FOR_ALL, *_FOR_PACKAGES), ignore_options(command))

    return given


def outcome_options(command: _Command) -> _Command:
    """Give a command that judges nothing but configurations those of the options that concern it."""
    return _with((_format("table", "json"), *_FOR_ALL), ignorefile_options(command))


def _format(*names: str) -> Callable[[_Command], _Command]:
    return click.option(
        "-f",
        "--format",
        type=click.Choice(names),
        default="table",
        show_default=True,
        help="What the report looks like.",
    )


def _with(options: Sequence[Callable[[Any], Any]], command: _Command) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command


def report_of(values: Mapping[str, object]) -> Report:
    """Return the report asked for by the values of `report_options`, which may have others beside them.

    Raises:
        click.UsageError: they do not go together.
    """
    ask = msgspec.convert(dict(values), Report, strict=False)
    if not ask.compliance:
        return ask
    if ask.format not in COMPLIANCE_FORMATS:
        raise click.UsageError(f"--compliance with --format {ask.format}: expected table or json")
    # What an image is started with is most of what standards for images are about.
    return msgspec.structs.replace(ask, image_config_scanners=(*ask.image_config_scanners, "misconfig"))
