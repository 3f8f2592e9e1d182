from pathlib import Path

import pytest

from benchmarks.secrets import in_process, own_places, plain_copy, scored
from benchmarks.secrets_corpus import Labelled, grown


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_corpus_is_large_enough_and_always_the_same(tmp_path: Path) -> None:
    first, second = grown(tmp_path / "a"), grown(tmp_path / "b")
    assert len(first.planted) >= 500
    assert len(first.decoys) >= 2000
    assert not first.planted & first.decoys
    assert contents(first.root) == contents(second.root)
    assert (first.planted, first.decoys) == (second.planted, second.decoys)


def test_labels_are_lines_of_the_files(tmp_path: Path) -> None:
    corpus = grown(tmp_path, secrets=60, decoys=100)
    for path, line in corpus.planted | corpus.decoys:
        assert (corpus.root / path).read_text().splitlines()[line - 1].strip()


def test_planted_secrets_are_found_and_decoys_are_not(tmp_path: Path) -> None:
    corpus = grown(tmp_path, secrets=300, decoys=1000)
    found = own_places(corpus.root)
    assert len(found & corpus.planted) >= 0.98 * len(corpus.planted)
    assert len(found - corpus.planted) <= 0.01 * len(corpus.decoys)


@pytest.mark.parametrize(
    ("found", "row"),
    [
        (set(), ("us", "0.0%", "0.0%", "0")),
        ({("a", 1), ("b", 1)}, ("us", "50.0%", "50.0%", "1")),
        ({("a", 1), ("a", 2)}, ("us", "100.0%", "100.0%", "0")),
    ],
)
def test_scores(found: set[tuple[str, int]], row: tuple[str, ...]) -> None:
    corpus = Labelled(Path(), frozenset({("a", 1), ("a", 2)}), frozenset({("b", 1)}))
    assert scored("us", found, corpus) == row


def test_throughput_is_that_of_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("plain\n" * 1000)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert in_process(tmp_path.iterdir()) > 0
    assert in_process(()) == 0.0


def test_a_copy_has_no_names_that_peers_leave_out(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "node_modules" / "b" / "node_modules"
    deep.mkdir(parents=True)
    (deep / "c.js").write_text("c")
    copied = plain_copy(tmp_path / "a", tmp_path / "copy")
    assert contents(copied) == {"modules/b/modules/c.js": b"c"}
    assert plain_copy(tmp_path / "missing", copied) == copied
