"""CloudFormation templates, in JSON and YAML.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import re
from collections.abc import Iterator, Mapping

from analyzers.checks.cloud.model import Block, Cloud, Lines, Resource
from analyzers.documents import Value as Document
from analyzers.documents import json as json_document
from analyzers.documents import table, text
from analyzers.documents import yaml as yaml_document
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig._cloud import judged, lines_of, with_lines
from analyzers.misconfig._cloud_blocks import with_value
from analyzers.misconfig._cloudformation_functions import Template
from analyzers.misconfig._cloudformation_types import SHAPES

_FILE_TYPE = "cloudformation"
_MOST_BYTES = 4 * MIB
_STATED = re.compile(rb"""\bType["']?\s*:\s*["']?AWS::""")
_INLINE = {
    "AWS::IAM::Role": "aws_iam_role_policy",
    "AWS::IAM::User": "aws_iam_user_policy",
    "AWS::IAM::Group": "aws_iam_group_policy",
}


def parse(file: File) -> Iterator[Fact]:
    """Yield an Outcome for each check of each resource; nothing of other JSON and YAML.

    Raises:
        ParseError: it is a template by its words, but neither JSON nor YAML, or too long.
    """
    if b"AWS::" not in file.data or b"Resources" not in file.data:
        return
    if len(file.data) > _MOST_BYTES:
        if _STATED.search(file.data):
            raise ParseError(
                f"{file.path}: {len(file.data)} bytes, expected a template of {_MOST_BYTES} at most"
            )
        return
    template = _load(file)
    if _is_template(template):
        yield from judged(cloud_of(table(template), file.path), file.path, lines_of(file.data), _FILE_TYPE)


def _load(file: File) -> Document:
    if file.data.lstrip().startswith(b"{"):
        value = json_document.load(file.data, file.path)
        return with_lines(value, file.data)
    from analyzers.misconfig import _cloudformation_yaml  # noqa: PLC0415 - its library takes 20 ms

    return _cloudformation_yaml.load(file.data, file.path)


def _is_template(value: Document) -> bool:
    resources = table(table(value).get("Resources"))
    types = [text(table(each).get("Type")) for each in resources.values()]
    return "AWSTemplateFormatVersion" in table(value) or any(each.startswith("AWS::") for each in types)


def cloud_of(template: Mapping[str, Document], path: str) -> Cloud:
    """Return the resources of a template, by their logical names."""
    resources = table(template.get("Resources"))
    functions = Template(
        parameters=table(template.get("Parameters")),
        mappings=table(template.get("Mappings")),
        conditions=table(template.get("Conditions")),
        resources=resources,
    )
    found: list[Resource] = []
    for name, each in resources.items():
        condition = table(each).get("Condition")
        if condition is None or functions.holds(text(condition)) is not False:
            lines = next(iter(yaml_document.lines_of(resources, name)), (0, 0))
            found.extend(_resources(name, table(each), lines, functions, path))
    return Cloud(resources=tuple(found))


def _resources(
    name: str, each: Mapping[str, Document], lines: Lines, functions: Template, path: str
) -> Iterator[Resource]:
    kind = text(each.get("Type"))
    block = functions.block(table(each.get("Properties")), lines)
    if kind in SHAPES:
        shape = SHAPES[kind]
        yield Resource(kind=shape.kind, name=name, file=path, attributes=shape.shaped(block))
    if kind in _INLINE:
        for policy in block.blocks("policies"):
            attributes = SHAPES["AWS::IAM::Policy"].shaped(policy)
            yield Resource(kind=_INLINE[kind], name=name, file=path, attributes=attributes)
    if kind == "AWS::ECR::Repository" and (policies := block.get("repository_policy_text")) is not None:
        attributes = with_value(
            Block(lines=lines), "policy", policies, block.lines_of("repository_policy_text")
        )
        yield Resource(kind="aws_ecr_repository_policy", name=name, file=path, attributes=attributes)


ANALYZER = Analyzer(
    id="misconfig/cloudformation",
    version=2,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=("**/*.yaml", "**/*.yml", "**/*.json", "**/*.template"),
    parse=parse,
)
