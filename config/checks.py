"""What no single value can tell: settings that contradict each other."""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from config.addresses import is_loopback
from config.settings import Licenses, Policy, Registry, Settings, Webhook
from config.units import is_glob

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

_PREFIX = "whsec_"
NOT_DECODABLE = "the value is no Standard Webhooks secret: expected base64, with 'whsec_' before it or not"


def problems(settings: Settings) -> Iterator[Problem]:
    """Yield place and sentence of each contradiction, of each file that is not there, of unknown licences."""
    if settings.crawl.secret_config and not Path(settings.crawl.secret_config).is_file():
        yield ("crawl", "secret_config"), f"{settings.crawl.secret_config!r} is not a file"
    if settings.store.path and settings.store.path.is_dir():
        yield ("store", "url"), f"{str(settings.store.path)!r} is a directory, expected a file in one"
    yield from _license_problems(settings.licenses)
    for index, registry in enumerate(settings.registries):
        for key, sentence in _registry_problems(registry):
            yield ("registries", index, key), sentence
    for index, webhook in enumerate(settings.webhooks):
        for key, sentence in _webhook_problems(webhook):
            yield ("webhooks", index, key), sentence
    for index, policy in enumerate(settings.policies):
        for place, sentence in _policy_problems(policy):
            yield ("policies", index, *place), sentence
    yield from _repeated("registries", "url", [registry.url for registry in settings.registries])
    yield from _repeated("webhooks", "name", [webhook.name for webhook in settings.webhooks])


def _registry_problems(registry: Registry) -> Iterator[tuple[str, str]]:
    parts = urlsplit(registry.url)
    if parts.scheme == "http" and not registry.insecure and not is_loopback(parts.hostname or ""):
        yield "url", f"{registry.url!r} is not encrypted: expected https, or insecure = true beside it"
    if registry.password and registry.password_file:
        yield "password_file", "password is given too: expected one of them"
    if (registry.password or registry.password_file) and not registry.username:
        yield "username", "missing beside a password"
    if registry.username and not registry.password and not registry.password_file:
        yield "password_file", "missing beside username"
    if registry.client_key and not registry.client_cert:
        yield "client_cert", "missing beside client_key"
    if registry.kind == "list":
        globs = [name for name in registry.repositories if is_glob(name)]
        if globs or not registry.repositories:
            fault = f"{globs[0]!r} is a glob" if globs else "empty"
            yield "repositories", f"{fault}: kind 'list' expects the names of repositories"
    for key in ("ca_file", "client_cert", "client_key"):
        path = getattr(registry, key)
        if path and not Path(path).is_file():
            yield key, f"{path!r} is not a file"


def _webhook_problems(webhook: Webhook) -> Iterator[tuple[str, str]]:
    if webhook.secret and webhook.secret_file:
        yield "secret_file", "secret is given too: expected one of them"
    if webhook.secret and not is_webhook_secret(webhook.secret):
        yield "secret", NOT_DECODABLE


def _policy_problems(policy: Policy) -> Iterator[Problem]:
    from analyzers.errors import ParseError  # noqa: PLC0415 -- most settings have no policies
    from analyzers.ignore.globs import compiled  # noqa: PLC0415 -- as above
    from analyzers.ignore.naming import parsed  # noqa: PLC0415 -- as above

    if not policy.ids:
        yield ("ids",), "empty: expected ids of findings, or '*' with something that narrows it"
    for number, id_ in enumerate(policy.ids):
        if not id_.strip():
            yield ("ids", number), f"{id_!r}: expected the id of a finding"
    is_narrow = policy.paths or policy.purls or policy.severities or "*" not in policy.repositories
    if "*" in policy.ids and not is_narrow:
        yield ("ids",), "'*' alone: expected paths, purls, severities or repositories beside it"
    for number, path in enumerate(policy.paths):
        try:
            compiled(path)
        except ParseError as error:
            yield ("paths", number), str(error)
    for number, purl in enumerate(policy.purls):
        if parsed(purl) is None:
            yield ("purls", number), f"{purl!r:.200}: expected a package URL, such as pkg:npm/lodash"
    if not policy.repositories:
        yield ("repositories",), "empty: expected globs, or '*' for all"


def _license_problems(licenses: Licenses) -> Iterator[Problem]:
    named = [(key, *entry) for key, names in licenses.classes.items() for entry in enumerate(names)]
    if not named:
        return
    from analyzers.spdx.categories import is_known  # noqa: PLC0415 -- most settings name no licences

    for key, number, name in named:
        if not is_known(name):
            expected = "an SPDX identifier, or LicenseRef-… for a licence that SPDX does not list"
            yield ("licenses", key, number), f"{name!r:.200}: expected {expected}"


def is_webhook_secret(secret: str) -> bool:
    """Say whether every receiver decodes this secret to the same bytes.

    Stricter than the standardwebhooks library, which drops letters outside the alphabet in silence.
    Spec: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    text = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        return bool(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        return False


def _repeated(section: str, key: str, values: list[str]) -> Iterator[Problem]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield (section, index, key), f"the same as in {section}[{values.index(value)}]: expected another"
