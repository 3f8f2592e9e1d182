"""The target's bill of materials in SPDX 2.3, in JSON.

Specification: https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json
"""

from reports.context import RenderContext
from reports.document import Document
from reports.json_parts import formatted
from reports.spdx_document import spdx_of


def render(document: Document, context: RenderContext) -> str:
    """Return the bill of materials, indented by two spaces."""
    return formatted(spdx_of(document, context)) + "\n"
