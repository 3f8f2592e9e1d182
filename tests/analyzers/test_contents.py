from collections.abc import Sequence

import msgspec
import pytest

from analyzers.contents import contents, telling_apart
from analyzers.inventory import Found, LayerInventory, License, Outcome, Problem, Secret
from analyzers.path_digest import packed, path_hash


def secret(rule: str, imprint: int = 1, line: int = 1) -> Secret:
    return Secret(
        rule=rule,
        category="",
        title=rule,
        severity="HIGH",
        start_line=line,
        end_line=line,
        column=1,
        match="*",
        imprint=imprint,
    )


def layer(
    *found: Found,
    whiteouts: Sequence[str] = (),
    opaque: Sequence[str] = (),
    files: Sequence[str] = (),
    problems: Sequence[Problem] = (),
) -> LayerInventory:
    by_analyzer: dict[str, tuple[Found, ...]] = {}
    for one in found:
        key = (
            "secrets/content"
            if one.secrets
            else "misconfig/dockerfile"
            if one.outcomes
            else "licenses/dpkg_copyright"
        )
        by_analyzer[key] = (*by_analyzer.get(key, ()), one)
    return LayerInventory(
        diff_id="sha256:0",
        size_bytes=1,
        entries=1,
        found=by_analyzer,
        whiteouts=tuple(whiteouts),
        opaque=tuple(opaque),
        files=packed(map(path_hash, files)),
        problems=tuple(problems),
    )


def test_a_deleted_secret_is_still_in_the_image() -> None:
    found = contents(
        [
            layer(Found("a/key", secrets=(secret("x"),)), Found("b/key", secrets=(secret("y"),))),
            layer(whiteouts=["a/key"]),
            layer(Found("a/key", secrets=(secret("x"),)), opaque=["b"]),
        ]
    )
    told = [(each.content.rule, each.path, each.layer, each.is_deleted) for each in found.secrets]
    assert told == [("x", "a/key", 0, True), ("y", "b/key", 0, True), ("x", "a/key", 2, False)]


KEY = "srv/.env"
OLD, NEW = Found(KEY, secrets=(secret("x", 1),)), Found(KEY, secrets=(secret("x", 2),))


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([layer(files=[KEY])], [(0, "replaced", 1)]),
        ([layer(files=[KEY], whiteouts=[KEY])], [(0, "replaced", 1)]),
        ([layer(files=["srv/.env2", "srv"])], [(0, "", 1)]),
        ([layer(NEW, files=[KEY])], [(0, "replaced", 1), (1, "", 2)]),
        ([layer(NEW)], [(0, "replaced", 1), (1, "", 2)]),
        ([layer(OLD, files=[KEY])], [(0, "", 1)]),
        ([layer(OLD, files=[KEY], whiteouts=[KEY])], [(0, "", 1)]),
        ([layer(Found(KEY, secrets=(secret("x", 1, 7),)), files=[KEY])], [(0, "", 1)]),
        (
            [layer(Found(KEY, secrets=(secret("x", 1), secret("y", 1), secret("x", 2))), files=[KEY])],
            [(0, "", 1), (1, "", 1), (1, "", 2)],
        ),
        ([layer(OLD, files=[KEY]), layer(files=[KEY])], [(0, "replaced", 1)]),
        ([layer(files=[KEY]), layer(OLD, files=[KEY])], [(0, "replaced", 1), (2, "", 1)]),
        ([layer(files=[KEY]), layer(whiteouts=["srv"])], [(0, "replaced", 1)]),
        ([layer(files=[KEY], problems=[Problem(KEY, "too long")])], [(0, "", 1)]),
        ([layer(files=["a"])] * 3, [(0, "", 1)]),
    ],
)
def test_a_secret_in_a_file_that_is_written_over(
    later: Sequence[LayerInventory], expected: list[tuple[int, str, int]]
) -> None:
    found = contents([layer(OLD, files=[KEY]), *later]).secrets
    assert not any(each.is_deleted for each in found)
    told = [(each.layer, "replaced" if each.is_replaced else "", each.content.imprint) for each in found]
    assert told == expected


def test_a_file_that_was_searched_in_vain_may_still_have_the_secret() -> None:
    unread = Found(KEY, secrets=(secret("y"),), problems=(Problem(KEY, "more secrets than are told"),))
    found = contents([layer(OLD), layer(unread, files=[KEY])]).secrets
    assert [(each.content.rule, each.is_replaced) for each in found] == [("x", False), ("y", False)]


def test_files_that_nothing_is_found_in_any_more_say_nothing() -> None:
    below = layer(
        Found("srv/LICENSE", licenses=(License(name="MIT", confidence=1.0),)), files=["srv/LICENSE"]
    )
    assert contents([below, layer(files=["srv/LICENSE"])]).licenses == ()
    assert len(contents([below, layer(files=["srv/README"])]).licenses) == 1


def test_imprints_tell_apart_where_all_have_one() -> None:
    one, other, old = secret("x", 1), secret("x", 2), secret("x", 0)
    apart = telling_apart([one, other])
    assert apart("a", one) != apart("a", other)
    assert apart("a", one) == apart("a", secret("x", 1, 9)) != apart("b", one)
    alike = telling_apart([one, other, old])
    assert alike("a", one) == alike("a", other) == alike("a", old) != alike("a", secret("y"))


def test_what_files_say_goes_with_them() -> None:
    failed = Outcome(check="DS-0002", message="m")
    below = layer(
        Found("Dockerfile", outcomes=(failed,)),
        Found("usr/share/doc/a/copyright", licenses=(License(name="MIT", confidence=1.0),)),
        Found("usr/share/doc/b/copyright", problems=(Problem("usr/share/doc/b/copyright", "broken"),)),
    )
    found = contents([below, layer(Found("Dockerfile", outcomes=(Outcome(check="DS-0002", passed=True),)))])
    assert [(each.content.passed, each.layer) for each in found.outcomes] == [(True, 1)]
    assert [each.content.name for each in found.licenses] == ["MIT"]
    assert [(each.layer, each.reason) for each in found.problems] == [(0, "broken")]
    gone = contents([below, layer(whiteouts=["usr/share", "Dockerfile"])])
    assert (gone.outcomes, gone.licenses, gone.problems) == ((), (), ())


def test_packages_are_not_looked_at() -> None:
    package = LayerInventory(
        diff_id="", size_bytes=0, entries=0, found={"os/dpkg": (Found("x", secrets=(secret("x"),)),)}
    )
    assert contents([package]).secrets == ()


def test_inventories_of_older_versions_are_read() -> None:
    old = {
        "diff_id": "sha256:0",
        "size_bytes": 1,
        "entries": 1,
        "found": {"secrets/content": [{"path": KEY, "secrets": [msgspec.to_builtins(secret("x", 0))]}]},
    }
    below = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=LayerInventory)
    assert (below.files, below.found["secrets/content"][0].secrets[0].imprint) == (b"", 0)
    (found,) = contents([below, layer(files=["a"])]).secrets
    assert (found.is_replaced, found.is_deleted) == (False, False)
