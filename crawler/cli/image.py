"""`cleanbill image`: one image from a registry or a file, its packages and what is known against them."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import click
import msgspec

from config.settings import Settings
from crawler import clock
from crawler.cli.options import Options, checked_platforms
from crawler.cli.registries import registry_for
from crawler.cli.running import remark, run
from crawler.cli.scanning import Report, report, report_of, report_options
from crawler.engine import Engine, open_engine
from crawler.registry.errors import NotFoundError, RegistryError
from crawler.registry.reference import parse_reference
from crawler.sources import ImageSource
from crawler.targets.image import chosen, wanted
from reports.assemble import Subject
from store import images

DEFAULT_PLATFORM = "linux/amd64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which image the user wants."""

    name: str | None
    input: str | None
    platform: str
    insecure: bool


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
@click.option("--insecure", is_flag=True, help="Permit plain http to the registry.")
@report_options
@click.pass_obj
def COMMAND(options: Options, /, **values: object) -> int:  # noqa: N802 - the name by which the group finds it
    """Scan one image: NAME[:TAG|@DIGEST] in a registry, or an OCI image layout.

    The image is read once; after that its packages are known, and only advisories are looked at again.
    """
    ask = msgspec.convert(values, Ask)
    if (ask.name is None) == (ask.input is None):
        raise click.UsageError("expected either the NAME of an image or --input PATH")
    return run(options, scan(options, ask, report_of(values)))


async def scan(options: Options, ask: Ask, wanted_report: Report) -> int:
    """Scan and report; return the exit code. Raises the errors that `run` explains."""
    settings = options.settings()
    async with open_engine(settings, options.cache_dir) as engine:
        async with _opened(settings, ask) as (source, reference, subject):
            digest = await learn(engine, source, reference, ask)
        subject = msgspec.structs.replace(subject, digest=digest)
        document, code = await report(engine, settings, options, subject, wanted_report)
    if document.platform and not wanted(document.platform, (ask.platform,)):
        remark(options, f"the image is for {document.platform}; there is none for {ask.platform}")
    return code


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
