"""The target's bill of materials in SPDX 2.3, in JSON.

Specification: https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
"""

import msgspec

from reports.context import RenderContext
from reports.document import Document
from reports.printable import harmless_json
from reports.spdx_document import spdx_of


def render(document: Document, context: RenderContext) -> str:
    """Return the bill of materials, indented by two spaces."""
    encoded = msgspec.json.encode(spdx_of(document, context))
    return harmless_json(msgspec.json.format(encoded, indent=2).decode()) + "\n"
