import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.dockerfile.parsing import parse
from analyzers.checks.dockerfile.shell import Command, commands, read


def texts(script: str) -> list[str]:
    return [command.text for command in read(script)]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("a b && c || d; e & f", ["a b", "c", "d", "e", "f"]),
        ("a 'b && c' \"d; e\" f\\ g", ["a b && c d; e f g"]),
        ("if [ -f x ]; then a; else b; fi", ["[ -f x ]", "a", "b", "fi"]),
        ("(a; b) && { c; }", ["a", "b", "c", "}"]),
        ("for i in 1 2; do a $i; done", ["for i in 1 2", "a $i", "done"]),
        ("a $(b c) d", ["a", "b c", "d"]),
        ("a `b`", ["a", "b"]),
        ("X=1 Y='2 3' exec a", ["exec a"]),
        ("a # b && c\nd", ["a", "d"]),
        ("a https://x.org/#b", ["a https://x.org/#b"]),
        ("a > /dev/null 2>&1 && b", ["a > /dev/null 2>&1", "b"]),
        ("sudo -E X=1 a b", ["sudo -E X=1 a b", "a b"]),
        ("sh -c 'a && b'", ["sh -c a && b", "a", "b"]),
        ("bash -euxc 'a' x", ["bash -euxc a x", "a"]),
        ("xargs -0 rm -f", ["xargs -0 rm -f", "rm -f"]),
        ("", []),
    ],
)
def test_commands_of_scripts(script: str, found: list[str]) -> None:
    assert texts(script) == found


def test_what_is_piped_and_assigned() -> None:
    first, second, third = read("A=1 a | b && c")
    assert (first.assignments, first.piped) == (("A=1",), False)
    assert (second.piped, third.piped) == (True, False)


def test_scripts_within_scripts_are_read_to_a_depth() -> None:
    script = "x"
    for _ in range(50):
        script = f"sudo {script}"
    assert len(texts(script)) == 5


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('RUN ["sh", "-c", "a | b"]', ["sh -c a | b", "a", "b"]),
        ("RUN <<EOF\na\nb c\nEOF", ["<<EOF", "a", "b c"]),
        ("RUN bash <<EOF\na\nEOF", ["bash <<EOF", "a"]),
        ("RUN cat <<EOF > x\na\nEOF", ["cat <<EOF > x"]),
        ("HEALTHCHECK CMD a || exit 1", ["a", "exit 1"]),
        ("CMD []", []),
    ],
)
def test_commands_of_instructions(written: str, found: list[str]) -> None:
    (stage,) = parse(f"FROM x\n{written}".encode(), "Dockerfile").stages
    assert [command.text for command in commands(stage.instructions[0])] == found


def test_options() -> None:
    command = Command(words=("/usr/bin/apt-get", "-qy", "install", "--force-yes=1", "a"))
    assert command.program == "apt-get"
    assert command.operands == ("install", "a")
    assert command.has("-y")
    assert command.has("--force-yes")
    assert not command.has("-f", "--yes")


@given(st.text(alphabet="ab=-$(){}[]|&;'\"\\#<>\n `1", max_size=80))
def test_any_script_has_commands(script: str) -> None:
    for command in read(script):
        assert command.words or command.assignments
