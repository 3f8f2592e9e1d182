"""`cleanbill image`: one image from a registry or a file, its packages and what is known against them."""

import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

import click
import msgspec

from analyzers.severity import Severity
from config.settings import Settings
from crawler import clock
from crawler.cli.options import DONE, INCOMPLETE, Options, checked_platforms
from crawler.cli.registries import registry_for
from crawler.cli.running import context, remark, run, write
from crawler.engine import Engine, open_engine
from crawler.registry.errors import NotFoundError, RegistryError
from crawler.registry.reference import parse_reference
from crawler.sources import ImageSource
from crawler.targets.image import chosen, wanted
from reports import FORMATS, render
from reports.assemble import Subject, assemble
from reports.coverage import coverage_of
from reports.document import Document
from store import advisories, images, verdicts

DEFAULT_PLATFORM = "linux/amd64"
SEVERITIES = tuple(severity.name for severity in Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the user wants."""

    name: str | None
    input: str | None
    platform: str
    format: str
    output: str | None
    severities: frozenset[str]
    ignore_unfixed: bool
    exit_code: int
    scanners: tuple[str, ...] | None
    fetch_advisories: bool
    insecure: bool

    @property
    def vulnerabilities_asked(self) -> bool:
        """Whether findings are wanted: not for a plain SBOM, unless it is said."""
        return "vuln" in self.scanners if self.scanners is not None else self.format != "cyclonedx"


def _severities(_ctx: click.Context, _option: click.Parameter, value: str) -> frozenset[str]:
    named = frozenset(part.strip().upper() for part in value.split(",") if part.strip())
    if unknown := sorted(named - {*SEVERITIES}):
        raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(SEVERITIES)}")
    return named or frozenset(SEVERITIES)


def _scanners(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    named = tuple(part.strip() for part in value.split(",") if part.strip())
    if unknown := sorted({*named} - {"vuln"}):
        raise click.BadParameter(f"{unknown[0]!r}: expected vuln")
    return named


@click.command("image", short_help="Scan one image.")
@click.argument("name", required=False)
@click.option(
    "--input", metavar="PATH[:TAG|@DIGEST]", help="An OCI image layout directory instead of a name."
)
@click.option(
    "--platform",
    default=DEFAULT_PLATFORM,
    show_default=True,
    callback=checked_platforms,
    metavar="OS/ARCH",
    help="Which image of an index.",
)
@click.option("-f", "--format", type=click.Choice(list(FORMATS)), default="table", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write the report there instead of stdout.")
@click.option(
    "-s", "--severity", "severities", default="", callback=_severities, metavar="LIST", help="Only these."
)
@click.option("--ignore-unfixed", is_flag=True, help="Only findings that have a fixed version.")
@click.option(
    "--exit-code",
    type=click.IntRange(0, 255),
    default=0,
    metavar="N",
    help="Exit with N when there are findings.",
)
@click.option(
    "--scanners", callback=_scanners, metavar="LIST", help="vuln; default, but for an SBOM nothing."
)
@click.option("--skip-db-update", is_flag=True, help="Use the advisories that are stored.")
@click.option("--offline-scan", is_flag=True, help="The same: ask nobody but the registry.")
@click.option("--insecure", is_flag=True, help="Permit plain http to the registry.")
@click.pass_obj
def COMMAND(options: Options, /, *, skip_db_update: bool, offline_scan: bool, **values: object) -> int:  # noqa: N802 - the name by which the group finds it
    """Scan one image: NAME[:TAG|@DIGEST] in a registry, or an OCI image layout.

    The image is read once; after that its packages are known, and only advisories are looked at again.
    """
    fetch = not (skip_db_update or offline_scan)
    ask = msgspec.convert({**values, "fetch_advisories": fetch}, Ask, strict=False)
    if (ask.name is None) == (ask.input is None):
        raise click.UsageError("expected either the NAME of an image or --input PATH")
    return run(options, scan(options, ask))


async def scan(options: Options, ask: Ask) -> int:
    """Scan and report; return the exit code. Raises the errors that `run` explains."""
    settings = options.settings()
    async with open_engine(settings, options.cache_dir) as engine:
        async with _opened(settings, ask) as (source, reference, subject):
            digest = await learn(engine, source, reference, ask)
        if ask.vulnerabilities_asked:
            await _match(engine, settings, digest, options, ask)
        stale_before = clock.later(clock.now(), -settings.advisories.stale_after)
        subject = msgspec.structs.replace(
            subject,
            digest=digest,
            vulnerabilities_asked=ask.vulnerabilities_asked,
            stale_before=stale_before,
        )
        document = await assemble(engine.store.read, subject)
    if document.platform and not wanted(document.platform, (ask.platform,)):
        remark(options, f"the image is for {document.platform}; there is none for {ask.platform}")
    shown = _filtered(document, ask)
    write(render(shown, ask.format, context()), ask.output)
    if shown.findings and ask.exit_code:
        return ask.exit_code
    return INCOMPLETE if coverage_of(document).is_incomplete else DONE


@contextlib.asynccontextmanager
async def _opened(settings: Settings, ask: Ask) -> AsyncIterator[tuple[ImageSource, str, Subject]]:
    """Give the source, what to resolve there, and what the report calls it."""
    if ask.input is not None:
        from crawler.sources.oci_layout import OciLayout, split_input  # noqa: PLC0415 - one source is enough

        path, inside = split_input(ask.input)
        yield OciLayout(path), inside, Subject(name=ask.input, digest="", now=clock.now())
        return
    from crawler.clients import client_of  # noqa: PLC0415 - aiohttp takes its time
    from crawler.sources.remote import RemoteSource  # noqa: PLC0415 - as above

    reference = parse_reference(ask.name or "")
    registry = registry_for(settings, reference.registry, insecure=ask.insecure)
    async with client_of(registry) as client:
        subject = Subject(
            name=ask.name or "",
            digest="",
            now=clock.now(),
            repository=f"{reference.registry}/{reference.repository}",
            tags=(reference.tag,) if reference.tag else (),
        )
        yield RemoteSource(client, reference.repository), reference.target, subject


async def learn(engine: Engine, source: ImageSource, reference: str, ask: Ask) -> str:
    """Make sure that the store knows what the image holds; return the digest of its manifest.

    Raises:
        RegistryError: there is no image, or it cannot be read.
    """
    name = ask.name or ask.input
    described = await source.describe(reference)
    async with engine.store.transaction() as tx:
        await images.add_manifest(tx, described.digest, described.media_type, described.size)
    await engine.images.learn(source, described.digest, (ask.platform,), again=True)
    children = await images.index_children(engine.store.read, described.digest)
    wanted = chosen(children, (ask.platform,)) if children else [str(described.digest)]
    if children and len(wanted) != 1:
        held = ", ".join(sorted(children.values()))
        raise NotFoundError(f"{name}: no image for {ask.platform!r} in the index; it holds {held}")
    state = (await images.manifest_states(engine.store.read, wanted))[wanted[0]]
    match state.state:
        case "analysed":
            return wanted[0]
        case "not_an_image":
            raise RegistryError(f"{name}: not an image but a {state.reason}")
    raise RegistryError(f"{name}: {state.reason}")


async def _match(engine: Engine, settings: Settings, digest: str, options: Options, ask: Ask) -> None:
    """Give the image's packages verdicts, by advisories not older than the settings want them."""
    components = await images.components(engine.store.read, digest)
    feeds = {row.feed for row in components} - {""}
    due = await _due(engine, feeds, settings.advisories.every) if ask.fetch_advisories else []
    new = any(row.state in {"pending", "again"} for row in components)
    if not (due or new or await verdicts.is_behind(engine.store.read)):
        return
    from crawler import rematch  # noqa: PLC0415 - an image whose packages are all judged needs no matching
    from crawler.notify.endpoints import rules  # noqa: PLC0415 - as above

    if due:
        update = await rematch.update_advisories(
            engine.store, settings.advisories.osv.url, rules(settings), due
        )
        for outcome in update.feeds:
            if outcome.state != "ok":
                remark(options, f"advisories of {outcome.feed}: {outcome.reason}")
    else:
        await rematch.match_all(engine.store, rules(settings))


async def _due(engine: Engine, feeds: Collection[str], every_s: float) -> list[str]:
    limit = clock.later(clock.now(), -every_s)
    current = {feed.name: feed.current_at or "" for feed in await advisories.feeds(engine.store.read)}
    return sorted(feed for feed in feeds if current.get(feed, "") < limit)


def _filtered(document: Document, ask: Ask) -> Document:
    """Return the document with the findings that are asked for."""
    return msgspec.structs.replace(
        document,
        findings=tuple(
            each
            for each in document.findings
            if each.finding.rating.severity.name in ask.severities
            and (each.finding.fixed or not ask.ignore_unfixed)
        ),
    )
