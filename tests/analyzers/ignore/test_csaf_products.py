from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.ignore.csaf_products import Place, Products, ProductTree

IDS = ("a", "b", "c", "d", "a:b", "b:c", "c:d", "x")


def tree(**parts: object) -> ProductTree:
    return msgspec.convert(parts, ProductTree)


def product(id_: str, **helper: object) -> dict[str, object]:
    return {"name": id_, "product_id": id_, "product_identification_helper": helper}


def branch(category: str, name: str, *inner: dict[str, Any], **helper: object) -> dict[str, Any]:
    below = {"branches": list(inner)} if inner else {"product": product(name, **helper)}
    return {"category": category, "name": name} | below


def within(id_: str, inner: str, outer: str, **helper: object) -> dict[str, object]:
    return {
        "category": "default_component_of",
        "full_product_name": product(id_, **helper),
        "product_reference": inner,
        "relates_to_product_reference": outer,
    }


def places(found: ProductTree, id_: str) -> list[Place]:
    return list(Products(found).places(id_, "f"))


@pytest.mark.parametrize(
    ("category", "name", "purl", "narrowed"),
    [
        ("product_version", "1.2.3", "pkg:npm/a", "pkg:npm/a@1.2.3"),
        ("product_version", "v7", "pkg:golang/a.org/b?x=y#z", "pkg:golang/a.org/b@v7?x=y#z"),
        ("product_version", "1.2.3", "pkg:npm/a@1", "pkg:npm/a@1"),
        ("product_version", "a", "pkg:npm/a", "pkg:npm/a"),
        ("product_version", "a-0:1.2-3.el9.x86_64", "pkg:rpm/redhat/a?arch=src", "pkg:rpm/redhat/a?arch=src"),
        ("product_version", "389-ds-base", "pkg:rpm/redhat/389-ds-base", "pkg:rpm/redhat/389-ds-base"),
        ("product_version", "1.4", "pkg:oci/app", "pkg:oci/app?tag=1.4"),
        ("product_version_range", "vers:npm/<2", "pkg:npm/a", "pkg:npm/a?vers=vers%3Anpm%2F%3C2"),
        ("product_version_range", "<2", "pkg:npm/a", "pkg:npm/a?vers=%3C2"),
        ("product_version_range", "vers:npm/<2", "pkg:npm/a@1", "pkg:npm/a@1"),
        ("product_version_range", "vers:npm/<2", "pkg:npm/a?vers=vers:npm/*", "pkg:npm/a?vers=vers:npm/*"),
        ("product_name", "1.2.3", "pkg:npm/a", "pkg:npm/a"),
        ("architecture", "x86_64", "pkg:npm/a", "pkg:npm/a"),
    ],
)
def test_a_branch_narrows_what_a_purl_without_version_says(
    category: str, name: str, purl: str, narrowed: str
) -> None:
    (found,) = places(tree(branches=[branch(category, name, purl=purl)]), name)
    assert found == Place(product=(narrowed,))
    below = tree(branches=[branch(category, name, branch("architecture", "x86_64", purl=purl))])
    assert [each.product for each in places(below, "x86_64")] == [(narrowed,)]


def test_of_a_range_a_cpe_says_too_much_and_a_hash_does_not() -> None:
    hashes = [{"file_hashes": [{"algorithm": "sha256", "value": "AB"}], "filename": "a"}]
    range_ = branch("product_version_range", "vers:npm/<2", cpe="cpe:/a:x:y", hashes=hashes)
    assert places(tree(branches=[range_]), "vers:npm/<2") == [Place(product=("sha256:ab",))]


NAMED = [product(each, purl=f"pkg:npm/{each}") for each in "abcd"]
MODULE = product("nodejs:18", purl="pkg:rpmmod/redhat/nodejs@18:1:2")


@pytest.mark.parametrize(
    ("relationships", "id_", "expected"),
    [
        (
            [within("a:b", "a", "b")],
            "a:b",
            [Place(product=("pkg:npm/b",), subcomponents=(("pkg:npm/a",),))],
        ),
        (
            [within("b:c", "b", "c"), within("a:b:c", "a", "b:c")],
            "a:b:c",
            [
                Place(
                    product=("pkg:npm/b",),
                    subcomponents=(("pkg:npm/a",),),
                    scope=("pkg:npm/c",),
                )
            ],
        ),
        (
            [within("a:b", "a", "b"), within("a:b:c", "a:b", "c")],
            "a:b:c",
            [Place(product=("pkg:npm/b",), subcomponents=(("pkg:npm/a",),), scope=("pkg:npm/c",))],
        ),
        ([within("a:x", "a", "x")], "a:x", []),
        ([within("x:b", "x", "b")], "x:b", []),
        (
            [within("x:b", "x", "b", purl="pkg:npm/own")],
            "x:b",
            [Place(product=("pkg:npm/b",), subcomponents=(("pkg:npm/own",),))],
        ),
        ([within("a:x", "a", "x", purl="pkg:npm/own")], "a:x", [Place(product=("pkg:npm/own",))]),
        (
            [within("a:b", "a", "b", purl="pkg:npm/own")],
            "a:b",
            [Place(product=("pkg:npm/b",), subcomponents=(("pkg:npm/a",),))],
        ),
        (
            [within("m:c", "nodejs:18", "c"), within("a:m:c", "a", "m:c")],
            "a:m:c",
            [
                Place(
                    product=("pkg:npm/c",),
                    subcomponents=(("pkg:npm/a?rpmmod=nodejs%3A18%3A1%3A2",),),
                )
            ],
        ),
    ],
)
def test_relationships_tell_what_is_in_what(
    relationships: list[dict[str, object]], id_: str, expected: list[Place]
) -> None:
    found = tree(full_product_names=[*NAMED, MODULE, {"product_id": "x"}], relationships=relationships)
    assert places(found, id_) == expected


def test_more_than_three_in_each_other_hold_for_nothing() -> None:
    relationships = [within("c:d", "c", "d"), within("b:c:d", "b", "c:d"), within("a:b:c:d", "a", "b:c:d")]
    (found,) = places(tree(full_product_names=NAMED, relationships=relationships), "a:b:c:d")
    assert (found.product, found.problem) == ((), "product 'a:b:c:d': within more than two others")


@pytest.mark.parametrize(
    ("relationships", "words"),
    [
        ([within("a:b", "a:b", "a:b")], "more than 8 products in each other"),
        ([within("a:b", "a", "b")] * 1001, "more than 1000 relationships"),
    ],
)
def test_a_tree_that_has_no_end_is_an_error(relationships: list[dict[str, object]], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        places(tree(full_product_names=NAMED, relationships=relationships), "a:b")


@settings(deadline=1000)
@given(
    st.lists(
        st.builds(within, *[st.sampled_from(IDS)] * 3) | st.builds(within, *[st.sampled_from(IDS)] * 3),
        max_size=40,
    )
)
def test_any_relationships_are_places_or_an_error(relationships: list[dict[str, object]]) -> None:
    made = Products(tree(full_product_names=NAMED, relationships=relationships))
    for id_ in IDS:
        try:
            found = list(made.places(id_, "f"))
        except ParseError:
            continue
        assert all(each.product or each.problem for each in found)
