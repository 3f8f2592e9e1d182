"""Packages that a Bottlerocket system was built from.

Format: https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-schema.html (AWS:Application,
whose fields the build of https://github.com/bottlerocket-os/bottlerocket writes into a file).
"""

from collections.abc import Iterator

import msgspec

from analyzers.documents.wording import decoding_problem
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View


class _Application(msgspec.Struct, rename="pascal"):
    name: str = ""
    publisher: str = ""
    version: str = ""
    release: str = ""
    epoch: str = ""
    architecture: str = ""


class _Inventory(msgspec.Struct, rename="pascal"):
    content: tuple[_Application, ...]


def parse(file: File) -> Iterator[Fact]:
    """Yield one Package per application; one without a name or a version becomes a Problem.

    Raises:
        ParseError: not JSON, or not an inventory.
    """
    try:
        inventory = msgspec.json.decode(file.data, type=_Inventory)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{file.path}: {decoding_problem(error)}") from error
    for number, one in enumerate(inventory.content):
        yield _package(one) or Problem(
            path=file.path,
            reason=f"Content[{number}]: name {one.name!r}, version {one.version!r}, expected both",
        )


def _package(one: _Application) -> Package | None:
    if not one.name or not one.version:
        return None
    version = f"{one.version}-{one.release}" if one.release else one.version
    return Package(
        kind="bottlerocket",
        name=one.name,
        version=f"{one.epoch}:{version}" if one.epoch.strip("0") else version,
        arch=one.architecture,
        maintainer=one.publisher,
    )


ANALYZER = Analyzer(
    id="os/bottlerocket",
    version=1,
    kinds=(Kind(name="bottlerocket", purl_type="generic", is_system=True),),
    views=frozenset(View),
    globs=("usr/share/bottlerocket/application-inventory.json",),
    parse=parse,
)
