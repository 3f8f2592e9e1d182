import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from config.logging import configure
from config.settings import Log


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def fail() -> None:
    password = "hunter2".upper()
    raise ValueError(f"odd \x1b[31m answer of {len(password)} bytes")


def test_json() -> None:
    stream = StringIO()
    configure(Log(), stream)
    structlog.get_logger().info("layer analysed", digest="sha256:ab", size_bytes=7)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "layer analysed", "level": "info", "digest": "sha256:ab", "size_bytes": 7}


def test_terminal() -> None:
    stream = Terminal()
    configure(Log(), stream)
    structlog.get_logger().info("layer analysed", size_bytes=7)
    assert "layer analysed" in stream.getvalue()
    assert "{" not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_level(level: str, lines: list[str]) -> None:
    stream = StringIO()
    configure(Log(level=level, format="json"), stream)  # type: ignore[arg-type]  # a column of the table
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), name)("line")
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == lines


def test_libraries_speak_through_the_same_renderer_when_they_warn() -> None:
    stream = StringIO()
    configure(Log(level="debug", format="json"), stream)
    logging.getLogger("aiohttp.client").info("connected")
    logging.getLogger("aiohttp.client").warning("unclosed %s", "session")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("unclosed session", "warning", "aiohttp.client")


def test_terminal_gets_no_control_characters() -> None:
    stream = StringIO()
    configure(Log(format="console"), stream)
    structlog.get_logger().info("file\x1b[2J\nforged", path="a\x1b[31mb\u202ec", names=["\x07"])
    logging.getLogger("x\x1b[1m").warning("from \x1b]0;title\x07 a library")
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("crawl failed")
    assert all(letter == "\n" or letter.isprintable() for letter in stream.getvalue())
    assert "ValueError: odd \\x1b[31m answer" in stream.getvalue()


@pytest.mark.parametrize("log", [Log(format="json"), Log(format="console")])
def test_tracebacks_show_no_variables(log: Log, recwarn: pytest.WarningsRecorder) -> None:
    stream = StringIO()
    configure(log, stream)
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("crawl failed")
    assert "in fail" in stream.getvalue()
    assert "HUNTER2" not in stream.getvalue()
    assert not recwarn.list


def test_stderr_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(format="json"))
    structlog.get_logger().info("started")
    captured = capsys.readouterr()
    assert (captured.out, json.loads(captured.err)["event"]) == ("", "started")
    assert sys.stderr is not None
