import random
import shutil
import subprocess

import pytest

from analyzers import versions

PIECES = ["0", "1", "01", "9", "10", "a", "b", "Z", "rc", "p1", "~", "~~", ".", ".", "-", "+", "git2024"]


def random_pairs(seed: int, extra: list[str], count: int) -> list[tuple[str, str]]:
    dice = random.Random(seed)

    def version() -> str:
        return str(dice.randrange(12)) + "".join(dice.choices(PIECES + extra, k=dice.randrange(6)))

    pairs = []
    for _ in range(count):
        first = version()
        near = first + dice.choice(PIECES + extra)
        pairs.append((first, dice.choice([version(), near, near])))
    return pairs


@pytest.mark.program("dpkg")
@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")
def test_dpkg_agrees() -> None:
    pairs = random_pairs(1, [":", "_", "é"], 700)
    script = """
    while IFS=' ' read -r a b; do
        if dpkg --compare-versions "$a" lt "$b"; then echo '<'
        elif dpkg --compare-versions "$a" gt "$b"; then echo '>'
        elif dpkg --compare-versions "$a" eq "$b"; then echo '='
        else echo '!'; fi
    done
    """
    lines = "".join(f"{a} {b}\n" for a, b in pairs)
    done = subprocess.run(
        ["sh", "-c", script], input=lines, capture_output=True, text=True, check=True, timeout=60
    )

    assert [(pair, our_sign("Debian", *pair)) for pair in pairs] == list(
        zip(pairs, done.stdout.split(), strict=True)
    )


@pytest.mark.program("rpm")
@pytest.mark.skipif(shutil.which("rpm") is None, reason="needs rpm")
def test_rpm_agrees() -> None:
    pairs = random_pairs(2, ["^", "^^", "_"], 3000)
    # rpm.vercmp looks at one part; a "-" there is a separator like any other
    pairs = [(a.replace("-", "_"), b.replace("-", "_")) for a, b in pairs]
    calls = "".join(f'print(rpm.vercmp("{a}","{b}").."\\n") ' for a, b in pairs)
    done = subprocess.run(
        ["rpm", "--eval", f"%{{lua:{calls}}}"], capture_output=True, text=True, check=True, timeout=60
    )
    theirs = ["<=>"[int(line) + 1] for line in done.stdout.split()]

    assert [(pair, our_sign("AlmaLinux", *pair)) for pair in pairs] == list(zip(pairs, theirs, strict=True))


def our_sign(ecosystem: str, a: str, b: str) -> str:
    try:
        return "<=>"[versions.compare(ecosystem, a, b) + 1]
    except versions.InvalidVersionError:
        return "!"
