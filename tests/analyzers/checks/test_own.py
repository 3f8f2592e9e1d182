from pathlib import Path

import pytest

from analyzers.checks.own import by_id, load, pack, using
from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.misconfig import cloudformation, compose, dockerfile, github_actions, kubernetes

HEAD = """
from dataclasses import dataclass

from analyzers.checks.check import Cause, Check
from analyzers.severity import Severity


@dataclass(frozen=True, slots=True)
class Words:
    title: str


def check(check_id, judge, applies=None):
    return Check(id=check_id, title=Words("Own").title, severity=Severity.LOW, description="", resolution="",
                 link="", judge=judge, applies=applies)

"""
FILES = {
    "dockerfile": (dockerfile, "Dockerfile", b"FROM alpine:3\n"),
    "compose": (compose, "compose.yaml", b"services:\n  a:\n    image: b:1\n"),
    "github_actions": (
        github_actions,
        ".github/workflows/a.yml",
        b"on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{run: y}]\n",
    ),
    "kubernetes": (kubernetes, "a.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"),
    "cloud": (
        cloudformation,
        "a.yaml",
        b"AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: {Type: 'AWS::S3::Bucket'}\n",
    ),
}


def packed(folder: Path, family: str, checks: str) -> bytes:
    (folder / "own.py").write_text(f"{HEAD}\nFAMILY = {family!r}\nCHECKS = ({checks},)\n")
    return pack([str(folder)])


def said(family: str) -> dict[str, str]:
    module, path, data = FILES[family]
    facts = module.ANALYZER.parse(File(path, data))
    found = {getattr(fact, "check", ""): fact for fact in facts}
    return {key: getattr(fact, "message", "") for key, fact in found.items() if key.startswith("ACME")}


@pytest.mark.parametrize("family", FILES)
def test_every_family_takes_checks(tmp_path: Path, family: str) -> None:
    one = packed(tmp_path, family, "check('ACME-1', lambda subject: [Cause(type(subject).__name__)])")
    assert said(family) == {}
    with using(one):
        assert len(said(family)["ACME-1"]) > 1
        assert by_id()["ACME-1"].title == "Own"
        assert all(said(other) == {} for other in FILES if other != family)
    assert (said(family), by_id()) == ({}, {})


@pytest.mark.parametrize(
    "checks",
    [
        "check('ACME-1', lambda subject: 1 / 0)",
        "check('ACME-1', lambda subject: (), lambda subject: 1 / 0)",
    ],
)
def test_a_check_that_raises_fails_and_says_so(tmp_path: Path, checks: str) -> None:
    with using(packed(tmp_path, "dockerfile", checks)):
        assert said("dockerfile") == {
            "ACME-1": "the check could not be run: ZeroDivisionError: division by zero"
        }


def test_a_check_may_be_about_some_subjects_only(tmp_path: Path) -> None:
    with using(packed(tmp_path, "dockerfile", "check('ACME-1', lambda s: [Cause('x')], lambda s: False)")):
        assert said("dockerfile") == {}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero, expected a file of checks that can be run"),
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("import sys\nsys.exit(1)", "SystemExit: 1, expected a file of checks that can be run"),
        ("", "FAMILY is None, expected one of dockerfile, compose, github_actions, kubernetes, cloud"),
        ("FAMILY = 'cloud'", "CHECKS is None, expected a tuple of analyzers.checks.check.Check"),
        ("FAMILY = 'cloud'\nCHECKS = ('a',)", "CHECKS has 'a', expected an analyzers.checks.check.Check"),
        (
            f"{HEAD}\nFAMILY = 'cloud'\nCHECKS = (check('DS002', print),)",
            "check 'DS002' is one of the built-in checks, expected another id",
        ),
        (
            f"{HEAD}\nFAMILY = 'cloud'\nCHECKS = (check('A-1', print), check('A-0001', print))",
            "check 'A-0001' is one of ",
        ),
    ],
)
def test_what_is_no_file_of_checks(tmp_path: Path, source: str, reason: str) -> None:
    (tmp_path / "own.py").write_text(source)
    with pytest.raises(ParseError) as caught:
        load(pack([str(tmp_path)]))
    assert str(caught.value).startswith(f"{tmp_path / 'own.py'}: {reason}")


def test_what_a_file_prints_is_no_part_of_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.py").write_text("print('read')\nFAMILY = 'cloud'\nCHECKS = ()\n")
    assert load(pack([str(tmp_path)])) == {}
    assert capsys.readouterr() == ("", "read\n")


def test_a_folder_has_to_have_files(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"no file of checks, expected '\*\.py'"):
        pack([str(tmp_path)])
    with pytest.raises(FileNotFoundError):
        pack([str(tmp_path / "absent")])
    assert pack([]) == b""
    assert load(b"") == {}
