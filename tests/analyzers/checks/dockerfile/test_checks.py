from typing import NamedTuple

import pytest

from analyzers.checks.dockerfile import CHECKS
from analyzers.inventory import File, Outcome
from analyzers.misconfig.dockerfile import ANALYZER

DIGEST = f"sha256:{'4e' * 32}"
END = "USER app\nHEALTHCHECK CMD true\n"
PUBLIC = {
    "DS-0001": "MEDIUM",
    "DS-0002": "HIGH",
    "DS-0004": "MEDIUM",
    "DS-0005": "LOW",
    "DS-0006": "CRITICAL",
    "DS-0007": "CRITICAL",
    "DS-0008": "CRITICAL",
    "DS-0009": "HIGH",
    "DS-0010": "CRITICAL",
    "DS-0011": "CRITICAL",
    "DS-0012": "CRITICAL",
    "DS-0013": "MEDIUM",
    "DS-0014": "LOW",
    "DS-0015": "HIGH",
    "DS-0016": "HIGH",
    "DS-0017": "HIGH",
    "DS-0019": "HIGH",
    "DS-0020": "HIGH",
    "DS-0021": "HIGH",
    "DS-0022": "HIGH",
    "DS-0023": "MEDIUM",
    "DS-0024": "HIGH",
    "DS-0025": "HIGH",
    "DS-0026": "LOW",
    "DS-0027": "HIGH",
    "DS-0029": "HIGH",
    "DS-0030": "HIGH",
    "DS-0031": "CRITICAL",
}
"""Ids and severities of the public catalogue, as Trivy 0.59 reports them with --include-non-failures."""


class Case(NamedTuple):
    check: str
    failing: str
    line: int
    """0: about the whole file."""
    passing: str
    same: bool = True
    """Whether Trivy 0.59 says the same of both; False where it has no such check, or is told why below."""


def _from(*lines: str) -> str:
    return "\n".join((f"FROM alpine:3.20@{DIGEST}", *lines, END))


def _run(command: str) -> str:
    return _from(f"RUN {command}")


CASES = [
    Case("DS-0001", f"FROM debian\n{END}", 1, f"FROM debian:12\n{END}"),
    Case(
        "DS-0001", f"FROM r.io:5000/a/b:latest\n{END}", 1, f"FROM r.io:5000/a/b@{DIGEST}\n{END}", same=False
    ),
    Case(
        "DS-0001", f"ARG TAG=latest\nFROM debian:$TAG\n{END}", 2, f"ARG TAG=12\nFROM debian:${{TAG}}\n{END}"
    ),
    Case("DS-0001", f"FROM debian AS a\nFROM a\n{END}", 1, f"FROM scratch AS a\nFROM a\n{END}"),
    # Trivy takes an unknown variable for an image without tag
    Case("DS-0001", f"FROM debian:latest\n{END}", 1, f"ARG IMAGE\nFROM $IMAGE\n{END}", same=False),
    Case("DS-0002", _from("RUN true").replace("USER app\n", ""), 0, _from("RUN true")),
    Case("DS-0002", "FROM a:1\nUSER app\nUSER root\nHEALTHCHECK NONE", 3, "FROM a:1\nUSER root\nUSER 10:10"),
    Case(
        "DS-0002",
        "FROM a:1\nUSER 0:0\nHEALTHCHECK NONE",
        2,
        "FROM a:1 AS b\nUSER x\nFROM b\nHEALTHCHECK NONE",
    ),
    # Trivy takes any USER of any stage for that of the image
    Case("DS-0002", f"FROM a:1\n{END}FROM b:1\n", 0, "FROM gcr.io/distroless/static:nonroot", same=False),
    Case("DS-0004", _from("EXPOSE 80 22/tcp"), 2, _from("EXPOSE 80 2222")),
    Case("DS-0004", _from("EXPOSE 20-25"), 2, _from("EXPOSE 23-25"), same=False),  # Trivy reads no ranges
    Case("DS-0005", _from("ADD app /app"), 2, _from("ADD app.tar.gz /app")),
    Case("DS-0005", _from("ADD --chown=1:1 a.zip /"), 2, _from("ADD https://example.org/a.zip /")),
    Case(
        "DS-0006",
        f"FROM a:1 AS b\nCOPY --from=b /x /y\n{END}",
        2,
        f"FROM a:1 AS b\nCOPY --from=c /x /y\n{END}",
    ),
    Case("DS-0007", _from("ENTRYPOINT a", "ENTRYPOINT b"), 3, _from("ENTRYPOINT a")),
    Case("DS-0008", _from("EXPOSE 80 70000/tcp"), 2, _from("EXPOSE 65535 0")),
    Case("DS-0009", _from("WORKDIR app"), 2, _from("WORKDIR $HOME/app", 'WORKDIR "/app"', "WORKDIR /x")),
    Case("DS-0010", _run("true && sudo make"), 2, _run("apk add --no-cache sudo")),
    Case("DS-0010", _run("/usr/bin/sudo -E make"), 2, _run("echo sudo"), same=False),
    Case("DS-0011", _from("COPY a b c"), 2, _from("COPY a b c/", "COPY a b .", "COPY a b"), same=False),
    Case("DS-0011", _from('COPY ["a", "b", "c"]'), 2, _from('COPY ["a", "b", "c/"]')),
    Case("DS-0012", "FROM a:1 AS x\nFROM b:1 AS x\n" + END, 1, "FROM a:1 AS x\nFROM b:1 AS y\n" + END),
    Case("DS-0013", _run("cd /app && make"), 2, _run("make -C /app")),
    Case("DS-0013", _run("make && \\\n  cd app && \\\n  make"), 2, _run("cdrecord x")),
    Case("DS-0014", _from("RUN curl -o a b", "RUN wget b"), 3, _from("RUN curl -o a b", "RUN curl c")),
    Case("DS-0015", _run("yum install -y vim"), 2, _run("yum install -y vim && yum clean all")),
    Case("DS-0015", _run("yum -y install vim"), 2, _run("yum install -y a && yum -y clean all")),
    Case("DS-0016", _from("CMD a", 'CMD ["b"]'), 3, _from("CMD a")),
    Case(
        "DS-0017",
        _run("apt-get update"),
        2,
        _run("apt-get update && apt-get install -y --no-install-recommends a"),
    ),
    Case("DS-0017", _run('["apt-get", "update"]'), 2, _run("apt-get update; apt-get -y upgrade")),
    Case("DS-0017", _run("apk update"), 2, _run("sbt update")),
    Case("DS-0019", _run("dnf install -y vim"), 2, _run("dnf install -y vim && dnf clean all")),
    # Trivy does not know that the folder is all that `dnf clean all` removes
    Case(
        "DS-0019", _run("dnf -y install a"), 2, _run("dnf -y install a && rm -rf /var/cache/dnf"), same=False
    ),
    Case("DS-0020", _run("zypper install -y vim"), 2, _run("zypper in -y vim && zypper clean -a")),
    Case("DS-0020", _run("zypper -n in vim"), 2, _run("zypper -n in vim && zypper cc"), same=False),
    Case("DS-0021", _run("apt-get install vim"), 2, _run("apt-get install -y --no-install-recommends vim")),
    Case("DS-0021", _run("apt-get -q install a"), 2, _run("apt-get -qy install --no-install-recommends a")),
    Case("DS-0021", _run("DEBIAN_FRONTEND=x apt install a"), 2, _run("apt-get -qq install a"), same=False),
    Case("DS-0022", _from("MAINTAINER a@b.org"), 2, _from('LABEL maintainer="a@b.org"')),
    Case("DS-0023", _from("HEALTHCHECK CMD a"), 4, _from()),
    Case("DS-0024", _run("apt-get -y dist-upgrade"), 2, _run("apt-get update && apt-get -y upgrade")),
    Case("DS-0025", _run("apk add vim"), 2, _run("apk --no-cache add vim")),
    Case("DS-0025", _run("apk add --update vim && true"), 2, _run("apk add --no-cache --virtual .x vim")),
    Case(
        "DS-0025",
        _run("apk add --virtual .x vim"),
        2,
        _from("RUN --mount=type=cache,target=/var/cache/apk apk add vim"),
        same=False,
    ),
    Case("DS-0026", "FROM a:1\nUSER x", 0, "FROM a:1\nUSER x\nHEALTHCHECK NONE"),
    Case(
        "DS-0026", "FROM a:1\n" + END + "FROM b:1\nUSER x", 0, "FROM a:1 AS b\n" + END + "FROM b", same=False
    ),
    Case(
        "DS-0027", _run("microdnf install -y vim"), 2, _run("microdnf install -y vim && microdnf clean all")
    ),
    Case(
        "DS-0029", _run("apt-get install -y vim"), 2, _run("apt-get install -y --no-install-recommends vim")
    ),
    Case(
        "DS-0029", _run("apt-get -y install a"), 2, _run("apt-get -o APT::Install-Recommends=0 install -y a")
    ),
    Case("DS-0030", _from("WORKDIR /proc/self/fd/8"), 2, _from("WORKDIR /process")),
    Case("DS-0031", _from("ENV DB_PASSWORD=hunter2"), 2, _from("ENV DB_HOST=hunter2")),
    Case(
        "DS-0031",
        _from("ENV MYSQL_ROOT_PASSWORD hunter2"),
        2,
        _from("ENV TOKEN_URL https://example.org"),
        same=False,
    ),
    Case("DS-0031", _from("ARG GITHUB_TOKEN"), 2, _from("ARG GITHUB_ORGANISATION")),
    Case(
        "DS-0031",
        _run("aws configure set aws_secret_access_key abcdef"),
        2,
        _run("aws configure set region eu"),
    ),
    Case("DS-0031", _from("COPY id_rsa /home/app/.ssh/id_rsa"), 2, _from("COPY id_rsa.pub /x"), same=False),
    Case(
        "DS-0031", _from("COPY config/.env /app/"), 2, _from("ENV PASSWORD_FILE=/run/secrets/x"), same=False
    ),
]
OURS = [
    ("CB-D0001", f"FROM alpine:3.20\n{END}", 1, f"FROM alpine@{DIGEST}\nFROM scratch\n{END}"),
    ("CB-D0002", _from("ADD http://example.org/a.zip /"), 2, _from("ADD https://example.org/a.zip /")),
    (
        "CB-D0003",
        _from("ADD https://example.org/a.zip /"),
        2,
        _from(f"ADD --checksum={DIGEST} https://example.org/a.zip /", "ADD https://example.org/a.git#v1 /"),
    ),
    (
        "CB-D0004",
        _run("curl -fsSL https://x.org/i.sh | sudo -E bash -s -- -y"),
        2,
        _run("curl -o i.sh x.org/i.sh"),
    ),
    (
        "CB-D0004",
        _run('sh -c "$(wget -qO- https://x.org/i.sh)"'),
        2,
        _run("curl x.org | tar xz && bash i.sh"),
    ),
    ("CB-D0004", _run("<<EOF\ncurl x.org | sh\nEOF"), 2, _run("cat <<EOF > /README\ncurl x.org | sh\nEOF")),
    ("CB-D0005", _run("chmod -R 777 /app"), 2, _run("chmod 1777 /tmp && chmod 755 /app")),
    ("CB-D0005", _run("chmod a+rwx /app"), 2, _run("chmod a+rx,u+w /app")),
    ("CB-D0005", _from("COPY --chmod=0666 a b"), 2, _from("COPY --chmod=644 a b")),
    ("CB-D0006", _run("curl x.org/key | apt-key add -"), 2, _run("gpg --dearmor < key")),
    ("CB-D0007", _run("pip3 install flask"), 2, _run("pip3 install --no-cache-dir flask")),
    ("CB-D0007", _run("python -m pip install a"), 2, _from("ENV PIP_NO_CACHE_DIR=1", "RUN pip install a")),
    ("CB-D0008", _run("npm install --unsafe-perm"), 2, _run("npm ci")),
    (
        "CB-D0009",
        _run("curl -u admin:hunter2 https://x.org"),
        2,
        _run("curl -u admin:$PASSWORD https://x.org"),
    ),
    ("CB-D0009", _run("git clone https://bob:hunter2@x.org/a"), 2, _run("git clone https://x.org/a:b@c")),
    ("CB-D0009", _run("export API_TOKEN=hunter2 && make"), 2, _run("TOKEN=$(cat /run/secrets/x) make")),
    ("CB-D0009", _run("tool --db-password=hunter2"), 2, _run("tool --password-file=/x")),
    ("CB-D0010", _run("curl -fsk https://x.org"), 2, _run("curl -fsSL https://x.org")),
    ("CB-D0010", _from("ENV NODE_TLS_REJECT_UNAUTHORIZED=0"), 2, _run("wget https://x.org")),
    ("CB-D0010", _run("git -c http.sslVerify=false clone x"), 2, _run("git config --global core.x y")),
    ("CB-D0011", _run("apt-get install -y --allow-unauthenticated a"), 2, _run("apt-get install -y a")),
    ("CB-D0011", _run("yum install -y --nogpgcheck a"), 2, _run("apk add --no-cache a")),
    ("CB-D0012", _from("RUN --security=insecure make"), 2, _from("RUN --security=sandbox make")),
    ("CB-D0013", _from("RUN --network=host make"), 2, _from("RUN --network=none make")),
    ("CB-D0014", _from('VOLUME ["/data", "/home/app/.ssh"]'), 2, _from("VOLUME /data /var/lib/app")),
    ("CB-D0015", _from("EXPOSE 2375/tcp"), 2, _from("EXPOSE 2376")),
    ("CB-D0016", _run("wget http://x.org/a"), 2, _run("wget https://x.org && curl http://localhost:80")),
    ("CB-D0017", _run("apt-get update"), 2, _run("apt-get update && rm -rf /var/lib/apt/lists/*")),
    ("CB-D0019", _run("chmod u+s /bin/x"), 2, _run("chmod u+x /bin/x")),
    ("CB-D0019", _run("chmod 4755 /bin/x"), 2, _run("chmod 0755 /bin/x")),
    ("CB-D0020", _run("curl x.org | tar xz"), 2, _run("set -o pipefail && curl x.org | tar xz")),
    ("CB-D0020", _run("a | b"), 2, _from('SHELL ["/bin/bash", "-o", "pipefail", "-c"]', "RUN a | b")),
    (
        "CB-D0021",
        _from("CMD python app.py"),
        2,
        _from('CMD ["python", "app.py"]', "ENTRYPOINT exec python x.py"),
    ),
    ("CB-D0022", _run("echo 'root:x' | chpasswd"), 2, _run("useradd -r app")),
    ("CB-D0023", _run("echo 'app ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/app"), 2, _run("echo app")),
]
TABLE = [(case.check, case.failing, case.line, case.passing) for case in CASES] + OURS


def outcomes(dockerfile: str, check: str) -> list[Outcome]:
    facts = ANALYZER.parse(File("Dockerfile", dockerfile.encode()))
    return [fact for fact in facts if isinstance(fact, Outcome) and fact.check == check]


@pytest.mark.parametrize(("check", "failing", "line", "passing"), TABLE, ids=lambda value: str(value)[:40])
def test_a_check_fails_where_it_should_and_nowhere_else(
    check: str, failing: str, line: int, passing: str
) -> None:
    found = outcomes(failing, check)
    assert found[0].start_line == line
    assert found[0].message
    assert not found[0].passed
    assert [outcome.passed for outcome in outcomes(passing, check)] == [True]


def test_every_check_is_in_the_table() -> None:
    assert {check.id for check in CHECKS} == {check for check, *_ in TABLE}


def test_ids_and_severities_are_those_of_the_public_catalogue() -> None:
    found = {check.id: check.severity.name for check in CHECKS if check.id.startswith("DS-")}
    assert found == PUBLIC


def test_checks_say_what_why_and_how() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.title
        assert check.description.endswith(".")
        assert check.resolution.endswith(".")
        assert check.link.startswith("https://")


def test_a_file_without_user_is_no_place_but_a_cause() -> None:
    (found,) = outcomes("FROM alpine:3.20", "DS-0002")
    assert (found.start_line, found.message) == (0, "there is no USER, expected one that is not root")


def test_instructions_for_other_builds_are_not_judged() -> None:
    assert [found.passed for found in outcomes(_from("ONBUILD RUN sudo make"), "DS-0010")] == [True]


def test_lines_of_an_instruction_are_those_that_it_goes_on_for() -> None:
    (found,) = outcomes(_from("# a", "RUN true && \\", "  # b", "  sudo make \\", "", "  all"), "DS-0010")
    assert (found.start_line, found.end_line) == (3, 7)
    assert found.code[0].content == "RUN true && \\"
