import codecs
import re
from pathlib import Path

import pytest

from analyzers.secrets._engine import SecretScanner
from analyzers.secrets._samples import base62_crc32
from benchmarks.secrets import in_process, plain_copy, scored
from benchmarks.secrets_corpus import Labelled, Planted, grown


def read(path: Path) -> str:
    data = path.read_bytes()
    return data.decode("utf-16" if data.startswith(codecs.BOM_UTF16_LE) else "utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_corpus_is_large_enough_and_always_the_same(tmp_path: Path) -> None:
    first, second = grown(tmp_path / "a"), grown(tmp_path / "b")
    assert len(first.planted) >= 500
    assert len(first.decoys) >= 2000
    assert len({secret.kind for secret in first.planted}) >= 60
    assert not first.decoys.intersection(*(secret.places for secret in first.planted))
    assert contents(first.root) == contents(second.root)
    assert (first.planted, first.decoys) == (second.planted, second.decoys)


def test_labels_are_lines_of_the_files(tmp_path: Path) -> None:
    corpus = grown(tmp_path, secrets=60, decoys=100)
    ends = {(secret.path, line) for secret in corpus.planted for line in (secret.first, secret.last)}
    for path, line in ends | corpus.decoys:
        assert read(corpus.root / path).splitlines()[line - 1].strip()


def test_files_have_odd_newlines_and_encodings_and_a_very_long_line(tmp_path: Path) -> None:
    files = contents(grown(tmp_path).root)
    assert any(data.startswith(codecs.BOM_UTF16_LE) for data in files.values())
    assert any(b"\r\n" in data for data in files.values())
    assert max(len(line) for data in files.values() for line in data.splitlines()) > 20_000


def test_github_tokens_end_in_their_checksum(tmp_path: Path) -> None:
    corpus = grown(tmp_path)
    plain = [secret for secret in corpus.planted if secret.kind == "github-pat"]
    texts = "".join(read(corpus.root / secret.path) for secret in plain)
    tokens = re.findall(r"ghp_(\w{36})\b", texts)
    assert tokens
    assert all(base62_crc32(token[:30].encode()) == token[30:] for token in tokens)


def test_planted_secrets_are_found_and_decoys_are_not(tmp_path: Path) -> None:
    corpus = grown(tmp_path, secrets=300, decoys=1000)
    scanner = SecretScanner()
    found = {
        (name, each.start_line)
        for name, data in contents(corpus.root).items()
        for each in scanner.scan(name, data)
    }
    assert len(corpus.found(found)) >= 0.97 * len(corpus.planted)
    assert len(corpus.false(found)) <= 0.01 * len(corpus.decoys)


@pytest.mark.parametrize(
    ("found", "row"),
    [
        (set(), ("us", "0.0%", "0.0%", "0")),
        ({("a", 1), ("b", 1)}, ("us", "50.0%", "50.0%", "1")),
        ({("a", 1), ("c", 1), ("c", 2)}, ("us", "100.0%", "100.0%", "0")),
    ],
)
def test_scores(found: set[tuple[str, int]], row: tuple[str, ...]) -> None:
    pair = Planted(kind="pair", path="c", first=1, last=2)
    corpus = Labelled(
        root=Path(),
        planted=(Planted(kind="one", path="a", first=1, last=1), pair),
        decoys=frozenset({("b", 1)}),
    )
    assert scored("us", found, corpus) == row


def test_throughput_is_that_of_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("plain\n" * 1000)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert in_process(tmp_path.iterdir(), SecretScanner()) > 0
    assert in_process((), SecretScanner()) == 0.0


def test_a_copy_has_no_names_that_peers_leave_out(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "node_modules" / "b" / "node_modules"
    deep.mkdir(parents=True)
    (deep / "c.js").write_text("c")
    copied = plain_copy(tmp_path / "a", tmp_path / "copy")
    assert contents(copied) == {"modules/b/modules/c.js": b"c"}
    assert plain_copy(tmp_path / "missing", copied) == copied
