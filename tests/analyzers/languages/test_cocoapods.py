import pytest

from analyzers.languages.cocoapods import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, reasons, rows


def test_what_cocoapods_writes() -> None:
    lock = read_sample(ANALYZER, "good/app")["Podfile.lock"]
    assert rows(lock) == [
        "AppCenter/Analytics@4.2.0 indirect",
        "AppCenter/Core@4.2.0 indirect",
        "AppCenter@4.2.0 direct",
        "Expecta+Snapshots@3.0.0 direct",
        "Expecta@1.0.5 indirect",
        "KeychainAccess@4.2.1 direct",
    ]
    assert graph(lock) == {
        "AppCenter@4.2.0": {"AppCenter/Analytics@4.2.0"},
        "AppCenter/Analytics@4.2.0": {"AppCenter/Core@4.2.0"},
        "Expecta+Snapshots@3.0.0": {"Expecta@1.0.5"},
    }
    assert [each.lines[0] for each in lock.packages] == [(2, 3), (4, 5), (6, 6), (7, 8), (9, 9), (10, 10)]


def test_odd_entries() -> None:
    lock = read_sample(ANALYZER, "odd/app")["Podfile.lock"]
    assert rows(lock) == ["Bare@ indirect", "Folly@2016.09.26.00 indirect", "Local@1.10 direct"]
    assert graph(lock) == {}
    assert [each.lines for each in lock.packages] == [((4, 4),), ((5, 6),), ((7, 7),)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "PODS is empty, expected a list"),
        (b"PODS: {}", "PODS is a mapping, expected a list"),
        (b"PODS:\n- ()\n", "a pod without a name, expected one with its version"),
        (b"PODS: [", "expected YAML"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "Podfile.lock", data))
    assert reason in told
