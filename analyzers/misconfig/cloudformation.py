"""CloudFormation templates, in JSON and YAML.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import functools
import re
from collections.abc import Iterator, Mapping

import msgspec

from analyzers.checks.cloud.model import Block, Cloud, Lines, Resource, Value
from analyzers.documents import Value as Document
from analyzers.documents import items, table, text
from analyzers.documents import json as json_document
from analyzers.documents import yaml as yaml_document
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Problem, Scanner, View
from analyzers.limits import MIB
from analyzers.misconfig import _cloudformation_sam as sam
from analyzers.misconfig._cloud import judged, lines_of, with_lines
from analyzers.misconfig._cloudformation_functions import Template
from analyzers.misconfig._cloudformation_loops import Loops
from analyzers.misconfig._cloudformation_types import SHAPES

_FILE_TYPE = "cloudformation"
_MOST_BYTES = 4 * MIB
_STATED = re.compile(rb"""\bType["']?\s*:\s*["']?AWS::""")
_INLINE = {
    "AWS::IAM::Role": "aws_iam_role_policy",
    "AWS::IAM::User": "aws_iam_user_policy",
    "AWS::IAM::Group": "aws_iam_group_policy",
}
_STACKS = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
_UNKNOWN_LOOP = "what Fn::ForEach repeats is known at deployment only, so it is not judged"


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
        found = declared(table(template), file.path)
        yield from (Problem(file.path, f"{file.path}: {each}") for each in found.unread)
        yield from judged(found.cloud, file.path, lines_of(file.data), _FILE_TYPE)


def _load(file: File) -> Document:
    if file.data.lstrip().startswith(b"{"):
        value = json_document.load(file.data, file.path)
        return with_lines(value, file.data)
    from analyzers.misconfig import _cloudformation_yaml  # noqa: PLC0415 - its library takes 20 ms

    return _cloudformation_yaml.load(file.data, file.path)


def _is_template(value: Document) -> bool:
    resources = table(table(value).get("Resources"))
    words = [text(table(each).get("Type")) for each in resources.values()]
    words += _macros(table(value))
    return "AWSTemplateFormatVersion" in table(value) or any(each.startswith("AWS::") for each in words)


class Declared(msgspec.Struct, frozen=True):
    """What a template declares."""

    cloud: Cloud
    """The resources, by their logical names."""
    unread: tuple[str, ...]
    """Why there may be more, in a sentence each."""


def declared(template: Mapping[str, Document], path: str) -> Declared:
    """Return the resources of a template, loops written out and those of SAM as what they stand for.

    Raises:
        ParseError: its loops make more than a template may have.
    """
    loops = Loops(path=path, listed=functools.partial(_listed, _functions(template, {})))
    resources = table(loops.written_out(template.get("Resources")))
    functions = _functions(template, resources)
    given = {name: table(each) for name, each in resources.items()}
    given |= {name: {"Type": kind} for name, kind in sam.implied(resources) if name not in given}
    found: list[Resource] = []
    for name, each in given.items():
        condition = each.get("Condition")
        if condition is None or functions.holds(text(condition)) is not False:
            lines = next(iter(yaml_document.lines_of(resources, name)), (0, 0))
            kind = text(each.get("Type"))
            properties = sam.with_globals(template, kind, table(each.get("Properties")))
            block = functions.block(table(properties), lines)
            found.extend(_resources(name, kind, block, path))
    unread = (*(f"{name}: {_UNKNOWN_LOOP}" for name in loops.unknown), *_unread(template, given))
    return Declared(Cloud(resources=tuple(found)), unread)


def _functions(template: Mapping[str, Document], resources: Mapping[str, Document]) -> Template:
    return Template(
        parameters=table(template.get("Parameters")),
        mappings=table(template.get("Mappings")),
        conditions=table(template.get("Conditions")),
        resources=resources,
    )


def _listed(functions: Template, value: Document) -> list[str] | None:
    found = functions.value(value, (0, 0))
    elements = found if isinstance(found, tuple) else ()
    known = [str(each) for each in elements if isinstance(each, str | int)]
    return known if known and len(known) == len(elements) else None


def _macros(template: Mapping[str, Document]) -> list[str]:
    given = template.get("Transform")
    names = (text(each) or text(table(each).get("Name")) for each in (items(given) or [given]))
    return [each for each in names if each]


def _unread(
    template: Mapping[str, Document], resources: Mapping[str, Mapping[str, Document]]
) -> Iterator[str]:
    """Yield what is put together elsewhere, and so not judged."""
    for macro in _macros(template):
        if not macro.startswith("AWS::") or macro == "AWS::Include":
            yield f"the macro {macro!r:.100} may change it when it is deployed: it is judged as it is written"
    if "Fn::Transform" in resources:
        yield "resources are included by Fn::Transform, which are not judged"
    for name, resource in resources.items():
        kind = text(resource.get("Type"))
        if sam.is_unknown(kind) or kind.endswith("::MODULE"):
            yield f"{name}: the type {kind!r:.100} is not known, so what it makes is not judged"
        source = _STACKS.get(kind)
        location = table(resource.get("Properties")).get(source) if source else None
        if source and not (isinstance(location, str) and "://" not in location):
            yield f"{name}: its template is not among the files, so its resources are not judged"


def _resources(name: str, kind: str, block: Block, path: str) -> Iterator[Resource]:
    if kind in SHAPES:
        shape = SHAPES[kind]
        yield Resource(kind=shape.kind, name=name, file=path, attributes=shape.shaped(block))
    if kind in _INLINE:
        for policy in block.blocks("policies"):
            attributes = SHAPES["AWS::IAM::Policy"].shaped(policy)
            yield Resource(kind=_INLINE[kind], name=name, file=path, attributes=attributes)
    for policy in sam.policies(kind, block):
        yield _with_policy("aws_iam_role_policy", name, path, policy, policy.lines)
    found = block.get("repository_policy_text")
    if kind == "AWS::ECR::Repository" and found is not None:
        lines = block.lines_of("repository_policy_text")
        yield _with_policy("aws_ecr_repository_policy", name, path, found, lines)
    domain = block.get("domain")
    if kind == "AWS::Serverless::Api" and isinstance(domain, Block):
        yield Resource(kind="aws_api_gateway_domain_name", name=name, file=path, attributes=domain)


def _with_policy(kind: str, name: str, path: str, policy: Value, lines: Lines) -> Resource:
    attributes = Block(values={"policy": policy}, lines=lines, attribute_lines={"policy": lines})
    return Resource(kind=kind, name=name, file=path, attributes=attributes)


ANALYZER = Analyzer(
    id="misconfig/cloudformation",
    version=2,
    scanner=Scanner.MISCONFIG,
    views=frozenset({View.DECLARED, View.INSTALLED}),
    globs=("**/*.yaml", "**/*.yml", "**/*.json", "**/*.template"),
    parse=parse,
)
