"""How secrets are searched for, when a file of the user's says so."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from analyzers.errors import ParseError
from crawler.errors import ScanError

_ID = "secrets/content"


class SecretSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The built-in search, or another one."""

    packed: bytes = b""
    """The configuration for the workers; empty for the built-in one."""
    version: int = 0
    """Tells one configuration from another; 0 for the built-in one."""
    unknown: tuple[str, ...] = ()
    """A sentence on each name in the configuration that no rule has: it changes nothing, or all."""

    def applied(self, versions: Mapping[str, int]) -> dict[str, int]:
        """Return versions of analyzers, that of the search for secrets being the configuration's."""
        return {key: self.version if self.version and key == _ID else versions[key] for key in versions}


def read_secret_config(file: str) -> SecretSearch:
    """Return the search that a file in the form of Trivy's trivy-secret.yaml describes.

    Raises:
        ScanError: it cannot be read, or is none; says where.
    """
    from analyzers.secrets._configured import pack, unknown_names  # noqa: PLC0415 - most scans have no such file
    from analyzers.secrets._trivy_config import load_trivy_secret_yaml  # noqa: PLC0415 - as above

    try:
        config = load_trivy_secret_yaml(Path(file).read_bytes(), file)
    except OSError as error:
        raise ScanError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except ParseError as error:
        raise ScanError(str(error)) from error
    unknown = tuple(f"{file}: {text}" for text in unknown_names(config))
    # SQLite has no whole numbers above 63 bits.
    return SecretSearch(packed=pack(config), version=config.fingerprint() >> 1, unknown=unknown)
