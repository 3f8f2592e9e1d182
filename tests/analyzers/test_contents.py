from collections.abc import Sequence

from analyzers.contents import contents
from analyzers.inventory import Found, LayerInventory, License, Outcome, Problem, Secret


def secret(rule: str) -> Secret:
    return Secret(
        rule=rule, category="", title=rule, severity="HIGH", start_line=1, end_line=1, column=1, match="*"
    )


def layer(*found: Found, whiteouts: Sequence[str] = (), opaque: Sequence[str] = ()) -> LayerInventory:
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
    )


def test_a_deleted_secret_is_still_in_the_image() -> None:
    found = contents(
        [
            layer(Found("a/key", secrets=(secret("x"),)), Found("b/key", secrets=(secret("y"),))),
            layer(Found("a/key", secrets=(secret("z"),)), whiteouts=["a/key"]),
            layer(opaque=["b"]),
        ]
    )
    told = [(each.content.rule, each.path, each.layer, each.is_deleted) for each in found.secrets]
    assert told == [("x", "a/key", 0, True), ("y", "b/key", 0, True), ("z", "a/key", 1, False)]


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
