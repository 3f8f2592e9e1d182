"""A labelled tree of sources: credentials that are left in files, and lines that only look like them.

Definitions. A *planted secret* is a span of lines, mostly one: the credential with what it is useless
without (an access key's id with its secret, a private key from its first line to its last). It is *found*
when a program reports any line of the span. A *false finding* is a reported line in no span. *Decoys* are the
lines that were written to tempt: hashes, ids, lock files, placeholders, references, templates, public keys,
texts, tokens of a wrong length. Recall is found spans of all spans; precision is reported lines in spans of
all reported lines.

The forms of tokens are those that their providers publish (`secrets_tokens`), the files those that projects
have (`secrets_files`, `secrets_places`); no rule or sample of a scanner went into them. Everything is made of
one seed at run time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks import secrets_decoys
from benchmarks.secrets_files import FORMS, Page, page_of
from benchmarks.secrets_places import PAGES
from benchmarks.secrets_tokens import KINDS

Place = tuple[str, int]
"""Path below the root, line from 1."""
_SEED = 20_261_123
_PER_DECOY_FILE = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A secret in lines `first` to `last` of a file, counted from 1."""

    kind: str
    path: str
    first: int
    last: int

    @property
    def places(self) -> frozenset[Place]:
        """Each of its lines."""
        return frozenset((self.path, line) for line in range(self.first, self.last + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A tree and what is in it."""

    root: Path
    planted: tuple[Planted, ...]
    decoys: frozenset[Place]

    def found(self, reported: set[Place]) -> tuple[Planted, ...]:
        """Return the secrets that a report has."""
        return tuple(secret for secret in self.planted if secret.places & reported)

    def false(self, reported: set[Place]) -> set[Place]:
        """Return the places of a report where no secret is."""
        return reported.difference(*(secret.places for secret in self.planted))


def grown(folder: Path, *, secrets: int = 600, decoys: int = 2400, seed: int = _SEED) -> Labelled:
    """Write the corpus below `folder` and return its labels."""
    rng = Random(seed)
    root = folder / "secrets-corpus"
    planted: list[Planted] = []
    for at, page in enumerate(_pages(rng)):
        if len(planted) >= secrets:
            break
        path = f"project-{at:03}/{page.path}"
        _write(root / path, page.encoded())
        planted += [Planted(kind=kind, path=path, first=a, last=b) for kind, a, b in page.spans]
    return Labelled(root=root, planted=tuple(planted), decoys=frozenset(_decoys(rng, root, decoys)))


def _pages(rng: Random) -> Iterator[Page]:
    """Yield files without end: each kind meets other forms every round, and so does each whole file."""
    forms = list(FORMS)
    while True:
        kinds = list(KINDS)
        rng.shuffle(kinds)
        rng.shuffle(forms)
        for at, kind in enumerate(kinds):
            form = forms[at % len(forms)]
            yield page_of(rng, form, [kind])
            if at % 4 == 0:
                yield PAGES[at // 4 % len(PAGES)](rng)


def _decoys(rng: Random, root: Path, count: int) -> Iterator[Place]:
    files = dict(secrets_decoys.public_parts(rng))
    tempting = len(files)
    for round_ in range(count):
        for path in secrets_decoys.TEMPLATES:
            if tempting >= count:
                break
            files[f"plain-{round_:02}/{path}"] = secrets_decoys.lines_of(rng, path, _PER_DECOY_FILE)
            tempting += _PER_DECOY_FILE
        if tempting >= count:
            break
    for path, lines in files.items():
        _write(root / path, "\n".join([*lines, ""]).encode())
        yield from ((path, line) for line in range(1, (1 if path.startswith("public/") else len(lines)) + 1))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
