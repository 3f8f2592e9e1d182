"""The pages about secrets, configurations, licences and what is left out say what the program does."""

import re
from pathlib import Path

import pytest

from analyzers.catalogue import catalogue
from analyzers.checks.catalogue import checks
from analyzers.checks.compliance import COMPLIANCE
from analyzers.checks.dockerfile.parsing import parse
from analyzers.checks.own import load, pack
from analyzers.ignore.trivyignore import read_trivyignore, read_trivyignore_yaml
from analyzers.inventory import Scanner
from analyzers.secrets._allowed import BUILTIN
from analyzers.secrets._engine import SecretScanner
from analyzers.secrets._trivy_config import load_trivy_secret_yaml
from analyzers.secrets.content import SKIPPED_EXTENSIONS
from analyzers.secrets.rules import RULES
from analyzers.spdx.categories import SEVERITIES
from config.load import load as load_settings
from crawler.misconfig_search import file_type_of

DOCS = Path(__file__).parents[3] / "docs"
FAMILIES = {
    "Dockerfiles": {"dockerfile"},
    "Compose files": {"docker"},
    "GitHub": {"github"},
    "Kubernetes": {"kubernetes"},
    "Amazon Web Services": {"aws"},
    "Microsoft Azure": {"azure"},
    "Google Cloud": {"google"},
    "Other clouds": {"cloudstack", "digitalocean", "nifcloud", "openstack", "oracle"},
}
"""Heading of a table and the providers whose checks it lists."""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def rows(text: str) -> list[str]:
    return re.findall(r"^\| `.*\|$", text, re.MULTILINE)


def block(name: str, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)
    return str(found)


def test_every_rule_of_secrets_has_a_row() -> None:
    ordered = sorted(RULES, key=lambda rule: (rule.category.lower(), rule.id))
    assert rows(section(page("secrets.md"), "All rules")) == [
        f"| `{rule.id}` | {rule.severity} | {rule.category} | {rule.title} |" for rule in ordered
    ]


def test_every_allow_rule_of_secrets_has_a_row() -> None:
    assert rows(section(page("secrets.md"), "What is not read")) == [
        f"| `{rule.id}` | {rule.description} |" for rule in BUILTIN
    ]


def test_every_extension_that_is_not_searched_is_named() -> None:
    named = (
        section(page("secrets.md"), "What is not read")
        .partition("by their extension")[2]
        .partition("- **")[0]
    )
    assert set(re.findall(r"`(\w+)`", named)) == SKIPPED_EXTENSIONS


@pytest.mark.parametrize("heading", FAMILIES)
def test_every_check_of_a_family_has_a_row(heading: str) -> None:
    own = sorted(
        (each for each in checks().values() if each.provider in FAMILIES[heading]), key=lambda each: each.id
    )
    assert rows(section(page("misconfiguration.md"), heading)) == [
        f"| `{each.id}` | {each.severity.name} | {each.title} |" for each in own
    ]


def test_the_number_of_checks_is_told() -> None:
    assert section(page("misconfiguration.md"), "Checks").startswith(f"\n{len(checks())} checks. ")


def test_every_check_belongs_to_a_family() -> None:
    told = {provider for providers in FAMILIES.values() for provider in providers}
    assert {each.provider for each in checks().values()} == told


def test_every_category_of_licences_has_a_row_with_its_severity() -> None:
    found = re.findall(r"^\| `(\w+)` \| (\w+) \|", section(page("licenses.md"), "Categories"), re.MULTILINE)
    assert dict(found) == {category.value: severity.name for category, severity in SEVERITIES.items()}


def test_every_standard_has_a_row() -> None:
    assert rows(section(page("misconfiguration.md"), "Standards")) == [
        f"| `{spec.id}` | [{spec.title}]({spec.link}) |" for spec in COMPLIANCE.values()
    ]


def test_every_type_of_configuration_files_is_named() -> None:
    types = {file_type_of(each.id) for each in catalogue() if each.scanner is Scanner.MISCONFIG}
    named = section(page("misconfiguration.md"), "Fewer files, other values").partition("some of ")[2]
    assert set(re.findall(r"`([\w-]+)`", named.partition(". Values")[0])) == types


def test_the_check_shown_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(block("misconfiguration.md", "python"), encoding="utf-8")
    (check,) = load(pack([str(tmp_path)]))["dockerfile"]
    good = parse(b"FROM registry.example.com/python:3.12 AS build\nFROM build\n", "Dockerfile")
    bad = parse(b"FROM registry.example.com/python:3.12\nFROM debian:12\n", "Dockerfile")
    assert [*check.judge(good)] == []
    assert [(each.message, each.start_line) for each in check.judge(bad)] == [
        ("the image 'debian:12' is not ours", 2)
    ]


def test_the_rules_for_secrets_shown_find_what_they_say() -> None:
    scanner = SecretScanner(load_trivy_secret_yaml(block("secrets.md", "yaml").encode(), "secrets.md"))
    assert [each.match for each in scanner.scan("shop.ini", b"key = shop_lic_3f9c27d1aa04be55\n")] == [
        "key = shop_lic_****************"
    ]
    assert [*scanner.scan("docs/a.ini", b"key = shop_lic_3f9c27d1aa04be55\n")] == []
    assert [*scanner.scan("shop.ini", b"key = shop_lic_0000000000000000\n")] == []


def test_the_ignore_files_shown_can_be_read() -> None:
    rules = read_trivyignore_yaml(block("ignoring.md", "yaml").encode(), "ignoring.md")
    assert [rule.id for rule in rules] == ["CVE-2023-43804", "DS-0002", "github-pat", "MPL-2.0"]
    (lines,) = re.findall(r"^```\n(# no redirects .*?)^```$", page("ignoring.md"), re.MULTILINE | re.DOTALL)
    first, *others = read_trivyignore(lines.encode(), "ignoring.md")
    assert (first.id, first.statement) == ("CVE-2023-43804", "no redirects are followed")
    assert [(rule.id, rule.statement) for rule in others] == [("DS-0026", ""), ("github-pat", "")]


def test_the_policy_shown_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "cleanbill.toml"
    file.write_text(block("ignoring.md", "toml"), encoding="utf-8")
    (policy,) = load_settings(file, {}).policies
    assert (policy.owner, policy.expires) == ("shop team", "2027-06-30")


def test_the_classes_of_licences_shown_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "cleanbill.toml"
    file.write_text(block("licenses.md", "toml"), encoding="utf-8")
    assert load_settings(file, {}).licenses.forbidden == ("AGPL-3.0", "SSPL-1.0")
