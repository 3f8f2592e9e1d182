import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.languages._pypi import Requirement, read_file_name, read_requirement
from analyzers.languages.pip import ANALYZER, is_read
from tests.analyzers.languages.locks import read_one, read_sample, reasons, rows

PLAIN = [
    "blinker@1.9.0",
    "certifi@2026.10.18",
    "charset-normalizer@3.5.2",
    "click@8.5.1",
    "flask-cors@4.0.0",
    "flask@3.1.3",
    "idna@3.20",
    "itsdangerous@2.2.0",
    "jinja2@3.1.6",
    "markupsafe@3.0.4",
    "pysocks@1.7.1",
    "requests@2.31.0",
    "urllib3@2.8.0",
    "werkzeug@3.1.9",
]


@pytest.mark.parametrize("folder", ["plain", "hashed"])
def test_what_pip_compile_writes(folder: str) -> None:
    assert rows(read_sample(ANALYZER, f"good/{folder}")["requirements.txt"]) == PLAIN


def test_hashes_belong_to_the_requirement_before_them() -> None:
    hashed = read_sample(ANALYZER, "good/hashed")["requirements.txt"]
    assert hashed.packages[0].lines == ((8, 10),)


def test_what_uv_exports_has_versions_for_several_pythons() -> None:
    found = read_sample(ANALYZER, "good/uv")["requirements.txt"]
    assert len(found.packages) == 18
    assert {"urllib3@2.6.3", "urllib3@2.8.0"} < set(rows(found))


def test_what_people_write() -> None:
    found = read_sample(ANALYZER, "odd")
    assert rows(found["requirements-dev.txt"]) == [
        "Django@4.2.1",
        "both@2.0",
        "continued@1.0",
        "local_one@1.4",
        "pinned@1.0",
        "six@1.16.0",
        "tar-one@1.3",
        "wheel_one@1.2",
    ]
    loose, elsewhere, strange = reasons(found["requirements-dev.txt"])
    assert loose == (
        "no exact version, so not checked: 'git+https://example.org/a.git@main#egg=a_b', 'flask', "
        "'urllib3>=1.26,<3', 'series==1.*', 'git+https://example.org/b.git' and 1 more"
    )
    assert elsewhere == "includes what is not read: 'more.in'"
    assert strange == "no requirement: 'what is this?'"
    assert rows(found["requirements/windows.txt"]) == ["a@1.0", "b@2.0"]


def test_the_last_line_may_be_open() -> None:
    found = read_one(ANALYZER, "requirements.txt", b"# pins \\\na==1.0 \\\n  --hash=sha256:00 \\\n")
    assert rows(found) == ["a@1.0"]
    assert found.packages[0].lines == ((2, 3),)


def test_conflicts_are_told() -> None:
    found = read_one(ANALYZER, "requirements.txt", b"<<<<<<< HEAD\nflask==1.0\n=======\n")
    assert rows(found) == ["flask@1.0"]
    assert reasons(found) == ["no requirement: '<<<<<<< HEAD', '======='"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a==1.0", Requirement(name="a", version="1.0")),
        ("a.b-c_d [x, y] == 1.0 ; python_version < '3'", Requirement(name="a.b-c_d", version="1.0")),
        ("a (==1.0)", Requirement(name="a", version="1.0")),
        ("a>=1,==1.5", Requirement(name="a", version="1.5")),
        ("a===1.0.post1+local", Requirement(name="a", version="1.0.post1+local")),
        ("a", Requirement(name="a")),
        ("a!=1.0", Requirement(name="a")),
        ("a~=1.0", Requirement(name="a")),
        ("a==1.*", Requirement(name="a")),
        ("a==${VERSION}", Requirement(name="a")),
        ("a==1!2.0-rc.1", Requirement(name="a", version="1!2.0-rc.1")),
        ("a @ https://example.org/a-1.0.tar.gz", Requirement(name="a", version="1.0")),
        ("a @ git+https://example.org/a.git@v1", Requirement(name="a")),
        ("a=1.0", None),
        ("a b", None),
        ("a-", None),
        ("", None),
        ("==1.0", None),
    ],
)
def test_requirements(text: str, expected: Requirement | None) -> None:
    assert read_requirement(text) == expected


@given(st.text("ab1.=<>!~,;@[]() -*", max_size=30))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_text_is_a_requirement_or_none(text: str) -> None:
    found = read_requirement(text)
    assert found is None or (found.name and found.name in text and found.version in text)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://h/a_b-1.0-1-py3-none-any.whl?x=1#y", Requirement(name="a_b", version="1.0")),
        (
            "https://h/torch-2.0%2Bcpu-cp311-cp311-linux_x86_64.whl",
            Requirement(name="torch", version="2.0+cpu"),
        ),
        ("./a-b-1.0.zip", Requirement(name="a-b", version="1.0")),
        ("./archive.zip", None),
        (".", None),
    ],
)
def test_names_of_files(address: str, expected: Requirement | None) -> None:
    assert read_file_name(address) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("../dev-requirements.txt", True),
        ("requirements/base.txt", True),
        ("requirements\\base.txt", True),
        ("base.txt", False),
        ("requirements.in", False),
        ("https://example.org/requirements.txt", False),
    ],
)
def test_which_included_files_are_read_by_themselves(path: str, *, expected: bool) -> None:
    assert is_read(path) is expected


def test_requirements_that_came_with_a_package_are_nobodys() -> None:
    found = read_one(ANALYZER, ".venv/lib/python3/site-packages/a/requirements.txt", b"a\nb==1.0\n")
    assert (found.packages, found.problems) == ((), ())
