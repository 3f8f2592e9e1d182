import json
from collections.abc import Mapping

import pytest

from analyzers.ignore.candidate import FindingKind
from analyzers.inventory import Found, LayerInventory, License, Outcome, Problem, Scanner
from analyzers.squash import squash
from crawler.targets.image_contents import ContentSearch
from store.content_sets import CONFIGURATION, ContentsByKind
from tests.fakes.secrets import token
from tests.fakes.stored import SECRETS, holding, inventory, package, secret

DOCKERFILE = "misconfig/dockerfile"
COPYRIGHT = "licenses/dpkg_copyright"
SECRET, CHECK, LICENSE = FindingKind.SECRET, FindingKind.MISCONFIGURATION, FindingKind.LICENSE


def layered(*parts: Mapping[str, tuple[Found, ...]], gone: str = "") -> list[LayerInventory]:
    """Return layers with these findings, the first with bash; the last one deletes a file."""
    made = [inventory(f"l{number}", [] if number else [package("bash")]) for number in range(len(parts))]
    return [
        LayerInventory(
            diff_id=each.diff_id,
            size_bytes=1,
            entries=1,
            found={**each.found, **found},
            whiteouts=(gone,) if gone and each is made[-1] else (),
        )
        for each, found in zip(made, parts, strict=True)
    ]


def held(search: ContentSearch, layers: list[LayerInventory], config: object = None) -> ContentsByKind:
    return search.contents_of(layers, squash(layers), json.dumps(config or {}).encode())


def files(*scanners: Scanner) -> ContentSearch:
    return ContentSearch(scanners=frozenset(scanners))


def failed(path: str, **more: object) -> dict[str, tuple[Found, ...]]:
    outcome = Outcome(
        check="DS-0010",
        message="sudo",
        start_line=3,
        **more,  # type: ignore[arg-type]  # any of its fields
    )
    return {DOCKERFILE: (Found(path, outcomes=(outcome, Outcome(check="DS-0002", passed=True))),)}


def test_each_kind_is_where_it_is() -> None:
    copyright_ = Found(
        "usr/share/doc/bash/copyright", licenses=(License(name="GPL-3.0-only", confidence=1.0),)
    )
    text = {"licenses/texts": (Found("srv/LICENSE", licenses=(License(name="MIT", confidence=0.9),)),)}
    layers = layered(
        {COPYRIGHT: (copyright_,)}, holding("srv/.env", secret("a=*")), failed("srv/Dockerfile") | text
    )
    found = held(files(Scanner.SECRET, Scanner.MISCONFIG, Scanner.LICENSE, Scanner.LICENSE_TEXT), layers)
    shown = {
        kind: {
            position: [(each.id, each.path, each.line) for each in its.findings]
            for position, its in sets.items()
        }
        for kind, sets in found.items()
    }
    assert shown == {
        SECRET: {1: [("made-up-key", "srv/.env", 3)]},
        CHECK: {2: [("DS-0010", "srv/Dockerfile", 3)]},
        LICENSE: {0: [("GPL-3.0-only", "var/lib/dpkg/status", 0)], 2: [("MIT", "srv/LICENSE", 0)]},
    }
    assert found[LICENSE][0].findings[0].package == "bash"
    assert (found[CHECK][2].findings[0].severity, found[CHECK][2].findings[0].message) == ("CRITICAL", "sudo")


def test_only_what_is_looked_for_is_kept() -> None:
    layers = layered(holding("srv/.env", secret("a=*")) | failed("Dockerfile"))
    assert list(held(files(Scanner.MISCONFIG), layers)) == [CHECK]
    assert held(files(Scanner.LICENSE), layers) == {LICENSE: {}}
    assert held(ContentSearch(), layers) == {}


def test_deleted_files_have_no_failures_but_their_secrets() -> None:
    layers = layered(holding("srv/x", secret("a=*")) | failed("srv/x"), {}, gone="srv/x")
    found = held(files(Scanner.SECRET, Scanner.MISCONFIG), layers)
    assert ([*found[SECRET]], found[CHECK]) == ([0], {})


def test_a_secret_in_two_versions_of_a_file_is_one() -> None:
    layers = layered(holding("srv/x", secret("a=*")), holding("srv/x", secret("a=*"), secret("b=*")))
    found = held(files(Scanner.SECRET), layers)[SECRET]
    assert {position: [each.message for each in its.findings] for position, its in found.items()} == {
        0: ["a=*"],
        1: ["b=*"],
    }


def test_what_could_not_be_read_is_kept() -> None:
    layers = layered({SECRETS: (Found("srv/x", problems=(Problem("srv/x", "too long"),)),)})
    ((position, found),) = held(files(Scanner.SECRET), layers)[SECRET].items()
    assert (position, found.findings, found.problems) == (0, (), (Problem("srv/x", "too long"),))


def test_configurations_have_a_place_of_their_own() -> None:
    hidden = token().decode()
    config = {"config": {"Env": [f"GITHUB_TOKEN={hidden}"]}}
    both = ContentSearch(config_scanners=frozenset({Scanner.SECRET, Scanner.MISCONFIG}))
    found = held(both, layered({}), config)
    (one,) = found[SECRET][CONFIGURATION].findings
    assert (one.id, one.path, one.severity) == ("github-pat", "", "CRITICAL")
    assert "DS-0002" in {each.id for each in found[CHECK][CONFIGURATION].findings}
    assert hidden not in str(found)
    only = held(ContentSearch(config_scanners=frozenset({Scanner.MISCONFIG})), layered({}), config)
    assert (list(only), hidden in str(only)) == ([CHECK], False)


def test_a_configuration_that_is_none_is_a_problem() -> None:
    search = ContentSearch(config_scanners=frozenset({Scanner.MISCONFIG}))
    layers = layered({})
    found = search.contents_of(layers, squash(layers), b"[")
    assert len(found[CHECK][CONFIGURATION].problems) == 1


@pytest.mark.parametrize(
    "other",
    [
        ContentSearch(),
        files(Scanner.SECRET, Scanner.LICENSE),
        ContentSearch(scanners=frozenset({Scanner.SECRET}), config_scanners=frozenset({Scanner.SECRET})),
        ContentSearch(scanners=frozenset({Scanner.SECRET}), secret_config=b"x"),
    ],
)
def test_another_search_has_another_fingerprint(other: ContentSearch) -> None:
    assert other.fingerprint != files(Scanner.SECRET).fingerprint == files(Scanner.SECRET).fingerprint
