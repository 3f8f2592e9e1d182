import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.documents import Value
from analyzers.misconfig._image_config import dockerfile_of, judge_image_config

HEAD = "# as its configuration tells"
HASH = "4e" * 32


def step(created_by: str, *, empty: bool = False) -> dict[str, Value]:
    return {"created_by": created_by, "empty_layer": empty}


def failed(config: dict[str, Value]) -> dict[str, int]:
    return {each.check: each.start_line for each in judge_image_config(config) if not each.passed}


@pytest.mark.parametrize(
    ("created_by", "lines"),
    [
        ("RUN /bin/sh -c make # buildkit", ["RUN make"]),
        ("/bin/sh -c make && \tmake install", ["RUN make && \tmake install"]),
        ("|1 A=b c /bin/sh -c make", ['ARG A="b c"', "RUN make"]),
        ("RUN |2 A=1 B=2 /bin/sh -c make # buildkit", ['ARG A="1"', 'ARG B="2"', "RUN make"]),
        (
            "RUN /bin/bash -o pipefail -c a | b # buildkit",
            ['SHELL ["/bin/bash","-o","pipefail","-c"]', "RUN a | b"],
        ),
        ("RUN python -m x # buildkit", ["RUN python -m x"]),
        ("RUN /bin/sh -c a\nb # buildkit", [r'RUN ["/bin/sh","-c","a\nb"]']),
        ("RUN /bin/sh -c a \\ # buildkit", [r'RUN ["/bin/sh","-c","a \\"]']),
        ("/bin/sh -c #(nop) WORKDIR /app", ["WORKDIR /app"]),
        (f"/bin/sh -c #(nop) ADD file:{HASH} in / ", [f"ADD file:{HASH} /"]),
        (f"/bin/sh -c #(nop) COPY dir:{HASH} in /app|inheritLabels=false", [f"COPY dir:{HASH} /app"]),
        ("COPY /src /app # buildkit", ["COPY /src /app"]),
        ("COPY <<EOF /app # buildkit", ['COPY ["<<EOF","/app"]']),
        ("COPY <<EOF in /app", ['COPY ["<<EOF","in","/app"]']),
        ("ENV A=b c D=e", ['ENV A="b c" D="e"']),
        ('ENV A=$HOME "x"', [r'ENV A="\$HOME \"x\""']),
        ("ARG TOKEN", ["ARG TOKEN"]),
        ("/bin/sh -c #(nop)  MAINTAINER a@b.org", ["MAINTAINER a@b.org"]),
        ("debootstrap --variant=minbase", ["# debootstrap --variant=minbase"]),
        ("escape=`", ["# escape=`"]),
        ('CMD ["a" "b"]', []),
        ("EXPOSE map[80/tcp:{}]", []),
        ("HEALTHCHECK &{[]}", []),
        ("", []),
    ],
)
def test_lines_of_history(created_by: str, lines: list[str]) -> None:
    assert dockerfile_of({"history": [step(created_by)]}) == (HEAD, *lines)


def test_lines_of_settings() -> None:
    config: dict[str, Value] = {
        "config": {
            "Env": ["PATH=/bin", "A=b c"],
            "ExposedPorts": {"80/tcp": {}},
            "Volumes": {"/data": {}},
            "User": "app",
            "Healthcheck": {"Test": ["CMD-SHELL", "curl x"]},
            "Entrypoint": ["/run"],
            "Cmd": ["a b"],
        },
        "history": [step("ENV A=b c", empty=True)],
    }
    assert dockerfile_of(config) == (
        HEAD,
        'ENV A="b c"',
        'ENV PATH="/bin"',
        "EXPOSE 80/tcp",
        'VOLUME ["/data"]',
        "USER app",
        "HEALTHCHECK CMD curl x",
        'ENTRYPOINT ["/run"]',
        'CMD ["a b"]',
    )


@pytest.mark.parametrize(
    ("test", "line"),
    [
        (["NONE"], "HEALTHCHECK NONE"),
        (["CMD", "curl", "x"], 'HEALTHCHECK CMD ["curl","x"]'),
        (["CMD-SHELL", "a || b"], "HEALTHCHECK CMD a || b"),
    ],
)
def test_health_checks(test: list[Value], line: str) -> None:
    assert dockerfile_of({"config": {"Healthcheck": {"Test": test}}}) == (HEAD, line)


def test_the_base_image_ends_at_its_command() -> None:
    history: list[Value] = [
        step(f"/bin/sh -c #(nop) ADD file:{HASH} in / "),
        step('/bin/sh -c #(nop)  CMD ["bash"]', empty=True),
        step("RUN /bin/sh -c make # buildkit"),
        step('CMD ["x"]', empty=True),
    ]
    assert dockerfile_of({"history": history}) == (HEAD, "RUN make")
    assert dockerfile_of({"history": history[:2]}) == (HEAD, f"ADD file:{HASH} /")


def test_what_trivy_finds_in_the_same_image() -> None:
    config: dict[str, Value] = {
        "history": [step("RUN /bin/sh -c cd /x && make # buildkit"), step("USER app", empty=True)],
        "config": {"User": "app"},
    }
    assert failed(config) == {"DS-0013": 2, "DS-0026": 0}  # Trivy 0.59: DS013 and DS026


def test_images_of_which_nothing_is_known_run_as_root() -> None:
    assert failed({}) == {"DS-0002": 0, "DS-0026": 0}


def test_the_settings_decide_not_the_history() -> None:
    history: list[Value] = [step("USER app", empty=True), step("USER root", empty=True)]
    assert "DS-0002" in failed({"history": history, "config": {"User": ""}})
    assert "DS-0002" in failed({"history": history, "config": {"User": "0"}})
    assert "DS-0002" not in failed({"history": history, "config": {"User": "1000"}})


def test_secrets_of_builds_are_found_and_not_repeated() -> None:
    history: list[Value] = [
        step("ENV API_TOKEN=hunter2", empty=True),
        step("RUN |1 NPM_TOKEN=swordfish /bin/sh -c npm ci # buildkit"),
    ]
    config: dict[str, Value] = {"history": history, "config": {"Env": ["API_TOKEN="]}}
    found = [each for each in judge_image_config(config) if each.check == "DS-0031"]
    assert [each.start_line for each in found] == [2, 3]
    assert "hunter2" not in str(found)
    assert "swordfish" not in str(found)


def test_histories_ignore_nothing() -> None:
    config: dict[str, Value] = {
        "history": [step("# trivy:ignore:*"), step("x trivy:ignore:* # trivy:ignore:*")]
    }
    assert {each.ignored for each in judge_image_config(config)} == {""}


def test_checks_that_do_not_suit_images_are_left_out() -> None:
    judged = {each.check for each in judge_image_config({})}
    assert not judged & {"DS-0001", "DS-0006", "DS-0007", "DS-0012", "DS-0016", "DS-0023", "CB-D0001"}
    assert len(judged) > 30


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.lists(
    st.sampled_from(
        ["RUN ", "|1 A=", " /bin/sh -c ", "#(nop) ", "COPY ", " in ", "ENV ", "=", "\n", "\\", "<<E", "["]
    )
    | st.text(max_size=5),
    max_size=8,
).map("".join)


@given(st.lists(ENTRIES, max_size=5), ANY, ANY)
def test_any_configuration_is_judged(entries: list[str], settings: Value, other: Value) -> None:
    config: dict[str, Value] = {
        "history": [*(step(each) for each in entries), other],
        "config": {"Env": settings, "User": other, "Healthcheck": {"Test": settings}, "Cmd": settings},
    }
    assert judge_image_config(config)
    assert all("\n" not in line for line in dockerfile_of(config))
