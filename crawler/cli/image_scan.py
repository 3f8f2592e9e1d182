"""The scan of one image: from wherever it is to the report."""

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from config.settings import Settings
from crawler import clock
from crawler.cli.ignoring import ATTACHED
from crawler.cli.image import DEFAULT_PLATFORM, Ask
from crawler.cli.misconfig import misconfig_search
from crawler.cli.options import Options
from crawler.cli.registries import registry_for
from crawler.cli.report_options import Report
from crawler.cli.running import remark, shown
from crawler.cli.scanning import get_ready, report
from crawler.engine import Engine, open_engine
from crawler.registry.errors import InvalidReferenceError, NotFoundError, RegistryError
from crawler.sources import Found, Opener, Wanted, chain
from crawler.sources.platforms import suits
from crawler.targets.image import ALL_PLATFORMS, INDEX, chosen, wanted
from crawler.worker_process import WorkerProcess
from reports.subject import Subject
from store import images


async def scan(options: Options, ask: Ask, wanted_report: Report, early: WorkerProcess) -> int:
    """Scan and report; return the exit code. Raises the errors that `run` explains."""
    settings = options.settings()
    async with open_engine(
        settings,
        options.cache_dir,
        early=early,
        scanners=wanted_report.looks_for,
        secret_config=wanted_report.secret_config,
        misconfig=await misconfig_search(wanted_report),
    ) as engine:
        async with _opened(settings, options, ask) as (found, subject):
            described = found.described or await found.source.describe(found.reference)
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.to_thread(get_ready, wanted_report))
                digests, failures = await learn(
                    engine, msgspec.structs.replace(found, described=described), ask
                )
            subjects = [_subject(subject, digest, str(described.digest)) for digest in digests]
            if ATTACHED in wanted_report.vex:
                from crawler.cli.attached import with_attached  # noqa: PLC0415 - most scans ask for none

                subjects = await with_attached(subjects, found)
        codes = [wanted_report.exit_incomplete] if failures else []
        for each in subjects:
            document, code = await report(engine, settings, options, each, wanted_report)
            codes.append(code)
    for failure in failures:
        remark(options, failure)
    # What a daemon has is what somebody there runs, whatever its platform.
    from_daemon = ask.input is None and not subject.repository
    if ask.platform is None and not from_daemon and not _fits(document.platform):
        remark(options, f"the image is for {document.platform}; there is none for {DEFAULT_PLATFORM}")
    threshold = wanted_report.exit_code
    return threshold if threshold and threshold in codes else max(codes)


def _subject(subject: Subject, digest: str, described: str) -> Subject:
    return msgspec.structs.replace(
        subject, digest=digest, index_digest=described if described != digest else ""
    )


def _fits(platform: str) -> bool:
    return not platform or wanted(platform, (DEFAULT_PLATFORM,))


@contextlib.asynccontextmanager
async def _opened(settings: Settings, options: Options, ask: Ask) -> AsyncIterator[tuple[Found, Subject]]:
    """Give the image where it was found, and what the report calls it."""
    subject = Subject(name=shown(ask.shown), digest="", now=clock.now())
    if ask.input is not None:
        from crawler.sources.archives import open_input, split_input  # noqa: PLC0415 - one source is enough

        path, inside = split_input(ask.input)
        with contextlib.ExitStack() as opened:
            with _named_in_errors(path):
                source = await asyncio.to_thread(opened.enter_context, open_input(path, options.cache_dir))
                described = await source.describe(inside)
            yield Found(source=source, reference=inside, described=described), subject
        return
    async with contextlib.AsyncExitStack() as entered:
        with _may_be_an_input(ask.shown):
            image = Wanted(
                name=ask.shown,
                reference=chain.parse_name(ask.shown),
                platform=ask.insists,
                folder=options.cache_dir,
            )
            sources = chain.open_first(_openers(settings, ask), image)
            name, found, missed = await entered.enter_async_context(sources)
        for other, error in missed.items():
            if ask.image_src or options.debug:
                remark(options, f"{other}: {error}")
        yield found, _named(subject, image, name)


@contextlib.contextmanager
def _may_be_an_input(name: str) -> Iterator[None]:
    """Let errors tell how a file or a layout of this name is scanned, where there is one."""
    try:
        yield
    except (InvalidReferenceError, NotFoundError) as error:
        from crawler.sources.archives import split_input  # noqa: PLC0415 - most names are those of images

        path = os.fspath(split_input(name)[0])
        if not any(map(os.path.isfile, (path, os.path.join(path, "index.json")))):  # noqa: PTH118 - names too long
            raise
        hint = f"`cleanbill image --input {shown(name)}` scans the file or folder of this name"
        raise type(error)(f"{error}; {hint}") from error


@contextlib.contextmanager
def _named_in_errors(path: Path) -> Iterator[None]:
    """Let errors tell the option, and the path where they do not begin with it."""
    try:
        yield
    except RegistryError as error:
        place = "" if str(error).startswith(str(path)) else f"{path}: "
        kind = InvalidReferenceError if isinstance(error, InvalidReferenceError) else RegistryError
        raise kind(f"--input {place}{error}") from error


def _named(subject: Subject, image: Wanted, source: str) -> Subject:
    """Return the subject with the image's name; a repository has the manifest only when it gave it."""
    reference = image.reference
    if reference is None:
        return subject
    if source != "remote":
        return msgspec.structs.replace(subject, tags=(image.name,) if reference.tag else ())
    return msgspec.structs.replace(
        subject,
        repository=f"{reference.registry}/{reference.repository}",
        tags=(reference.tag,) if reference.tag else (),
    )


def _openers(settings: Settings, ask: Ask) -> Mapping[str, Opener]:
    """Return the openers that are wanted, in order."""
    openers: dict[str, Opener] = {
        "docker": functools.partial(_docker, host=ask.docker_host),
        "containerd": _containerd,
        "podman": functools.partial(_podman, host=ask.podman_host),
        "remote": functools.partial(_remote, settings=settings, insecure=ask.insecure),
    }
    return {name: openers[name] for name in ask.image_src or chain.NAMES}


def _docker(image: Wanted, *, host: str) -> contextlib.AbstractAsyncContextManager[Found]:
    from crawler.sources.docker import open_docker  # noqa: PLC0415 - one source is enough

    return open_docker(image, environ=os.environ, host=host)


def _containerd(image: Wanted) -> contextlib.AbstractAsyncContextManager[Found]:
    from crawler.sources.containerd import open_containerd  # noqa: PLC0415 - one source is enough

    return open_containerd(image, environ=os.environ)


def _podman(image: Wanted, *, host: str) -> contextlib.AbstractAsyncContextManager[Found]:
    from crawler.sources.podman import open_podman  # noqa: PLC0415 - one source is enough

    return open_podman(image, environ=os.environ, host=host)


@contextlib.asynccontextmanager
async def _remote(image: Wanted, *, settings: Settings, insecure: bool) -> AsyncIterator[Found]:
    reference = image.reference
    if reference is None:
        raise NotFoundError("an image id, which no registry knows")
    from crawler.clients import client_of  # noqa: PLC0415 - aiohttp takes its time
    from crawler.sources.remote import RemoteSource  # noqa: PLC0415 - as above

    async with client_of(registry_for(settings, reference.registry, insecure=insecure)) as client:
        source = RemoteSource(client, reference.repository)
        described = await source.describe(reference.target)
        yield Found(source=source, reference=reference.target, described=described)


async def learn(engine: Engine, found: Found, ask: Ask) -> tuple[list[str], list[str]]:
    """Make sure that the store knows what the image holds.

    Returns:
        The digests of the manifests, one unless all platforms are wanted; and why others could not be read.

    Raises:
        RegistryError: there is no image, or none can be read.
    """
    described = found.described or await found.source.describe(found.reference)
    platforms = (ask.platform or DEFAULT_PLATFORM,)
    async with engine.store.transaction() as tx:
        await images.add_manifest(tx, described.digest, described.media_type, described.size)
    await engine.images.learn(found.source, described.digest, platforms, again=True, or_all=False)
    digests = await _chosen(engine, described.digest, platforms, ask)
    states = await images.manifest_states(engine.store.read, digests)
    analysed = [digest for digest in digests if states[digest].state == "analysed"]
    failures = [
        f"{ask.shown}: not an image but a {state.reason}"
        if state.state == "not_an_image"
        else f"{ask.shown}: {state.reason}"
        for state in map(states.__getitem__, digests)
        if state.state != "analysed"
    ]
    if not analysed:
        raise RegistryError(failures[0])
    await _check_platform(engine, analysed, ask)
    return analysed, failures


async def _chosen(engine: Engine, digest: str, platforms: Sequence[str], ask: Ask) -> list[str]:
    """Return the manifest itself, or those of an index that are wanted."""
    children = await images.index_children(engine.store.read, digest)
    states = await images.manifest_states(engine.store.read, children)
    held = {child: platform for child, platform in children.items() if states[child].reason != INDEX}
    if not held:
        return [digest]
    picked = chosen(held, platforms)
    if len(exact := [child for child in picked if held[child] in platforms]) == 1:
        picked = exact
    if len(picked) > 1 and ask.platform != ALL_PLATFORMS:
        fitting = any(wanted(held[child], platforms) for child in picked)
        raise NotFoundError(
            f"{ask.shown}: {f'{len(picked)} images' if fitting else 'no image'} for {platforms[0]!r} "
            f"in the index; it holds {', '.join(sorted(held.values()))}"
        )
    return picked


async def _check_platform(engine: Engine, digests: Sequence[str], ask: Ask) -> None:
    """Raise NotFoundError when the one image there is for another platform than the one insisted on."""
    for digest in digests if ask.insists else ():
        platform = (await images.image_row(engine.store.read, digest)).platform
        if not suits(platform, ask.insists):
            raise NotFoundError(f"{ask.shown}: the image is for {platform}; there is none for {ask.insists}")
