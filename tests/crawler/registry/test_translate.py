import ssl

import aiohttp
import pytest

from crawler.registry.errors import RegistryError, UnreachableError
from crawler.registry.translate import TRANSLATIONS, translated


def descendants(kind: type[BaseException]) -> set[type[BaseException]]:
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


def test_every_error_of_the_library_has_a_row() -> None:
    rows = tuple(row[0] for row in TRANSLATIONS)
    for kind in descendants(aiohttp.ClientError) | descendants(aiohttp.http_exceptions.HttpProcessingError):
        assert issubclass(kind, rows)


def test_no_row_hides_another() -> None:
    kinds = [row[0] for row in TRANSLATIONS]
    for place, kind in enumerate(kinds):
        assert not any(issubclass(kind, wider) for wider in kinds[:place])


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("https://signed.example.com/?Signature=x"),
        ConnectionResetError("https://signed.example.com/?Signature=x"),
        ssl.SSLError("x"),
    ],
)
def test_messages_name_the_thing_only(error: Exception) -> None:
    with pytest.raises(UnreachableError, match=r"^h: app: ") as caught, translated("h: app"):
        raise error
    assert "Signature" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_other_errors_pass() -> None:
    with pytest.raises(OSError, match="disk full"), translated("x"):
        raise OSError("disk full")
    with pytest.raises(RegistryError, match=r"^mine$"), translated("x"):
        raise RegistryError("mine")
