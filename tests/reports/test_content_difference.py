import json

import msgspec
import pytest

from analyzers.inventory import Outcome, Scanner, Secret
from analyzers.severity import Severity
from reports.difference import Difference, difference, render_difference
from reports.document import Document, LicenseFinding, MisconfigurationFinding, SecretFinding
from tests.reports.documents import CONTEXT, debian_image, empty_image

EVERYTHING = frozenset({Scanner.PACKAGES, Scanner.SECRET, Scanner.LICENSE, Scanner.MISCONFIG})
RULES = "license:1 packages:2 secret:3"
LAYERS = debian_image().layers


def secret(
    path: str, match: str = "key = ****", layer: int = 1, *, deleted: bool = False, imprint: int = 1
) -> SecretFinding:
    found = Secret(
        rule="made-up-key",
        category="Made up",
        title="Made-up key",
        severity="CRITICAL",
        start_line=3,
        end_line=3,
        column=7,
        match=match,
        imprint=imprint,
    )
    return SecretFinding(secret=found, path=path, layer=layer, is_deleted=deleted)


def licence(name: str, package: str = "", path: str = "usr/share/doc/x", layer: int = 0) -> LicenseFinding:
    return LicenseFinding(
        name=name,
        category="restricted",
        severity=Severity.HIGH,
        package=package,
        kind="dpkg" if package else "",
        path=path,
        layer=layer,
    )


def check(
    name: str, message: str = "no user", *, path: str = "", passed: bool = False
) -> MisconfigurationFinding:
    return MisconfigurationFinding(
        outcome=Outcome(check=name, message="" if passed else message, passed=passed, file_type="dockerfile"),
        title="Image user",
        severity=Severity.HIGH,
        description="",
        resolution="add USER",
        link="",
        path=path,
        layer=-1,
    )


def holding(
    *found: SecretFinding | LicenseFinding | MisconfigurationFinding,
    name: str = "x",
    scanners: frozenset[Scanner] = EVERYTHING,
) -> Document:
    return msgspec.structs.replace(
        empty_image(),
        name=name,
        layers=LAYERS,
        scanners=scanners,
        secrets=tuple(each for each in found if isinstance(each, SecretFinding)),
        licenses=tuple(each for each in found if isinstance(each, LicenseFinding)),
        misconfigurations=tuple(each for each in found if isinstance(each, MisconfigurationFinding)),
    )


def compared(a: Document, b: Document) -> Difference:
    return difference(a, b, (RULES, RULES))


def test_secrets_come_and_go_with_their_layers() -> None:
    stays = secret("srv/stays")
    a = holding(stays, secret("srv/gone", layer=0))
    b = holding(secret("srv/came", deleted=True), secret("srv/came"), stays, secret("", layer=-1))
    found = compared(a, b).secrets
    assert (found.state, found.reason) == ("compared", "")
    assert [(each.path, each.deleted, each.layer.digest) for each in found.added] == [
        ("srv/came", True, LAYERS[1].digest),
        ("", False, ""),
    ]
    assert [(each.path, each.layer.created_by) for each in found.removed] == [
        ("srv/gone", LAYERS[0].created_by)
    ]


def test_another_secret_of_the_same_length_is_another_one() -> None:
    stays = secret("b")
    found = compared(holding(secret("a", imprint=1), stays), holding(stays, secret("a", imprint=2))).secrets
    assert [each.path for each in found.added] == [each.path for each in found.removed] == ["a"]
    assert "Imprint" not in render_difference(compared(holding(), holding(stays)), "json", CONTEXT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (secret("a"), secret("a", layer=0)),
        (secret("a"), secret("a", deleted=True)),
        (secret("a", imprint=0), secret("a")),
        (licence("MIT", "bash", "one"), licence("MIT", "bash", "two", 1)),
        (check("DS-0002"), check("DS-0002")),
        (check("DS-0002", passed=True), check("DS-0026", passed=True)),
        (check("DS-0002", path="srv/Dockerfile"), check("DS-0026", path="srv/Dockerfile")),
        (licence("MIT", path="srv/LICENSE"), licence("ISC", path="srv/LICENSE")),
    ],
)
def test_what_is_the_same_or_was_not_looked_for_is_no_change(
    before: SecretFinding | LicenseFinding | MisconfigurationFinding,
    after: SecretFinding | LicenseFinding | MisconfigurationFinding,
) -> None:
    found = compared(holding(before), holding(after))
    parts = (found.secrets, found.licenses, found.checks)
    assert [(each.state, each.added, each.removed) for each in parts] == [("compared", (), ())] * 3
    text = render_difference(found, "table", msgspec.structs.replace(CONTEXT, width=160))
    assert text.endswith(
        "No package, no known vulnerability, no secret, no licence and no failed check changed.\n"
    )


def test_licences_are_compared_by_package_and_those_of_texts_where_both_were_read() -> None:
    a, b = holding(licence("MIT", "bash")), holding(licence("GPL-3.0-only", "bash"), licence("ISC"))
    found = compared(a, b).licenses
    assert [(each.name, each.package) for each in found.added] == [("GPL-3.0-only", "bash")]
    assert [(each.name, each.package) for each in found.removed] == [("MIT", "bash")]
    texts = EVERYTHING | {Scanner.LICENSE_TEXT}
    read = [msgspec.structs.replace(each, scanners=texts) for each in (a, b)]
    assert [each.name for each in compared(*read).licenses.added] == ["GPL-3.0-only", "ISC"]


def test_failed_checks_of_the_configuration_open_and_close() -> None:
    found = compared(holding(check("DS-0002")), holding(check("DS-0026", "no health"))).checks
    assert [(each.id, each.message) for each in found.added] == [("DS-0026", "no health")]
    assert [(each.id, each.resolution) for each in found.removed] == [("DS-0002", "add USER")]


def test_what_neither_side_was_scanned_for_is_not_spoken_of() -> None:
    a = holding(secret("a"), name="old", scanners=frozenset())
    found = compared(a, holding(secret("b"), name="new", scanners=frozenset()))
    assert (found.secrets.state, found.secrets.added) == ("not_asked", ())
    assert "ecret" not in render_difference(found, "table", CONTEXT)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (EVERYTHING - {Scanner.SECRET}, EVERYTHING, "old: never scanned with --scanners secret"),
        (EVERYTHING, EVERYTHING - {Scanner.SECRET}, "new: never scanned with --scanners secret"),
    ],
)
def test_nothing_is_new_or_gone_where_one_side_was_not_scanned(
    before: frozenset[Scanner], after: frozenset[Scanner], reason: str
) -> None:
    a = holding(secret("a"), name="old", scanners=before)
    b = holding(secret("b"), name="new", scanners=after)
    found = compared(a, b)
    assert (found.secrets.state, found.secrets.added, found.secrets.removed) == ("not_compared", (), ())
    assert (found.secrets.reason, found.has_opened) == (reason, False)
    text = render_difference(found, "table", msgspec.structs.replace(CONTEXT, width=160))
    assert f"Secrets were not compared: {reason}." in text
    assert "no secret" not in text


def test_sides_that_were_scanned_by_other_rules_are_told_to_be() -> None:
    found = difference(holding(), holding(secret("a")), (RULES, RULES.replace("secret:3", "secret:4")))
    assert (found.secrets.state, len(found.secrets.added)) == ("other_rules", 1)
    assert found.licenses.state == "compared"
    assert "may only be newly seen" in " ".join(render_difference(found, "table", CONTEXT).split())


@pytest.mark.parametrize(
    ("found", "has_opened"),
    [(secret("a"), True), (check("DS-0002"), True), (licence("MIT", "bash"), False)],
)
def test_what_counts_as_opened(
    found: SecretFinding | LicenseFinding | MisconfigurationFinding,
    has_opened: bool,  # noqa: FBT001 - a case
) -> None:
    assert compared(holding(), holding(found)).has_opened == has_opened
    assert not compared(holding(found), holding()).has_opened


def test_every_key_is_written() -> None:
    b = holding(secret("srv/.env"), licence("MIT", "bash"), check("DS-0002"))
    report = json.loads(render_difference(compared(holding(), b), "json", CONTEXT))
    head = ["State", "Reason", "Added", "Removed"]
    assert [list(report[key]) for key in ("Secrets", "Licenses", "Misconfigurations")] == [head] * 3
    assert report["Secrets"]["Added"] == [
        {
            "RuleID": "made-up-key",
            "Title": "Made-up key",
            "Severity": "CRITICAL",
            "Path": "srv/.env",
            "Line": 3,
            "Match": "key = ****",
            "Deleted": False,
            "Replaced": False,
            "Layer": {"Digest": LAYERS[1].digest, "CreatedBy": LAYERS[1].created_by},
        }
    ]
    assert list(report["Licenses"]["Added"][0]) == [
        *("Name", "Category", "Severity", "Kind", "Package", "Path", "Layer")
    ]
    assert list(report["Misconfigurations"]["Added"][0]) == [
        *("ID", "Title", "Severity", "Message", "Resolution")
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_a_table_of_strangers_strings_fits_the_terminal(width: int) -> None:
    evil = "e\x1b[2J\n" + "x" * 90
    b = holding(
        secret(evil, evil, deleted=True),
        licence("MIT", evil),
        check("DS-0002", evil),
        name=evil,
    )
    text = render_difference(compared(holding(), b), "table", msgspec.structs.replace(CONTEXT, width=width))
    assert max(map(len, text.split("\n"))) <= width
    assert "\x1b" not in text
    for part in ("1 secret added", "1 licence added", "1 failed check opened", "it is still in the image"):
        assert part in " ".join(text.split())
