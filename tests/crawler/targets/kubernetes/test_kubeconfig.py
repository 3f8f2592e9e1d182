import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.targets.kubernetes.kubeconfig import fault_of

TWO = "{contexts: [{name: a}, {name: b}], current-context: b}"


@pytest.mark.parametrize(
    ("body", "context", "fault"),
    [
        ("", "", "{file}: empty, expected a kubeconfig"),
        ("- 1", "", "{file}: a list, expected a kubeconfig"),
        ("text", "", "{file}: text, expected a kubeconfig"),
        (TWO, "c", "{file}: no context 'c'; there is: a, b"),
        (
            TWO.replace("current-context: b", "current-context: d"),
            "",
            "{file}: no context 'd'; there is: a, b",
        ),
        ("{contexts: [{name: a}]}", "", "{file}: no current-context; there is: a"),
        ("{}", "", "{file}: no current-context, nor any other"),
        (
            str({"contexts": [{"name": f"c{number}"} for number in range(12)]}),
            "x",
            "{file}: no context 'x'; there is: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more",
        ),
        (TWO, "", ""),
        (TWO, "a", ""),
        ("{", "", ""),
    ],
)
def test_faults(tmp_path: Path, body: str, context: str, fault: str) -> None:
    file = tmp_path / "config"
    file.write_text(body)
    assert fault_of(str(file), context) == fault.format(file=file)


def test_files_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("{contexts: [{name: a}], current-context: c}")
    (tmp_path / "two").write_text("{contexts: [{name: b}]}")
    files = f"{tmp_path}/one:{tmp_path}/nowhere::{tmp_path}/two"
    assert fault_of(files, "b") == ""
    assert fault_of(files, "") == f"{files}: no context 'c'; there is: a, b"


@given(body=st.binary(max_size=40))
def test_any_bytes_end_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "config"
    file.write_bytes(body)
    assert re.fullmatch(rf"(?s)({file}: .*)?", fault_of(str(file), "x"))
