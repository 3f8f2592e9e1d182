"""Errors of a registry, split by who has to act.

    RegistryError                  anything between us and the bytes; `retryable` says whether later helps
    ├── UnreachableError           no answer: name, connection, TLS, timeout, dropped body     (retryable)
    │   ├── NoSuchHostError        a name that name servers know nothing of                (not retryable)
    │   ├── HandshakeError         TLS that the two cannot agree on, or none at all        (not retryable)
    │   └── GivenUpError           no answer for so long that nobody asks any more         (not retryable)
    ├── ServerError                a 5xx answer                                                (retryable)
    │   └── TooManyRequestsError   a 429 answer, or a rate that only time heals                (retryable)
    ├── UnauthorizedError          it wants credentials, or other ones
    ├── DeniedError                the credentials are known but may not do this
    ├── NotFoundError              no such repository, tag or digest
    ├── InsecureError              plain http that nobody permitted, or a certificate nobody trusts
    ├── CredentialsError           a credential file or helper that cannot be used
    ├── InvalidReferenceError      a name, tag or digest outside the grammar
    ├── TooLargeError              a named limit of ours was passed; carries its name
    ├── ManifestError              a manifest, index or config that is not what it should be
    └── ProtocolError              the registry breaks its own protocol
        ├── DigestMismatchError    the bytes are not those that the digest names
        └── SizeMismatchError      there are more or fewer bytes than announced

Every message is one sentence that names the host and the thing, and holds no credential.
"""


class RegistryError(Exception):
    """A registry, or what it sent, cannot be used.

    Attributes:
        retryable: whether the same request may succeed later without anybody doing anything.
    """

    retryable: bool = False


class UnreachableError(RegistryError):
    """No complete answer came: name resolution, connection, TLS, timeout or a dropped body."""

    retryable = True


class NoSuchHostError(UnreachableError):
    """Name servers know no host of that name; to an outage they answer otherwise."""

    retryable = False


class HandshakeError(UnreachableError):
    """What answers speaks no TLS, or none that we do; trying again does not change that."""

    retryable = False


class GivenUpError(UnreachableError):
    """The host has not answered for so long that it is not asked any more, before the next crawl."""

    retryable = False


class ServerError(RegistryError):
    """The registry answered that it is broken (5xx).

    Attributes:
        retry_after_s: what it asked to wait, in seconds; None when it did not say.
    """

    retryable = True

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyRequestsError(ServerError):
    """The registry asks us to come back later (429)."""


class UnauthorizedError(RegistryError):
    """The registry wants credentials, or refuses those it got."""


class DeniedError(RegistryError):
    """The registry knows who asks and refuses."""


class NotFoundError(RegistryError):
    """The registry has no such repository, tag, manifest or blob."""


class InsecureError(RegistryError):
    """Going on would use plain http or an untrusted certificate where nobody permitted it."""


class CredentialsError(RegistryError):
    """A credential file or helper program cannot be used."""


class InvalidReferenceError(RegistryError, ValueError):
    """A reference, repository name, tag or digest is outside the grammar."""


class TooLargeError(RegistryError):
    """Reading on would pass one of our limits.

    Attributes:
        limit: the limit's name, such as "manifest_bytes".
    """

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class ManifestError(RegistryError, ValueError):
    """A manifest, index or config is malformed; the message starts with the place in it."""


class ProtocolError(RegistryError):
    """The registry's answer breaks the distribution specification."""


class DigestMismatchError(ProtocolError):
    """The bytes received are not those that the digest names."""


class SizeMismatchError(ProtocolError):
    """More or fewer bytes came than the descriptor announces."""
