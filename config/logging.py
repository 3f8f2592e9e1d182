"""Log lines: constant messages with their data as fields, for people on a terminal, as JSON elsewhere."""

import logging
import sys
from typing import TYPE_CHECKING, TextIO

from config.settings import Log

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger


def configure(log: Log, stream: TextIO | None = None) -> None:
    """Send structlog's lines to `stream` (stderr), and through the same renderer what libraries warn of.

    Tracebacks never show the values of variables, and on a terminal control characters are escaped:
    both may come from strangers or be secret.
    """
    import structlog  # noqa: PLC0415 -- a tenth of a second that quick commands do not spend

    stream = sys.stderr if stream is None else stream
    level = logging.getLevelNamesMapping()[log.level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    ending = _ending(log, stream)
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _ending(log: Log, stream: TextIO) -> "list[Processor]":
    import structlog  # noqa: PLC0415 -- as above

    if log.format == "json" or (log.format == "auto" and not stream.isatty()):
        return [structlog.processors.JSONRenderer()]
    console = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(),
        exception_formatter=structlog.dev.plain_traceback,  # the default prints variables with their values
        repr_native_str=True,
    )
    return [_escape, console]


def _escape(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    for key in {"event", "logger"}.intersection(event):
        event[key] = _printable(str(event[key]))
    if "exception" in event:
        event["exception"] = "\n".join(map(_printable, str(event["exception"]).split("\n")))
    return event


def _printable(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )
