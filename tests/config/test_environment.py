import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.environment import Variable, is_set, keys, read
from config.errors import ConfigError
from config.load import load
from config.settings import Settings


def test_sections_come_before_their_keys() -> None:
    environ = {"CLEANBILL_CRAWL__WORKERS": "3", "CLEANBILL_CRAWL": "{}", "OTHER": "1"}
    assert read(environ) == (
        [
            Variable(name="CLEANBILL_CRAWL", place=("crawl",), value={}),
            Variable(name="CLEANBILL_CRAWL__WORKERS", place=("crawl", "workers"), value=3),
        ],
        [],
    )


def test_texts_are_no_json() -> None:
    (variable,), _ = read({"CLEANBILL_STORE__URL": "1"})
    assert variable.value == "1"


@pytest.mark.parametrize("text", ["[hunter2", '{"url": hunter2}', '[{"password": "hunter2"'])
def test_broken_json_is_not_repeated(text: str) -> None:
    variables, (problem,) = read({"CLEANBILL_REGISTRIES": text})
    assert problem.startswith("CLEANBILL_REGISTRIES: not JSON: ")
    assert "hunter2" not in problem
    assert not variables


@pytest.mark.parametrize(
    ("environ", "answer"),
    [
        ({}, False),
        ({"PATH": "/bin"}, False),
        ({"CLEANBILL_PORT": "tcp://10.0.0.1:80"}, False),
        ({"CLEANBILL_PORT": "80"}, True),
        ({"CLEANBILL_CRAWL__CRON": ""}, True),
    ],
)
def test_is_set(environ: dict[str, str], answer: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert is_set(environ) is answer


@pytest.mark.parametrize(
    ("place", "names"),
    [
        (("log",), ("level", "format")),
        (("advisories", "osv"), ("url",)),
        (("log", "level"), ()),
        (("nothing", "there"), ()),
    ],
)
def test_keys(place: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert keys(Settings, place) == names


NAMES = ["REGISTRIES", "CRAWL", "CRAWL__CRON", "CRAWL__PLATFORMS", "CRAWL__WORKERS", "WEBHOOKS", "LOG__LEVEL"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "cron", "x"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON.map(json.dumps) | st.text()))
@settings(max_examples=100, deadline=None)
def test_any_environment_is_settings_or_a_config_error(variables: dict[str, str]) -> None:
    environ = {f"CLEANBILL_{name}": text for name, text in variables.items()}
    try:
        loaded = load(None, environ)
    except ConfigError as error:
        assert all(problem.startswith("CLEANBILL_") for problem in error.problems)  # noqa: PT017 -- either is right
    else:
        assert isinstance(loaded, Settings)
