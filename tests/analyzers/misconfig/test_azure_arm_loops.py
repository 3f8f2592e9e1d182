# ruff: noqa: E501 - a sample is a line
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.checks.cloud.model import UNKNOWN, Value
from analyzers.inventory import File, Outcome, Problem
from analyzers.misconfig._arm_expressions import Template
from analyzers.misconfig.azure_arm import ANALYZER

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
STORAGE, GROUP = "Microsoft.Storage/storageAccounts", "Microsoft.Network/networkSecurityGroups"
DEPLOYMENT = "Microsoft.Resources/deployments"
TLS = "[parameters('versions')[copyIndex()]]"
VERSIONS = {"versions": {"defaultValue": ["TLS1_0", "TLS1_2"]}}


def read(*resources: object, **more: object) -> tuple[dict[tuple[str, str], bool], list[str]]:
    data = json.dumps({"$schema": SCHEMA, "resources": resources, **more}, indent=1).encode()
    facts = list(ANALYZER.parse(File("main.json", data)))
    outcomes = {(each.check, each.resource): each.passed for each in facts if isinstance(each, Outcome)}
    return outcomes, [each.reason for each in facts if isinstance(each, Problem)]


def resource(kind: str, properties: object, name: str = "x", **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, "properties": properties, **more}


def rule(port: str) -> dict[str, object]:
    return {
        "name": "a",
        "properties": {
            "access": "Allow",
            "direction": "Inbound",
            "protocol": "Tcp",
            "sourceAddressPrefix": "*",
            "destinationPortRange": port,
        },
    }


def test_a_resource_is_made_as_often_as_its_loop_says() -> None:
    copy = {"name": "each", "count": "[length(parameters('versions'))]"}
    name = "[concat('a', copyIndex('each', 1))]"
    found, problems = read(
        resource(STORAGE, {"minimumTlsVersion": TLS}, name, copy=copy), parameters=VERSIONS
    )
    assert (found["AZU-0011", "a1"], found["AZU-0011", "a2"]) == (False, True)
    assert problems == []


def test_a_loop_whose_turns_are_not_known_is_judged_once() -> None:
    copy = {"name": "each", "count": "[parameters('count')]"}
    found, problems = read(resource(STORAGE, {"minimumTlsVersion": "TLS1_0"}, copy=copy))
    assert found["AZU-0011", "x"] is False
    assert problems[0] == "main.json: 'x': how often it is made is not known, it is judged once"


@pytest.mark.parametrize(("count", "passed"), [(0, True), (2, False)])
def test_an_attribute_is_made_by_a_loop(
    count: int,
    passed: bool,  # noqa: FBT001 - what is said of it
) -> None:
    loop = {
        "name": "securityRules",
        "count": count,
        "input": rule("[string(copyIndex('securityRules', 21))]"),
    }
    assert read(resource(GROUP, {"copy": [loop]}))[0]["AZU-0050", "x"] is passed


def test_an_attribute_of_unknown_length_is_not_judged() -> None:
    loop = {"name": "securityRules", "count": "[parameters('count')]", "input": rule("22")}
    found, problems = read(resource(GROUP, {"copy": [loop]}))
    assert ("AZU-0050", "x") not in found
    assert "AZU-0050" in problems[0]


def test_a_variable_is_made_by_a_loop() -> None:
    variables = {"copy": [{"name": "rules", "count": 2, "input": rule("22")}]}
    found, _ = read(resource(GROUP, {"securityRules": "[variables('rules')]"}), variables=variables)
    assert found["AZU-0050", "x"] is False


@pytest.mark.parametrize(
    ("more", "is_made"),
    [
        ({"condition": "[equals(parameters('versions')[0], 'TLS1_0')]"}, True),
        ({"condition": "[not(true())]"}, False),
        ({"condition": False}, False),
        ({"condition": "[parameters('later')]"}, True),
        ({"existing": True}, False),
    ],
)
def test_only_what_is_made_is_judged(
    more: dict[str, object],
    is_made: bool,  # noqa: FBT001 - as above
) -> None:
    found, _ = read({**resource(STORAGE, {}), **more}, parameters=VERSIONS)
    assert (("AZU-0011", "x") in found) is is_made


@pytest.mark.parametrize(
    ("scope", "passed"),
    [({}, False), ({"scope": "outer"}, False), ({"scope": "inner"}, True)],
)
def test_nested_templates_see_what_their_scope_says(
    scope: dict[str, str],
    passed: bool,  # noqa: FBT001 - a column
) -> None:
    inner = {
        "parameters": {"version": {"type": "string"}},
        "resources": [resource(STORAGE, {"minimumTlsVersion": "[parameters('version')]"}, "a")],
    }
    nested = {
        "expressionEvaluationOptions": scope,
        "template": inner,
        "parameters": {"version": {"value": "[parameters('versions')[1]]"}},
    }
    found, problems = read(
        resource(DEPLOYMENT, nested), parameters={**VERSIONS, "version": {"defaultValue": "TLS1_0"}}
    )
    assert found["AZU-0011", "a"] is passed
    assert problems == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"uri": "https://example.org/a.json"}, ["main.json: x: its template is not among the files, so its resources are not judged"]),
        ({"relativePath": "a.json"}, []),
    ],
)  # fmt: skip
def test_templates_elsewhere_are_problems(link: dict[str, str], said: list[str]) -> None:
    assert read(resource(DEPLOYMENT, {"templateLink": link}))[1] == said


@pytest.mark.parametrize(
    ("kind", "check", "version", "passed"),
    [
        (STORAGE, "AZU-0008", "2023-01-01", True),
        (STORAGE, "AZU-0008", "2018-07-01", False),
        (STORAGE, "AZU-0011", "2023-01-01", False),
        ("Microsoft.DBforPostgreSQL/servers", "AZU-0026", "2017-12-01", False),
    ],
)
def test_defaults_are_those_of_the_manager(
    kind: str,
    check: str,
    version: str,
    passed: bool,  # noqa: FBT001 - a column
) -> None:
    assert read(resource(kind, {}, apiVersion=version))[0][check, "x"] is passed


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[variables('o').a.b]", 1),
        ("[variables('o')['a'].b]", 1),
        ("[variables('l')[1]]", "y"),
        ("[variables('l')[7]]", UNKNOWN),
        ("[variables('o').no]", UNKNOWN),
        ("[variables('l')[0]", UNKNOWN),
        ("[length(variables('l'))]", 2),
        ("[if(equals(1, 1), 'a', 'b')]", "a"),
        ("[if(parameters('later'), 'a', 'b')]", UNKNOWN),
        ("[and(true(), not(false()))]", True),
        ("[and(parameters('later'), false())]", False),
        ("[or(parameters('later'), false())]", UNKNOWN),
        ("[or(parameters('later'), true())]", True),
        ("[int('12')]", 12),
        ("[int('x')]", UNKNOWN),
        ("[string(12)]", "12"),
        ("[empty('')]", True),
        ("[createArray('a', 1)]", ("a", 1)),
        ("[concat(variables('l'), createArray('z'))]", ("x", "y", "z")),
        ("[copyIndex()]", UNKNOWN),
        ("[toLower(1)]", UNKNOWN),
        ("[not('x')]", UNKNOWN),
        ("[length(1)]", UNKNOWN),
        ("[equals(parameters('later'), 1)]", UNKNOWN),
        ("[uniqueString('x')]", UNKNOWN),
    ],
)
def test_functions(expression: str, value: Value) -> None:
    functions = Template(parameters={"later": {}}, variables={"o": {"a": {"b": 1}}, "l": ["x", "y"]})
    assert functions.text(expression) == value


def test_loops_in_loops_have_their_own_indexes() -> None:
    functions = Template(parameters={}, variables={}).within("outer", 1).within("inner", 2)
    assert functions.text("[concat(copyIndex('outer'), copyIndex(), copyIndex('inner', 5))]") == "127"


def test_loops_in_loops_have_an_end() -> None:
    inner: object = rule("22")
    for _ in range(4):
        inner = {"copy": [{"name": "securityRules", "count": 500, "input": inner}]}
    assert ("AZU-0050", "x") in read(resource(GROUP, inner))[0]
    functions = Template(parameters={}, variables={})
    spent = [functions.turns({"name": "a", "count": 800}) is None for _ in range(26)]
    assert spent == [False] * 25 + [True]


def test_lists_do_not_grow_without_end() -> None:
    twice = ", ".join(
        f"\"v{each + 1}\": \"[concat(variables('v{each}'), variables('v{each}'))]\"" for each in range(60)
    )
    variables = json.loads(f'{{"v0": ["x"], {twice}}}')
    functions = Template(parameters={}, variables=variables)
    assert functions.text("[length(variables('v10'))]") == 1024
    assert functions.text("[variables('v60')]") == UNKNOWN


PARTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from([STORAGE, DEPLOYMENT, "[copyIndex()]", "[variables('copy')]", "inner", "[parameters('a').b[0]]"]),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["copy", "count", "input", "name", "type", "properties", "template", "resources", "parameters", "condition", "scope", "expressionEvaluationOptions"]
            ),
            one,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(PARTS, PARTS, PARTS)
def test_any_shape_ends_in_values(first: object, second: object, variables: object) -> None:
    outcomes, problems = read(first, {"type": DEPLOYMENT, "properties": second}, variables=variables)
    assert all(isinstance(each, bool) for each in outcomes.values())
    assert all(problems)
