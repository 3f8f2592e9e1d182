import signal
import threading
from collections import Counter

import pytest

from analyzers.secrets._patience import OutOfTimeError, Patience, in_time


def forever() -> str:
    while True:
        pass


def test_what_takes_too_long_ends() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(OutOfTimeError):
        in_time(forever, 0.01)
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_results_and_errors_pass() -> None:
    assert in_time(lambda: 1, 5) == 1
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: 1 // 0, 5)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_other_threads_are_not_stopped() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(in_time(lambda: sum(range(10)), 0.000001)))
    thread.start()
    thread.join()
    assert found == [45]


def test_what_is_within_its_time_is_no_problem() -> None:
    patience = Patience(0, Counter())
    assert patience.bounded("rule 'a'", lambda: "found", "nothing") == "found"
    assert patience.problems == []


def test_a_pattern_that_was_stopped_often_is_not_tried() -> None:
    patience = Patience(0, Counter({"rule 'a'": 3}))
    assert [patience.bounded("rule 'a'", forever, "nothing") for _ in range(2)] == ["nothing"] * 2
    assert patience.problems == [
        "rule 'a': not searched with any more, it was stopped in 3 files (OWN_TIMES)"
    ]
