from collections.abc import Iterable
from pathlib import Path

import pytest

from crawler.cli.options import NOTHING, Options
from crawler.cli.running import context, run, write
from crawler.concurrency import for_each

OPTIONS = Options(config=None, cache_dir=Path(), quiet=False, debug=False, no_progress=True)


def ended(errors: Iterable[Exception]) -> int:
    """Run a command whose pieces of work, two levels deep, fail at the same time."""

    async def fail(error: Exception) -> None:
        raise error

    async def nested(error: Exception) -> None:
        await for_each([error], fail, limit=1)

    async def work() -> int:
        await for_each(errors, nested, limit=2)
        return 0

    return run(OPTIONS, work())


def test_an_error_of_parallel_work_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended([OSError("the disk is full"), OSError("the disk is still full")]) == NOTHING
    assert capsys.readouterr() == ("", "cleanbill: the disk is full\n")


def test_a_mistake_of_ours_is_not_hidden_by_others() -> None:
    with pytest.raises(ExceptionGroup):
        ended([OSError("the disk is full"), KeyError("a mistake")])


def test_a_closed_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert not context().color
    with pytest.raises(OSError, match="standard output is closed"):
        write("x", None)
