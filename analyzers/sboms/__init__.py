"""Reads bills of materials, in whichever format they are, into the packages that they list."""

from analyzers.documents.wording import beginning
from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import MIB
from analyzers.sboms.cyclonedx import listing as listing_of_cyclonedx
from analyzers.sboms.cyclonedx_xml import listing as listing_of_xml
from analyzers.sboms.document import INCOMPLETE, Format, Sbom
from analyzers.sboms.listing import Listing
from analyzers.sboms.meaning import sbom_of
from analyzers.sboms.spdx import listing as listing_of_spdx
from analyzers.sboms.spdx import load as load_spdx
from analyzers.sboms.spdx_tag_value import load as load_tag_value
from analyzers.sboms.wrapping import format_of, unwrap

__all__ = ("INCOMPLETE", "SBOM_BYTES", "Sbom", "is_sbom", "read")

SBOM_BYTES = 512 * MIB
"""Length of one document."""


def read(data: bytes, path: str) -> Sbom:
    """Return what a bill of materials says, and in its `problems` what it leaves open.

    The format is told by the bytes: CycloneDX in JSON or XML, SPDX 2 in JSON or tag-value; each also as the
    predicate of an in-toto statement, in a DSSE envelope or a Sigstore bundle. `path` is for messages only.

    Raises:
        ParseError: it is none of these, or breaks its format's rules.
    """
    if len(data) > SBOM_BYTES:
        raise LimitExceededError("sbom_bytes", f"{path}: more than {SBOM_BYTES} bytes (sbom_bytes)")
    return sbom_of(_listing(unwrap(data, path), path), path)


def is_sbom(data: bytes) -> bool:
    """Tell whether `read` would take the bytes for a bill of materials, whole or broken."""
    return format_of(data) is not None


def _listing(data: bytes, path: str) -> Listing:
    match format_of(data):
        case Format.CYCLONEDX_JSON:
            return listing_of_cyclonedx(data, path)
        case Format.CYCLONEDX_XML:
            return listing_of_xml(data, path)
        case Format.SPDX_JSON:
            return listing_of_spdx(load_spdx(data, path), Format.SPDX_JSON, path)
        case Format.SPDX_TAG_VALUE:
            return listing_of_spdx(load_tag_value(data, path), Format.SPDX_TAG_VALUE, path)
        case _:
            raise ParseError(
                f"{path}: {beginning(data)}, expected a bill of materials in CycloneDX or SPDX 2"
            )
