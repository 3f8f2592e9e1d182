import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.compose import CHECKS
from analyzers.checks.compose.model import parse
from analyzers.errors import ParseError
from analyzers.inventory import File, Outcome
from analyzers.misconfig.compose import ANALYZER

SOUND = """\
services:
  web:
    image: nginx:1.27
    read_only: true
    restart: always
    mem_limit: 64m
    cap_drop: [ALL]
    security_opt:
      - no-new-privileges:true
"""
SERVICE = "services:\n  web:\n    image: nginx:1.27\n"


def outcomes(compose: str, check: str) -> list[Outcome]:
    facts = ANALYZER.parse(File("compose.yaml", compose.encode()))
    return [fact for fact in facts if isinstance(fact, Outcome) and fact.check == check]


def _with(part: str) -> str:
    return SOUND + "".join(f"    {line}\n" for line in part.splitlines())


TABLE = [
    ("CB-C0001", _with("privileged: true"), 10, _with("privileged: false")),
    ("CB-C0002", _with("network_mode: host"), 10, _with("network_mode: bridge")),
    ("CB-C0003", _with('pid: "host"'), 10, _with("pid: service:db")),
    ("CB-C0004", _with("ipc: host"), 10, _with("ipc: private")),
    (
        "CB-C0005",
        _with("volumes:\n  - a:/b\n  - /var/run/docker.sock:/x:ro"),
        12,
        _with("volumes:\n  - a:/b"),
    ),
    ("CB-C0005", _with("volumes:\n  - ${SOCK:-/run/docker.sock}:/x"), 11, _with("volumes: [/a.sock]")),
    (
        "CB-C0005",
        _with("volumes:\n  - type: bind\n    source: /var/run/docker.sock\n    target: /x"),
        11,
        _with("volumes:\n  - type: bind\n    source: ./docker.sock.d\n    target: /x"),
    ),
    ("CB-C0006", _with("cap_add:\n  - CHOWN\n  - CAP_SYS_ADMIN"), 12, _with("cap_add: [NET_BIND_SERVICE]")),
    ("CB-C0007", SERVICE, 2, SOUND),
    ("CB-C0007", _with("").replace(":true", ":false"), 8, _with("").replace(":true", "=true")),
    ("CB-C0008", "services: {web: {image: nginx}}", 1, _with("")),
    ("CB-C0008", SOUND.replace("1.27", "latest"), 3, SOUND.replace("nginx:1.27", "r.io:5000/a@sha256:x")),
    ("CB-C0009", _with('ports:\n  - "80:80"\n  - "5432:5432"'), 12, _with("ports:\n  - 127.0.0.1:5432:5432")),
    (
        "CB-C0009",
        _with("ports: ['0.0.0.0:1:6379/tcp']"),
        10,
        _with("ports: ['[::1]:6379:6379', 10.0.0.1:1:3306]"),
    ),
    (
        "CB-C0009",
        _with("ports:\n  - target: 27017"),
        11,
        _with("ports:\n  - target: 27017\n    host_ip: 127.0.0.1"),
    ),
    (
        "CB-C0010",
        _with("environment:\n  A: b\n  DB_PASSWORD: hunter2"),
        12,
        _with("environment:\n  HOST: db"),
    ),
    (
        "CB-C0010",
        _with("environment:\n  - API_KEY=hunter2"),
        11,
        _with("environment:\n  - API_KEY=${KEY:?}\n  - TOKEN"),
    ),
    (
        "CB-C0010",
        _with("environment:\n  TOKEN: ${T:-hunter2}"),
        11,
        _with("environment: {P_PASSWORD: '${P}', NO_PASSWORD: 'yes'}"),
    ),
    ("CB-C0011", SERVICE, 2, SOUND),
    ("CB-C0011", SOUND.replace("read_only: true", "read_only: false"), 4, SOUND),
    ("CB-C0012", _with("user: root"), 10, _with("user: app")),
    ("CB-C0012", _with('user: "0:10"'), 10, _with('user: "10:0"')),
    ("CB-C0013", _with("").replace("no-new-privileges:true", "seccomp=unconfined"), 9, SOUND),
    ("CB-C0014", _with("volumes:\n  - /etc:/x:ro"), 11, _with("volumes:\n  - /etc/localtime:/etc/localtime")),
    ("CB-C0014", _with("volumes: ['/:/host']"), 10, _with("volumes: [/srv/app:/app, data:/etc]")),
    (
        "CB-C0015",
        SERVICE,
        2,
        _with("").replace("mem_limit: 64m", "deploy: {resources: {limits: {memory: 1g}}}"),
    ),
    ("CB-C0016", SERVICE, 2, SOUND),
    ("CB-C0017", _with("userns_mode: host"), 10, SOUND),
    ("CB-C0018", _with("devices:\n  - /dev/sda:/dev/sda"), 11, _with("devices:\n  - /dev/dri:/dev/dri")),
    ("CB-C0019", SERVICE, 2, SOUND),
    ("CB-C0020", _with("cgroup: host"), 10, _with("cgroup: private")),
    ("CB-C0021", _with("build:\n  args:\n    NPM_TOKEN: x"), 12, _with("build:\n  args: [VERSION=1]")),
    ("CB-C0022", _with("healthcheck:\n  disable: true"), 11, _with("healthcheck:\n  test: x")),
    ("CB-C0023", _with("ports: ['2222:22']"), 10, _with("ports: ['22:2222', '127.0.0.1:22:22']")),
]


@pytest.mark.parametrize(("check", "failing", "line", "passing"), TABLE, ids=lambda value: str(value)[-40:])
def test_a_check_fails_where_it_should_and_nowhere_else(
    check: str, failing: str, line: int, passing: str
) -> None:
    (found,) = outcomes(failing, check)
    assert (found.start_line, found.resource, found.file_type) == (line, "web", "compose")
    assert found.message
    assert [outcome.passed for outcome in outcomes(passing, check)] == [True]


def test_every_check_is_in_the_table() -> None:
    assert {check.id for check in CHECKS} == {check for check, *_ in TABLE}


def test_a_sound_service_passes_all() -> None:
    found = [each for check in CHECKS for each in outcomes(SOUND, check.id)]
    assert {each.check for each in found if each.passed} == {check.id for check in CHECKS}


def test_services_have_what_they_merge_and_extend() -> None:
    text = """\
x-base: &base
  privileged: true
services:
  one:
    <<: *base
    image: a:1
  two:
    extends: one
    image: b:1
  three:
    extends: {service: two}
    privileged: false
  four:
    extends: {file: other.yaml, service: one}
"""
    assert [(each.resource, each.start_line) for each in outcomes(text, "CB-C0001")] == [
        ("one", 2),
        ("two", 2),
    ]


def test_files_that_override_are_not_asked_for_what_they_leave() -> None:
    text = "services:\n  web:\n    environment: [A=b]\n"
    assert [each.passed for each in outcomes(text, "CB-C0011")] == [True]


def test_secrets_are_not_repeated() -> None:
    (found,) = outcomes(_with("environment:\n  DB_PASSWORD: hunter2"), "CB-C0010")
    assert [line.content for line in found.code] == ["      DB_PASSWORD: *******"]


@pytest.mark.parametrize("text", ["", "networks: {a: {}}", "services:", "services: {}"])
def test_files_without_services_say_nothing(text: str) -> None:
    assert list(ANALYZER.parse(File("compose.yaml", text.encode()))) == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- a", "compose.yaml: a list, expected a mapping"),
        ("services: [a]", "compose.yaml: services: a list, expected a mapping"),
        ("services: {web: a}", "compose.yaml: services.web: text, expected a mapping"),
    ],
)
def test_errors(text: str, error: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text.encode(), "compose.yaml")
    assert str(caught.value) == error


def test_services_that_extend_each_other_end() -> None:
    text = "services: {a: {extends: b, image: x:1}, b: {extends: a}}"
    assert len(parse(text.encode(), "compose.yaml").services) == 2


KEYS = st.sampled_from(
    (
        *(
            "image",
            "volumes",
            "ports",
            "environment",
            "build",
            "args",
            "deploy",
            "healthcheck",
            "<<",
            "extends",
        ),
        *("user", "security_opt", "cap_add", "devices", "target", "host_ip", "services"),
    )
)
VALUES = st.recursive(
    st.sampled_from(["host", "root", "22", "0:0", "/etc:/x", "A_TOKEN=b", "", "a:b:c:d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_service_is_judged(service: dict[str, object]) -> None:
    text = f"services: {{web: {service!r}}}"
    assert list(ANALYZER.parse(File("compose.yaml", text.encode())))


@given(st.binary(max_size=100) | st.text(alphabet="services:web{}[]-&*<> \n\"'", max_size=60).map(str.encode))
def test_any_bytes_end_in_values_or_parse_error(data: bytes) -> None:
    try:
        found = list(ANALYZER.parse(File("compose.yaml", data)))
    except ParseError:
        return
    assert all(isinstance(each, Outcome) for each in found)
