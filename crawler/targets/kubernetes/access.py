"""How to reach a cluster's API, as kubectl would.

Reference: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
"""

import asyncio
import functools
import logging
import ssl
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import yaml

from analyzers.extras import needs_extra
from config.errors import ConfigError
from crawler.errors import ScanError
from crawler.targets.kubernetes.kubeconfig import fault_of

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds the login of its service account."""
EXTRA = "k8s"
"""Of our package: what installs the library."""
LOGIN_S = 120.0
"""How long a kubeconfig's login program or provider may take; some ask a person."""
_WORDS = 500
"""Characters of a foreign error that are shown."""
_UNUSABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RuntimeError)
"""What the library raises for files that are not what it expects, beside its own exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a cluster's API is, and what to show there."""

    cluster: str
    """Its name in the kubeconfig."""
    url: str
    proxy: str
    server_name: str
    """The name in its certificate, when it is not the URL's."""
    tls: ssl.SSLContext | None
    authorization: Callable[[], Awaitable[str]] = field(repr=False)
    """Gives the header's value; empty for none."""


async def find_access(
    *, kubeconfig: str, context: str, environ: Mapping[str, str], service_account: Path = SERVICE_ACCOUNT
) -> Access:
    """Return the way to a cluster.

    Args:
        kubeconfig: a file; empty for those of KUBECONFIG, or ~/.kube/config.
        context: of the kubeconfig; empty for its current one.
        environ: the environment.
        service_account: the folder of a pod's login, which counts when no kubeconfig is there or asked for.

    Raises:
        ScanError: the library is not installed.
        ConfigError: there is no such file or context, or nobody can log in by it.
    """
    library = await asyncio.to_thread(_library)
    configuration = library.client.Configuration()
    files = kubeconfig or environ.get("KUBECONFIG", "") or str(_home(environ) / ".kube" / "config")
    is_there = await asyncio.to_thread(_any_exists, files)
    in_cluster = environ.get("KUBERNETES_SERVICE_HOST") and not (kubeconfig or context or is_there)
    if in_cluster:
        cluster = await _of_pod(library, configuration, environ, service_account)
    elif is_there:
        cluster = await _of_file(library, configuration, files, context)
    else:
        raise ConfigError([f"{files}: no such kubeconfig; --kubeconfig or KUBECONFIG names one"])
    return Access(
        cluster=cluster,
        url=str(configuration.host).rstrip("/"),
        proxy=configuration.proxy or _environment_proxy(str(configuration.host)),
        server_name=configuration.tls_server_name or "",
        tls=await asyncio.to_thread(_tls, configuration),
        authorization=functools.partial(_authorization, configuration),
    )


def _library() -> ModuleType:
    try:
        import_module("kubernetes_asyncio.client")
        import_module("kubernetes_asyncio.config")
    except ImportError as error:
        raise ScanError(needs_extra("a cluster", EXTRA)) from error
    # It logs what it raises, and answers with secrets in them.
    logger = logging.getLogger("kubernetes_asyncio")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return import_module("kubernetes_asyncio")


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or "/")


def _any_exists(files: str) -> bool:
    return any(Path(name).expanduser().is_file() for name in files.split(":") if name)


async def _of_pod(
    library: ModuleType, configuration: object, environ: Mapping[str, str], folder: Path
) -> str:
    load = functools.partial(
        library.config.load_incluster_config,
        configuration,
        token_filename=str(folder / "token"),
        cert_filename=str(folder / "ca.crt"),
        environ=dict(environ),
    )
    try:
        await asyncio.to_thread(load)
    except (library.config.ConfigException, *_UNUSABLE) as error:
        raise ConfigError(
            [f"{folder}: cannot be used to log in to the cluster: {_sentence(error)}"]
        ) from error
    return "in-cluster"


async def _of_file(library: ModuleType, configuration: object, files: str, context: str) -> str:
    """Fill the configuration from a kubeconfig and return the cluster's name in it."""
    loading = library.config.load_kube_config(files, context or None, configuration)
    try:
        # In a loop of its own: it reads files and keys, and waits for programs. Its errors quote what it
        # read, tokens included, so that neither their words nor they themselves go on.
        loader = await asyncio.to_thread(asyncio.run, asyncio.wait_for(loading, LOGIN_S))
    except TimeoutError as error:
        raise ConfigError([f"{files}: no login within {LOGIN_S:g} s"]) from error
    except (library.config.ConfigException, yaml.YAMLError, *_UNUSABLE) as error:
        fault = await asyncio.to_thread(fault_of, files, context)
        raise ConfigError([fault or f"{files}: cannot be used: {_sentence(error)}"]) from None
    current: dict[str, Any] = loader.current_context or {}
    return str(current.get("context", {}).get("cluster", ""))


def _sentence(error: Exception) -> str:
    """Return what is wrong, in the error's own words where these quote no values."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        return f"line {mark.line + 1}: expected YAML" if mark else "expected YAML"
    text = " ".join(str(error).split()).partition("{")[0][:_WORDS]
    return text.removesuffix("/").strip() or type(error).__name__


def _environment_proxy(url: str) -> str:
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    return urllib.request.getproxies().get(parts.scheme, "")


def _tls(configuration: Any) -> ssl.SSLContext | None:  # noqa: ANN401 - the library's, which has no types
    if not str(configuration.host).startswith("https:"):
        return None
    try:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    except (OSError, ValueError) as error:
        raise ConfigError([f"the kubeconfig's certificates cannot be used: {_sentence(error)}"]) from error
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # Authorities that kubeadm and others made lack extensions that Python 3.13 began to insist on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


async def _authorization(configuration: Any) -> str:  # noqa: ANN401 - as above
    header: dict[str, str] = (await configuration.auth_settings()).get("BearerToken", {})
    return header.get("value", "").strip()
