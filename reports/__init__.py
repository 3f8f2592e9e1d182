"""Findings in the formats that people and programs read."""

from collections.abc import Callable
from importlib import import_module

from reports.context import RenderContext
from reports.document import Document

FORMATS = {
    "table": "reports.table",
    "json": "reports.trivy_json",
    "cyclonedx": "reports.cyclonedx",
    "spdx-json": "reports.spdx_json",
    "spdx": "reports.spdx_tag_value",
}
"""Name of each format and the module that renders it, imported only when it is asked for."""


def render(document: Document, format_name: str, context: RenderContext) -> str:
    """Return the document in a format of `FORMATS`, with a line end at its end.

    Raises:
        ValueError: there is no such format.
    """
    if format_name not in FORMATS:
        raise ValueError(f"format {format_name!r}: expected one of {', '.join(FORMATS)}")
    renderer: Callable[[Document, RenderContext], str] = import_module(FORMATS[format_name]).render
    return renderer(document, context)
