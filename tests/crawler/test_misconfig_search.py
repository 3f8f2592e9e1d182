from pathlib import Path

import pytest

from config.errors import ConfigError
from crawler.errors import ScanError
from crawler.misconfig_search import MisconfigSearch, file_type_of, read_misconfig_search

VERSIONS = {"misconfig/dockerfile": 1, "misconfig/terraform_plan": 2, "secrets/content": 3}
OWN = "FAMILY = 'dockerfile'\nCHECKS = ()\n"


def test_without_options_nothing_is_other_than_built_in() -> None:
    assert read_misconfig_search() == MisconfigSearch()
    assert MisconfigSearch().applied(VERSIONS) == VERSIONS


def test_own_checks_make_other_versions_of_the_analyzers_they_are_in(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OWN)
    first = read_misconfig_search([str(tmp_path)]).applied(VERSIONS)
    (tmp_path / "a.py").write_text(f"{OWN}\n# other\n")
    second = read_misconfig_search([str(tmp_path)]).applied(VERSIONS)
    newer = read_misconfig_search([str(tmp_path)]).applied({**VERSIONS, "misconfig/dockerfile": 2})
    assert first["secrets/content"] == 3
    numbers = {each["misconfig/dockerfile"] for each in (VERSIONS, first, second, newer)}
    assert len(numbers) == 4
    assert all(0 < number < 1 << 63 for number in numbers)


def test_types_of_files_leave_out_the_other_analyzers_of_configurations() -> None:
    search = read_misconfig_search(file_types=["terraformplan"])
    assert search.applied(VERSIONS) == {"misconfig/terraform_plan": 2, "secrets/content": 3}
    assert (search.wants("terraformplan"), search.wants("dockerfile")) == (True, False)
    assert file_type_of("misconfig/azure_arm") == "azure-arm"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="absent: no such file or directory"):
        read_misconfig_search([str(tmp_path / "absent")])
    with pytest.raises(ScanError, match="absent: no such file or directory"):
        read_misconfig_search(helm_values=[str(tmp_path / "absent")])
    with pytest.raises(ConfigError, match=r"^--helm-set: 'a', expected 'name=value'"):
        read_misconfig_search(helm_sets=["a"])
