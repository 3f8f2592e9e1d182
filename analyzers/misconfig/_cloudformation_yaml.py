"""CloudFormation templates in YAML: short forms of functions ("!Ref Name") become their long ones.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from collections.abc import Iterator

import yaml
from yaml import events

from analyzers.documents import Value
from analyzers.documents._yaml_nodes import Values
from analyzers.documents.wording import yaml_problem
from analyzers.errors import ParseError


def load(data: bytes, path: str) -> Value:
    """Return the first document's value, as `analyzers.documents.yaml.load` does.

    Raises:
        ParseError: it is no YAML.
    """
    try:
        reader = Values(path)
        for event in _long_forms(yaml.parse(data, Loader=yaml.CSafeLoader)):
            reader.take(event)
            if isinstance(event, events.DocumentEndEvent):
                break
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParseError(f"{path}: {yaml_problem(error)}, expected YAML") from error
    return reader.value


def _long_forms(stream: Iterator[events.Event]) -> Iterator[events.Event]:
    """Yield the events of a document, those of a tagged node within a mapping of the function's name."""
    tagged: list[bool] = []
    for event in stream:
        function = _function(event)
        if function:
            at = event.start_mark
            yield events.MappingStartEvent(None, None, True, at, at, True)  # noqa: FBT003 - PyYAML's order
            yield events.ScalarEvent(None, None, (True, True), function, at, at)
        yield event
        is_end = False
        if isinstance(event, events.CollectionStartEvent):
            tagged.append(bool(function))
        elif isinstance(event, events.CollectionEndEvent):
            is_end = tagged.pop()
        elif isinstance(event, events.ScalarEvent):
            is_end = bool(function)
        if is_end:
            yield events.MappingEndEvent(event.end_mark, event.end_mark)


def _function(event: events.Event) -> str:
    """Return the long name of a node's tag, "" for one without."""
    tag = event.tag if isinstance(event, events.ScalarEvent | events.CollectionStartEvent) else None
    if not tag or not tag.startswith("!") or tag == "!":
        return ""
    name = tag[1:]
    return name if name in {"Ref", "Condition"} else f"Fn::{name}"
