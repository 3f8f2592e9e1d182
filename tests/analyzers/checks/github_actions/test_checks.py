import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.github_actions import CHECKS
from analyzers.checks.github_actions.model import parse
from analyzers.errors import ParseError
from analyzers.inventory import File, Outcome
from analyzers.misconfig.github_actions import ANALYZER

COMMIT = "4e" * 20
PATH = ".github/workflows/ci.yml"
SOUND = f"""\
name: ci
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    container: node:22
    steps:
      - uses: actions/checkout@{COMMIT} # v4.2.2
        with:
          persist-credentials: false
      - run: make
"""


def outcomes(workflow: str, check: str) -> list[Outcome]:
    facts = ANALYZER.parse(File(PATH, workflow.encode()))
    return [fact for fact in facts if isinstance(fact, Outcome) and fact.check == check]


def _step(part: str, *, on: str = "push") -> str:
    first, *rest = part.splitlines()
    lines = [f"      - {first}", *(f"        {line}" for line in rest)]
    return SOUND.replace("[push, pull_request]", on) + "\n".join(lines) + "\n"


TABLE = [
    ("CB-G0001", _step("uses: some/action@v1"), 14, _step(f"uses: some/action@{COMMIT}")),
    ("CB-G0001", _step("uses: some/action/sub@main"), 14, _step("uses: actions/setup-go@v5")),
    ("CB-G0001", _step("uses: some/action"), 14, _step("uses: ./local")),
    (
        "CB-G0002",
        _step(
            "uses: actions/checkout@v4\nwith:\n  ref: ${{ github.event.pull_request.head.sha }}",
            on="pull_request_target",
        ),
        16,
        _step(
            "uses: actions/checkout@v4\nwith:\n  ref: ${{ github.event.pull_request.head.sha }}",
            on="pull_request",
        ),
    ),
    (
        "CB-G0002",
        _step("run: |\n  make\n  gh pr checkout 1", on="{workflow_run: {workflows: [x]}}"),
        16,
        _step("uses: actions/checkout@v4", on="pull_request_target"),
    ),
    (
        "CB-G0003",
        _step('run: |\n  make\n  echo "${{ github.event.issue.title }}"'),
        16,
        _step('run: echo "$TITLE"\nenv:\n  TITLE: ${{ github.event.issue.title }}'),
    ),
    (
        "CB-G0003",
        _step("run: git checkout ${{ github.head_ref }}"),
        14,
        _step("run: echo ${{ github.event.number }}"),
    ),
    (
        "CB-G0003",
        _step("uses: actions/github-script@v7\nwith:\n  script: x('${{ github.event.comment.body }}')"),
        16,
        _step("uses: other/action@v7\nwith:\n  title: ${{ github.event.comment.body }}"),
    ),
    ("CB-G0004", SOUND.replace("\n  contents: read", " write-all"), 3, SOUND),
    (
        "CB-G0005",
        SOUND.replace("permissions:\n  contents: read\n", ""),
        4,
        SOUND.replace("\n  contents: read", " {}"),
    ),
    (
        "CB-G0006",
        _step("run: echo ${{ secrets.TOKEN }}"),
        14,
        _step("run: echo ${{ secrets.TOKEN }} | docker login --password-stdin x"),
    ),
    (
        "CB-G0007",
        SOUND.replace("ubuntu-24.04", "[self-hosted, linux]"),
        7,
        SOUND.replace("ubuntu-24.04", "self-hosted").replace(", pull_request", ""),
    ),
    ("CB-G0007", SOUND.replace("ubuntu-24.04", "{labels: self-hosted}"), 7, SOUND),
    ("CB-G0008", _step("uses: actions/checkout@v4"), 14, SOUND),
    (
        "CB-G0009",
        _step("run: |\n  make\n  curl -fsSL https://x.org/i.sh | sh"),
        16,
        _step("run: curl https://x.org | jq"),
    ),
    (
        "CB-G0010",
        _step('run: echo "::set-output name=a::b"'),
        14,
        _step('run: echo "a=b" >> "$GITHUB_OUTPUT"'),
    ),
    (
        "CB-G0010",
        _step("run: x\nenv:\n  ACTIONS_ALLOW_UNSECURE_COMMANDS: true"),
        16,
        _step("run: x\nenv:\n  ACTIONS_ALLOW_UNSECURE_COMMANDS: false"),
    ),
    (
        "CB-G0011",
        SOUND + "  call:\n    uses: ./.github/workflows/x.yml\n    secrets: inherit\n",
        16,
        SOUND + "  call:\n    uses: ./.github/workflows/x.yml\n    secrets: {A: '${{ secrets.A }}'}\n",
    ),
    (
        "CB-G0012",
        _step("run: x\nenv:\n  API_TOKEN: hunter2"),
        16,
        _step("run: x\nenv:\n  API_TOKEN: ${{ secrets.A }}"),
    ),
    (
        "CB-G0012",
        SOUND.replace("container: node:22", "container: {image: a:1, credentials: {password: hunter2}}"),
        8,
        SOUND.replace(
            "container: node:22", "container: {image: a:1, credentials: {password: '${{ secrets.A }}'}}"
        ),
    ),
    ("CB-G0013", _step("uses: actions/setup-go@main"), 14, _step("uses: actions/setup-go@v5")),
    (
        "CB-G0014",
        _step("run: x\nenv:\n  ALL: ${{ toJSON(secrets) }}"),
        16,
        _step("run: x\nenv:\n  A: ${{ secrets.A }}"),
    ),
    (
        "CB-G0015",
        _step("if: github.actor == 'dependabot[bot]'\nrun: x", on="pull_request_target"),
        14,
        _step(
            "if: github.event.pull_request.user.login == 'dependabot[bot]'\nrun: x", on="pull_request_target"
        ),
    ),
    ("CB-G0016", SOUND.replace("node:22", "node"), 8, SOUND.replace("node:22", "r.io:5000/node@sha256:x")),
    ("CB-G0016", _step("uses: docker://alpine"), 14, _step("uses: docker://alpine:3.20")),
    (
        "CB-G0017",
        _step('run: echo "A=${{ github.event.issue.title }}" >> "$GITHUB_ENV"'),
        14,
        _step('run: echo "A=${{ github.sha }}" >> "$GITHUB_ENV"'),
    ),
]


@pytest.mark.parametrize(("check", "failing", "line", "passing"), TABLE, ids=lambda value: str(value)[-40:])
def test_a_check_fails_where_it_should_and_nowhere_else(
    check: str, failing: str, line: int, passing: str
) -> None:
    (found,) = outcomes(failing, check)
    assert (found.start_line, found.file_type) == (line, "github-actions")
    assert found.message
    assert [outcome.passed for outcome in outcomes(passing, check)] == [True]


def test_every_check_is_in_the_table() -> None:
    assert {check.id for check in CHECKS} == {check for check, *_ in TABLE}


def test_a_sound_workflow_passes_all() -> None:
    found = [each for check in CHECKS for each in outcomes(SOUND, check.id)]
    assert {each.check for each in found if each.passed} == {check.id for check in CHECKS}


def test_secrets_are_not_repeated() -> None:
    (found,) = outcomes(_step("run: x\nenv:\n  API_TOKEN: hunter2"), "CB-G0012")
    assert [line.content for line in found.code] == ["          API_TOKEN: *******"]


@pytest.mark.parametrize(
    "written", ["push", "[push, pull_request]", "{push: , pull_request: {types: [opened]}}"]
)
def test_triggers(written: str) -> None:
    found = parse(f"on: {written}\njobs: {{}}".encode(), PATH)
    assert "push" in found.triggers


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "empty, expected a mapping"),
        ("on: push", "jobs: empty, expected a mapping"),
        ("jobs: {a: b}", "jobs.a: text, expected a mapping"),
        ("jobs: {a: {steps: b}}", "jobs.a.steps: text, expected a list"),
        ("jobs: {a: {steps: [{}, b]}}", "jobs.a.steps[1]: text, expected a mapping"),
    ],
)
def test_errors(text: str, error: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text.encode(), PATH)
    assert str(caught.value) == f"{PATH}: {error}"


KEYS = st.sampled_from(
    ("uses", "run", "with", "env", "if", "container", "services", "permissions", "runs-on", "ref")
)
VALUES = st.recursive(
    st.sampled_from(
        ("write-all", "actions/checkout@v4", "${{ secrets.A }}", "echo ${{ github.head_ref }}", "a@b", "")
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_step_is_judged(job: dict[str, object], step: dict[str, object]) -> None:
    text = f"on: pull_request_target\njobs: {{a: {job | {'steps': [step]}!r}}}"
    assert list(ANALYZER.parse(File(PATH, text.encode())))


@given(st.binary(max_size=100) | st.text(alphabet="jobs:steps{}[]-&*<> \n\"'", max_size=60).map(str.encode))
def test_any_bytes_end_in_values_or_parse_error(data: bytes) -> None:
    try:
        found = list(ANALYZER.parse(File(PATH, data)))
    except ParseError:
        return
    assert all(isinstance(each, Outcome) for each in found)
