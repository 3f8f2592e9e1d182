"""What was found besides packages, as reports have it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from analyzers.contents import Contents, Placed
from analyzers.documents.wording import decoding_problem
from analyzers.inventory import License, Outcome, Problem, Scanner, Secret
from analyzers.licenses._copyright_path import package_of
from analyzers.severity import Severity
from reports.document import Component, Document, LicenseFinding, MisconfigurationFinding, SecretFinding

if TYPE_CHECKING:
    from analyzers.spdx.categories import Categories

_NO_LAYER = -1
_LOCKED_NODE = frozenset(("bun", "npm", "pnpm", "yarn"))
"""Kinds of packages whose lock files are of Node.js projects."""
_Installed = Mapping[tuple[str, str], Sequence[str]]
"""(folder with a lock file, "name@version") → licences."""


def secret_findings(found: Contents) -> tuple[SecretFinding, ...]:
    """Return the secrets, in their order."""
    return tuple(
        SecretFinding(
            secret=each.content,
            path=each.path,
            layer=each.layer,
            is_deleted=each.is_deleted,
            is_replaced=each.is_replaced,
        )
        for each in found.secrets
    )


def misconfiguration_findings(outcomes: Iterable[Placed[Outcome]]) -> tuple[MisconfigurationFinding, ...]:
    """Return what checks say, with what is to be known of each check, by path and place."""
    placed = sorted(outcomes, key=lambda each: (each.path, each.content.start_line, each.content.check))
    return tuple(_misconfiguration(each.content, each.path, each.layer) for each in placed)


def _misconfiguration(outcome: Outcome, path: str, layer: int) -> MisconfigurationFinding:
    from analyzers.checks.catalogue import checks  # noqa: PLC0415 - only where something was checked
    from analyzers.checks.own import by_id  # noqa: PLC0415 - as above

    check = checks().get(outcome.check) or by_id().get(outcome.check)
    return MisconfigurationFinding(
        outcome=outcome,
        # One of an older version, maybe, that has no such check any more.
        title=check.title if check else outcome.check,
        severity=check.severity if check else Severity.UNKNOWN,
        description=check.description if check else "",
        resolution=check.resolution if check else "",
        link=check.link if check else "",
        provider=check.provider if check else "",
        service=check.service if check else "",
        path=path,
        layer=layer,
    )


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What an image's configuration holds, and how it is shown."""

    secrets: tuple[SecretFinding, ...] = ()
    misconfigurations: tuple[MisconfigurationFinding, ...] = ()
    problems: tuple[Problem, ...] = ()
    shown: bytes
    """The configuration, with stars over the secrets that were found in it."""
    starred: Callable[[str], str] = str
    """Writes the same stars in a text that is taken from it, such as a command of its history."""


def of_configuration(config: bytes, scanners: Iterable[Scanner], secret_config: bytes = b"") -> Configuration:
    """Return what an image's configuration holds of these sorts; a broken one is a Problem."""
    wanted = frozenset(scanners)
    if not wanted:
        return Configuration(shown=config)
    try:
        document = msgspec.json.decode(config, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Configuration(
            shown=config, problems=(Problem("", f"image configuration: {decoding_problem(error)}"),)
        )
    made = _with_secrets(config, document, secret_config) if Scanner.SECRET in wanted else None
    found = made or Configuration(shown=config)
    if Scanner.MISCONFIG not in wanted:
        return found
    from analyzers.misconfig._image_config import judge_image_config  # noqa: PLC0415 - when asked for

    outcomes = (_starred_outcome(each, found.starred) for each in judge_image_config(document))
    judged = tuple(_misconfiguration(each, "", _NO_LAYER) for each in outcomes)
    return msgspec.structs.replace(found, misconfigurations=judged)


def _with_secrets(config: bytes, document: Mapping[str, object], secret_config: bytes) -> Configuration:
    from analyzers.secrets._configured import scanner  # noqa: PLC0415 - when asked for
    from analyzers.secrets._image_config import examine_image_config, starred  # noqa: PLC0415 - as above

    own = scanner(secret_config) if secret_config else None
    found = examine_image_config(document, own)
    problems = [
        Problem("", f"image configuration: {each.reason}") for each in found if isinstance(each, Problem)
    ]
    if not found:
        return Configuration(shown=config)
    hide = starred(document, own)
    shown = b"{}"
    try:
        shown = msgspec.json.encode(_starred_value(document, hide))
    except RecursionError:
        problems.append(Problem("", "image configuration: nested too deep to be shown without its secrets"))
    return Configuration(
        secrets=tuple(
            SecretFinding(secret=each, path="", layer=_NO_LAYER) for each in found if isinstance(each, Secret)
        ),
        problems=tuple(problems),
        shown=shown,
        starred=hide,
    )


def _starred_value(value: object, hide: Callable[[str], str]) -> object:
    match value:
        case str():
            return hide(value)
        case dict():
            return {key: _starred_value(each, hide) for key, each in value.items()}
        case list():
            return [_starred_value(each, hide) for each in value]
    return value


def _starred_outcome(outcome: Outcome, hide: Callable[[str], str]) -> Outcome:
    code = tuple(msgspec.structs.replace(line, content=hide(line.content)) for line in outcome.code)
    return msgspec.structs.replace(outcome, message=hide(outcome.message), code=code)


def with_licenses(components: Sequence[Component], found: Contents) -> tuple[Component, ...]:
    """Return the packages with the licences that files of theirs tell.

    Those of Debian where they name none themselves; Node.js's with what they name otherwise than their lock.
    """
    told: dict[str, list[str]] = {}
    for each in found.licenses:
        if package := package_of(each.path):
            told.setdefault(package, []).append(each.content.name)
    told = _of_sources(components, told) | told
    installed = _installed(components, [each for each in found.licenses if each.content.package])
    if not (told or installed):
        return tuple(components)
    return tuple(_with_license(each, told, installed) for each in components)


def _installed(components: Sequence[Component], licenses: Sequence[Placed[License]]) -> _Installed:
    """Return what is installed beside and below each lock file of a Node.js project."""
    found: dict[tuple[str, str], list[str]] = {}
    locks = {_folder(each.path) for each in components if each.package.kind in _LOCKED_NODE}
    for each in licenses:
        folder = each.path
        while folder:
            folder = _folder(folder)
            if folder in locks:
                found.setdefault((folder, each.content.package), []).append(each.content.name)
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _of_sources(components: Sequence[Component], told: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what Debian's packages without a file of their own have: it links to one of the same source."""
    packages = [each.package for each in components if each.package.kind == "dpkg"]
    sources = {each.source_name or each.name: told[each.name] for each in packages if each.name in told}
    return {each.name: sources.get(each.source_name or each.name, []) for each in packages}


def _with_license(
    component: Component,
    told: Mapping[str, Sequence[str]],
    installed: _Installed,
) -> Component:
    package = component.package
    names: Sequence[str] = ()
    if package.kind in _LOCKED_NODE:
        names = _of_installed(component, installed)
    elif package.kind == "dpkg" and not package.licenses:
        names = tuple(dict.fromkeys(told.get(package.name, ())))
    if not names:
        return component
    licenses = (*package.licenses, *names)
    return msgspec.structs.replace(component, package=msgspec.structs.replace(package, licenses=licenses))


def _of_installed(component: Component, installed: _Installed) -> tuple[str, ...]:
    """Return what is installed says otherwise than the lock file: where they differ, both count."""
    from analyzers.spdx.expressions import normalise  # noqa: PLC0415 - when licences are asked for

    package = component.package
    names = installed.get((_folder(component.path), f"{package.name}@{package.version}"))
    if not names:
        return ()
    stated = normalise(package.licenses)
    return tuple(name for name in dict.fromkeys(names) if name not in stated)


def without_license(document: Document) -> tuple[Component, ...]:
    """Return the packages of which no licence is known; none of them when nobody asked for licences."""
    if Scanner.LICENSE not in document.scanners:
        return ()
    from analyzers.spdx.expressions import normalise  # noqa: PLC0415 - when licences are asked for

    return tuple(each for each in document.components if not normalise(each.package.licenses))


def license_findings(
    components: Sequence[Component], found: Contents, classes: Mapping[str, tuple[str, ...]]
) -> tuple[LicenseFinding, ...]:
    """Return the licences of packages, and those of files that are no package's.

    Args:
        components: the packages, see `with_licenses`.
        found: the rest.
        classes: names of classes, and licences that are in these rather than in their usual ones.
    """
    categories = categories_of(classes)
    return tuple(_judged(each, categories) for each in stated_licenses(components, found))


class StatedLicense(msgspec.Struct, frozen=True):
    """A licence of a package or file, whatever one thinks of it."""

    name: str
    """SPDX expression."""
    path: str
    layer: int
    package: str = ""
    """Name of the package; empty for a file's own."""
    kind: str = ""
    confidence: float = 1.0


def stated_licenses(components: Iterable[Component], found: Contents) -> tuple[StatedLicense, ...]:
    """Return the licences of packages, and those of files that are no package's; see `license_findings`."""
    from analyzers.spdx.expressions import normalise  # noqa: PLC0415 - when licences are asked for

    packages = (
        StatedLicense(name, each.path, each.layer, each.package.name, each.package.kind)
        for each in components
        for name in normalise(each.package.licenses)
    )
    files = (
        StatedLicense(each.content.name, each.path, each.layer, confidence=each.content.confidence)
        for each in found.licenses
        if not (each.content.package or package_of(each.path))
    )
    return (*dict.fromkeys(packages), *files)


def _judged(stated: StatedLicense, categories: "Categories") -> LicenseFinding:
    from analyzers.spdx.categories import judge  # noqa: PLC0415 - when licences are asked for

    category, severity = judge(stated.name, categories)
    return LicenseFinding(
        name=stated.name,
        category=category.value,
        severity=severity,
        package=stated.package,
        kind=stated.kind,
        path=stated.path,
        layer=stated.layer,
        confidence=stated.confidence,
    )


def categories_of(classes: Mapping[str, tuple[str, ...]]) -> "Categories":
    """Return the usual classes of licences with some in others; class → licences."""
    from analyzers.spdx.categories import DEFAULT, Category  # noqa: PLC0415 - when licences are asked for

    return DEFAULT.changed({Category(name): own for name, own in classes.items()}) if classes else DEFAULT
