"""`cleanbill image`: one image from a daemon, a registry or a file, and what is known against it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
import msgspec

from crawler.cli.misconfig import misconfig_options
from crawler.cli.options import Options, checked_platforms, path_given
from crawler.cli.report_options import config_option, report_of, report_options
from crawler.cli.running import run
from crawler.sources import chain
from crawler.targets.image import ALL_PLATFORMS
from crawler.worker_process import early_worker
from reports import FORMATS

DEFAULT_PLATFORM = "linux/amd64"

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Which image the user wants."""

    name: str | None = None
    input: str | None = None
    image_src: tuple[str, ...]
    """Empty for the default order."""
    docker_host: str
    podman_host: str
    platform: str | None
    insecure: bool

    @property
    def shown(self) -> str:
        """What the user calls it."""
        return self.name or self.input or ""

    @property
    def insists(self) -> str:
        """The platform that alone will do; empty when any will, or all are wanted."""
        return "" if self.platform in {None, ALL_PLATFORMS} else str(self.platform)


def _sources(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    named = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    if unknown := [name for name in named if name not in chain.NAMES]:
        raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(chain.NAMES)}")
    if not named:
        raise click.BadParameter(f"expected some of {','.join(chain.NAMES)}")
    return named


def _host(_ctx: click.Context, _option: click.Parameter, value: str) -> str:
    from crawler.sources.daemon_endpoint import is_host  # noqa: PLC0415 - only when it is given

    if value and not is_host(value):
        raise click.BadParameter(f"{value!r}: expected unix://PATH or tcp://HOST:PORT")
    return value


def _platform(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    return value if value in {None, ALL_PLATFORMS} else str(checked_platforms(ctx, option, value or ""))


_OPTIONS = (
    click.option(
        "--image-src",
        callback=_sources,
        metavar="LIST",
        help=f"Where to look for the name, in order. [default: {','.join(chain.NAMES)}]",
    ),
    click.option(
        "--docker-host",
        default="",
        callback=_host,
        metavar="URL",
        help="Docker's unix:// or tcp:// address.",
    ),
    click.option(
        "--podman-host",
        default="",
        callback=_host,
        metavar="URL",
        help="Podman's unix:// or tcp:// address.",
    ),
    click.option(
        "--platform",
        callback=_platform,
        metavar="OS/ARCH",
        help=f"Which image of several, or all.  [default: {DEFAULT_PLATFORM} of a registry, any of a daemon]",
    ),
    click.option(
        "--insecure",
        is_flag=True,
        help="Permit plain http to the registry; a certificate is checked all the same.",
    ),
)


def image_options(command: _Command) -> _Command:
    """Give a command the options that `Ask` is made of, but for the name and --input."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("image", short_help="Scan one image.")
@click.argument("name", required=False)
@click.option(
    "--input",
    callback=path_given,
    metavar="PATH[:TAG|@DIGEST]",
    help="Instead of a name: an OCI image layout, or an archive of one or of docker save.",
)
@image_options
@config_option
@misconfig_options
@report_options(*FORMATS)
@click.pass_obj
def COMMAND(options: Options, /, **values: object) -> int:  # noqa: N802 - the name by which the group finds it
    """Scan one image: NAME[:TAG|@DIGEST] in a daemon or a registry, or what a file or folder holds.

    Docker, containerd, Podman and the registry are asked in this order; the first that has the image gives
    it. The image is read once; after that its packages are known, and only advisories are looked at again.

    Examples: cleanbill image alpine:3.20, cleanbill image --severity HIGH,CRITICAL --exit-code 1 team/app:1.0
    """
    return scan_image(options, values)


def scan_image(options: Options, values: Mapping[str, object]) -> int:
    """Scan and report as the values of the options say; return the exit code. Raises click.UsageError."""
    ask, wanted_report = msgspec.convert(dict(values), Ask), report_of(values)
    if (ask.name is None) == (ask.input is None):
        raise click.UsageError("expected either the NAME of an image or --input PATH")
    if ask.name is not None and not ask.name.strip():
        raise click.UsageError(f"{ask.name!r}: expected the NAME of an image, such as alpine:3.20")
    if ask.platform == ALL_PLATFORMS and wanted_report.output is not None:
        raise click.UsageError(
            "--platform all makes a report of each image: expected one platform to --output"
        )
    with early_worker() as worker:
        from crawler.cli.image_scan import scan  # noqa: PLC0415 - while the worker gets ready

        return run(options, scan(options, ask, wanted_report, worker))
