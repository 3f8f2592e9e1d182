import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.checks.dockerfile.parsing import parse, parse_lines
from analyzers.errors import ParseError


def read(text: str) -> Dockerfile:
    return parse(text.encode(), "Dockerfile")


def only(text: str) -> Instruction:
    (stage,) = read(f"FROM x\n{text}").stages
    (instruction,) = stage.instructions
    return instruction


@pytest.mark.parametrize(
    ("written", "keyword", "arguments", "flags"),
    [
        ("run  make  all ", "RUN", ("make  all",), ()),
        ('RUN ["make", "all"]', "RUN", ("make", "all"), ()),
        ("RUN [ -f x ] && make", "RUN", ("[ -f x ] && make",), ()),
        ("RUN [1, 2]", "RUN", ("[1, 2]",), ()),
        ("RUN --mount=type=cache,target=/x --network=none make", "RUN", ("make",), ("mount", "network")),
        ("RUN --", "RUN", ("--",), ()),
        ('COPY --from=b "a b" c\\ d /x', "COPY", ("a b", "c d", "/x"), ("from",)),
        ('COPY ["a b", "/x"]', "COPY", ("a b", "/x"), ()),
        ("ENV A=1 B='x y' C=\"p q\"", "ENV", ("A=1", "B=x y", "C=p q"), ()),
        ("ENV NAME some value", "ENV", ("NAME=some value",), ()),
        ("ENV NAME", "ENV", ("NAME=",), ()),
        ("LABEL a=b", "LABEL", ("a=b",), ()),
        ("EXPOSE 80 443/tcp", "EXPOSE", ("80", "443/tcp"), ()),
        ("USER app", "USER", ("app",), ()),
        ("WORKDIR /a b", "WORKDIR", ("/a b",), ()),
        ('VOLUME ["/a", "/b"]', "VOLUME", ("/a", "/b"), ()),
        ("VOLUME /a /b", "VOLUME", ("/a", "/b"), ()),
        ("HEALTHCHECK none", "HEALTHCHECK", ("NONE",), ()),
        ("HEALTHCHECK --interval=5s CMD curl x", "HEALTHCHECK", ("CMD", "curl x"), ("interval",)),
        ("ONBUILD RUN make", "RUN", ("make",), ()),
        ("MAINTAINER A B <c>", "MAINTAINER", ("A B <c>",), ()),
    ],
)
def test_instructions(written: str, keyword: str, arguments: tuple[str, ...], flags: tuple[str, ...]) -> None:
    found = only(written)
    assert (found.keyword, found.arguments) == (keyword, arguments)
    assert tuple(flag[2:].partition("=")[0] for flag in found.flags) == flags
    assert found.on_build == written.startswith("ONBUILD")


def test_lines_are_joined_without_the_comments_and_empty_lines_between() -> None:
    found = only("RUN a \\\n# comment \\\n\n  && b \\  \n   # more\n  && c\nUSER x".removesuffix("\nUSER x"))
    assert found.arguments == ("a   && b   && c",)
    assert (found.start_line, found.end_line) == (2, 7)


def test_an_escaped_escape_does_not_continue_a_line() -> None:
    first, second = read("FROM x\nRUN a \\\\\nRUN b").stages[0].instructions
    assert (first.end_line, second.arguments) == (2, ("b",))


def test_the_directive_that_changes_the_escape() -> None:
    (found,) = (
        read("# syntax=docker/dockerfile:1\n# escape=`\nFROM x\nRUN dir C:\\ `\n  C:\\x")
        .stages[0]
        .instructions
    )
    assert found.arguments == ("dir C:\\   C:\\x",)


def test_after_a_comment_there_are_no_directives() -> None:
    (found,) = read("# a comment\n# escape=`\nFROM x\nRUN a \\\n b").stages[0].instructions
    assert found.arguments == ("a  b",)


def test_heredocs() -> None:
    found = only("COPY <<one <<-'two' /x/\na\none\n\tb\n\ttwo\n")
    assert [(each.name, each.text) for each in found.heredocs] == [("one", "a\n"), ("two", "b\n")]
    assert (found.start_line, found.end_line) == (2, 6)


@pytest.mark.parametrize(
    "written", ['RUN echo "<<EOF"', "RUN echo $((1<<2))", 'RUN ["a", "<<EOF"]', "RUN cat <<<x"]
)
def test_what_looks_like_a_heredoc(written: str) -> None:
    assert only(written).heredocs == ()


def test_stages_start_from_what_arguments_and_earlier_stages_tell() -> None:
    found = read(
        "ARG NAME=debian\nARG TAG=${VERSION:-12}-slim\nFROM --platform=$X ${NAME}:$TAG AS Build\n"
        "FROM build as final\nFROM $UNKNOWN\n"
    )
    assert [(stage.base, stage.name) for stage in found.stages] == [
        ("debian:12-slim", "build"),
        ("build", "final"),
        ("$UNKNOWN", ""),
    ]
    assert [stage.name for stage in found.lineage(found.stages[1])] == ["build", "final"]
    assert found.final() == found.stages[2:]


@pytest.mark.parametrize(
    ("before", "written", "said"),
    [
        ("ENV A=x", "USER $A", "x"),
        ("ARG A=x", "USER ${A}y", "xy"),
        ("ARG A", "USER $A", "default"),
        ("ARG B", "USER $B", "$B"),
        ("ENV A=", "USER ${A:-z}", "z"),
        ("ENV A=", "USER ${A-z}", ""),
        ("ENV A=x", "USER ${A:+z}", "z"),
        ("ENV A=x", "USER \\$A", "\\$A"),
        ("ENV A=x", "USER ${A", "${A"),
    ],
)
def test_variables(before: str, written: str, said: str) -> None:
    found = read(f"ARG A=default\nFROM x\n{before}\n{written}").stages[0].instructions[-1]
    assert found.arguments == (said,)


def test_variables_of_variables_do_not_grow_without_end() -> None:
    doubling = "".join("ENV A=$A$A\n" for _ in range(100))
    found = read(f"FROM x\nENV A=xx\n{doubling}").stages[0].instructions[-1]
    assert len(found.arguments[0]) < 10_000


def test_instructions_before_any_from_are_a_stage() -> None:
    (stage,) = read("RUN make").stages
    assert (stage.base, stage.beginning) == ("", None)


def test_empty_files_have_no_stages_but_empty_histories_are_an_image() -> None:
    assert read("\n# nothing\n").stages == ()
    assert len(parse_lines(("# nothing",), "image").stages) == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("FROM x\nBOGUS y", "Dockerfile: line 2: 'BOGUS', expected a Dockerfile instruction"),
        ("FROM x\nONBUILD ONBUILD RUN y", "Dockerfile: line 2: 'ONBUILD', expected a Dockerfile instruction"),
        ("FROM x\nONBUILD", "Dockerfile: line 2: '', expected a Dockerfile instruction"),
        ("FROM x\nRUN <<EOF\nls", "Dockerfile: line 2: no line 'EOF', expected it to end the heredoc"),
        ("# escape=x\nFROM y", "Dockerfile: line 1: escape 'x', expected '\\' or '`'"),
        ("FROM x\n" * 1001, "Dockerfile: line 1001: more than 1000 stages"),
    ],
)
def test_errors(text: str, error: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert str(caught.value) == error


WORDS = st.sampled_from(
    (
        *("FROM x", "RUN", "COPY", "ENV A=", "ARG", "ONBUILD", "HEALTHCHECK", "--from=x", "$A", "${A:-", "}"),
        *(
            "<<E",
            "E",
            "\\",
            "`",
            '"',
            "'",
            "\n",
            " ",
            "\t",
            "\r",
            "[",
            '"a"',
            ",",
            "]",
            "# escape=`",
            "#",
            "=",
            "1",
        ),
    )
)


@given(st.lists(WORDS, max_size=40).map("".join).map(str.encode) | st.binary(max_size=200))
def test_any_bytes_end_in_values_or_parse_error(data: bytes) -> None:
    try:
        found = parse(data, "Dockerfile")
    except ParseError:
        return
    lines = data.count(b"\n") + 1
    for each in found.of("RUN", "ENV", "COPY"):
        assert 1 <= each.start_line <= each.end_line <= lines
