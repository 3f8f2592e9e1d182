import gzip
import io
import sys
import tarfile
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.catalogue import compile_glob
from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Note, Outcome, Problem, Scanner
from analyzers.misconfig.helm import (
    ANALYZER,
    combine,
    judge_chart,
    parse,
    parse_set,
    read_values,
    render_chart,
)

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: '1.16'\n",
    "values.yaml": """\
replicas: 2
image: {repository: example.com/shop, tag: ""}
securityContext: {capabilities: {drop: [ALL]}}
ingress: {enabled: false}
hosts: [a.example, b.example]
""",
    "templates/_names.tpl": """\
{{- define "shop.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 }}
{{- end }}
""",
    "templates/deployment.yaml": """\
{{- $name := include "shop.name" . }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- dict "app" $name "of" .Chart.Name | toYaml | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    metadata:
      annotations:
        sum: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
    spec:
      hostNetwork: {{ .Values.host | default false }}
      containers:
        - name: {{ .Chart.Name }}
          securityContext:
            {{- toYaml .Values.securityContext | nindent 12 }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args:
            {{- range .Values.hosts }}
            - {{ . | quote }}
            {{- end }}
""",
    "templates/config.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ include "shop.name" . | quote }}}
data:
  url: {{ .Values.url | default "none" | quote }}
""",
    "templates/ingress.yaml": """\
{{- if .Values.ingress.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: []}
{{- end }}
""",
    "templates/NOTES.txt": "Thank you for {{ .Chart.Name }}",
}
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-redis
spec:
  containers:
    - name: redis
      image: {{ .Values.image }}
      args: [{{ .Values.global.region | quote }}]
"""
REDIS = {
    "Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.0.0\n",
    "values.yaml": "image: redis:7\nglobal: {region: none}\n",
    "templates/pod.yaml": POD,
}


def files(*charts: tuple[str, Mapping[str, str]]) -> dict[str, bytes]:
    return {f"{place}{path}": text.encode() for place, chart in charts for path, text in chart.items()}


def changed(**texts: str) -> dict[str, str]:
    """Return the chart with other texts of files: "templates__web" for templates/web.yaml."""
    return CHART | {f"{name.replace('__', '/')}.yaml": text for name, text in texts.items()}


def failures(facts: Mapping[str, list[Outcome | Problem]], path: str) -> dict[str, tuple[int, int]]:
    return {
        fact.check: (fact.start_line, fact.end_line)
        for fact in facts.get(path, ())
        if isinstance(fact, Outcome) and not fact.passed
    }


def problems(facts: Mapping[str, list[Outcome | Problem]]) -> dict[str, str]:
    return {path: fact.reason for path, found in facts.items() for fact in found if isinstance(fact, Problem)}


def test_a_chart_is_rendered_with_its_values() -> None:
    manifests = render_chart(files(("", CHART)))
    assert sorted(manifests) == [
        "templates/config.yaml",
        "templates/deployment.yaml",
        "templates/ingress.yaml",
    ]
    deployment = read_values(manifests["templates/deployment.yaml"].encode(), "")
    assert deployment["metadata"] == {
        "name": "release-name-shop",
        "labels": {"app": "release-name-shop", "of": "shop"},
    }
    spec = deployment["spec"]
    assert isinstance(spec, dict)
    assert spec["replicas"] == 2
    pod = spec["template"]["spec"]
    assert pod["containers"][0]["image"] == "example.com/shop:1.16"
    assert pod["containers"][0]["args"] == ["a.example", "b.example"]
    assert not manifests["templates/ingress.yaml"].strip()


def test_given_values_and_sets_win_in_order() -> None:
    values: list[dict[str, object]] = [{"replicas": 3, "url": "a"}, {"url": "b", "image": {"tag": "9"}}]
    manifests = render_chart(files(("", CHART)), values, ["url=c", "ingress.enabled=true"])
    assert "replicas: 3" in manifests["templates/deployment.yaml"]
    assert '"example.com/shop:9"' in manifests["templates/deployment.yaml"]
    assert 'url: "c"' in manifests["templates/config.yaml"]
    assert "kind: Ingress" in manifests["templates/ingress.yaml"]


def test_outcomes_stand_on_the_lines_of_templates() -> None:
    facts = judge_chart(files(("", CHART)), (), ["host=true"])
    found = failures(facts, "templates/deployment.yaml")
    assert found["KSV-0009"] == (15, 15)
    assert found["KSV-0014"] == (17, 21)
    assert "KSV-0003" not in found
    assert "KSV-0013" not in found
    assert problems(facts) == {}
    outcome = next(each for each in facts["templates/deployment.yaml"] if isinstance(each, Outcome))
    assert (outcome.file_type, outcome.resource) == ("helm", "Deployment/release-name-shop")


def test_code_is_the_templates() -> None:
    facts = judge_chart(files(("", CHART)), (), ["host=true"])
    (network,) = [
        each
        for each in facts["templates/deployment.yaml"]
        if isinstance(each, Outcome) and each.check == "KSV-0009"
    ]
    assert [line.content.strip() for line in network.code] == [
        "hostNetwork: {{ .Values.host | default false }}"
    ]


def test_reports_show_no_secrets_of_templates() -> None:
    entry = '  password: {{ .Values.a | default "hunter2" }}'
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{entry}\n"
    facts = judge_chart(files(("", changed(templates__a=text))))["templates/a.yaml"]
    (found,) = [each for each in facts if isinstance(each, Outcome) and each.check == "KSV-0109"]
    assert [line.content for line in found.code] == [entry.replace("hunter2", "*******")]


def test_comments_of_templates_ignore() -> None:
    template = CHART["templates/deployment.yaml"].replace(
        "      hostNetwork", "      {{- /* trivy:ignore:KSV-0009 */}}\n      hostNetwork"
    )
    facts = judge_chart(files(("", changed(templates__deployment=template))), (), ["host=true"])
    (network,) = [
        each
        for each in facts["templates/deployment.yaml"]
        if isinstance(each, Outcome) and each.check == "KSV-0009"
    ]
    assert "trivy:ignore:KSV-0009" in network.ignored


def test_charts_in_charts_have_their_parents_values() -> None:
    parent = changed(values=CHART["values.yaml"] + "redis: {image: redis}\nglobal: {region: north}\n")
    chart = files(("", parent), ("charts/redis/", REDIS))
    rendered = render_chart(chart)["charts/redis/templates/pod.yaml"]
    assert "image: redis\n" in rendered
    assert 'args: ["north"]' in rendered
    facts = judge_chart(chart)
    assert failures(facts, "charts/redis/templates/pod.yaml")["KSV-0013"] == (7, 9)


DEPENDS = (
    CHART["Chart.yaml"]
    + "dependencies:\n- {name: redis, version: 1.0.0, condition: cache.enabled, tags: [db]}\n"
)


@pytest.mark.parametrize(
    ("sets", "is_there"),
    [
        ([], True),
        (["cache.enabled=false"], False),
        (["cache.enabled=true", "tags.db=false"], True),
        (["tags.db=false"], False),
    ],
)
def test_conditions_and_tags_switch_charts_off(
    sets: list[str],
    is_there: bool,  # noqa: FBT001 - a column
) -> None:
    rendered = render_chart(files(("", changed(Chart=DEPENDS)), ("charts/redis/", REDIS)), (), sets)
    assert ("charts/redis/templates/pod.yaml" in rendered) == is_there


def test_an_alias_has_values_of_its_own() -> None:
    twice = CHART["Chart.yaml"] + "dependencies:\n- {name: redis, alias: cache}\n"
    chart = files(("", changed(Chart=twice)), ("charts/redis/", REDIS))
    rendered = render_chart(chart, (), ["cache.image=redis:8"])
    assert "image: redis:8" in rendered["charts/redis/templates/pod.yaml"]


def test_both_aliases_of_a_chart_are_judged() -> None:
    twice = (
        CHART["Chart.yaml"] + "dependencies:\n- {name: redis, alias: cache}\n- {name: redis, alias: queue}\n"
    )
    chart = files(("", changed(Chart=twice)), ("charts/redis/", REDIS))
    for name in ("cache", "queue"):
        facts = judge_chart(chart, (), [f"{name}.image=redis"])
        assert "KSV-0013" in failures(facts, "charts/redis/templates/pod.yaml")


def test_a_library_deploys_nothing() -> None:
    library = REDIS | {"Chart.yaml": REDIS["Chart.yaml"] + "type: library\n"}
    assert "charts/redis/templates/pod.yaml" not in render_chart(
        files(("", CHART), ("charts/redis/", library))
    )


def archived(chart: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in chart.items():
            entry = tarfile.TarInfo(f"redis/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def test_charts_in_archives_are_judged_at_the_archive() -> None:
    facts = judge_chart(files(("", CHART)) | {"charts/redis-1.0.0.tgz": archived(REDIS)})
    found = failures(facts, "charts/redis-1.0.0.tgz")
    assert found["KSV-0014"] == (0, 0)
    assert problems(facts) == {}


@pytest.mark.parametrize(
    ("chart", "path", "reason"),
    [
        (changed(Chart="name: ["), "Chart.yaml", "expected YAML"),
        (changed(Chart="- a"), "Chart.yaml", "expected a mapping"),
        (changed(values="a: ="), "Chart.yaml", "values.yaml: "),
        (changed(values="a: " + "[" * 5000), "Chart.yaml", "nested without end"),
        (changed(values="a: &a [*a]"), "Chart.yaml", "holds itself"),
        (
            changed(Chart="1: a\nname: [b]\nnull: c\n", templates__x="{{ if }}"),
            "templates/x.yaml",
            "rendered",
        ),
        (changed(Chart=DEPENDS), "Chart.yaml", "depends on chart 'redis', which is not in charts/"),
        (changed(templates__bad="{{ if }}"), "templates/bad.yaml", "cannot be rendered"),
        (changed(templates__bad='{{ include "absent" . }}'), "templates/bad.yaml", "cannot be rendered"),
        (changed(templates__bad="{{ range until 900000 }}x{{ end }}"), "templates/bad.yaml", "budget"),
        (
            changed(templates__bad='{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'),
            "templates/bad.yaml",
            "cannot be rendered",
        ),
        (
            changed(templates__bad="apiVersion: v1\nkind: Pod\nspec: {{ .Values.open }}[\n"),
            "templates/bad.yaml",
            "as rendered: ",
        ),
        (changed(templates__bad="{{ .Chart.Name.format .Files }}"), "templates/bad.yaml", "is not allowed"),
        (changed(templates__bad="{{ .Files.Get.mro }}"), "templates/bad.yaml", "cannot be rendered"),
        (CHART | {"charts/redis.tgz": "no gzip"}, "charts/redis.tgz", "expected a chart's archive"),
    ],
)
def test_what_cannot_be_judged_is_said(chart: dict[str, str], path: str, reason: str) -> None:
    facts = judge_chart(files(("", chart)))
    assert reason in problems(facts)[path]
    if path.startswith("templates/"):
        assert failures(facts, "templates/deployment.yaml")


@pytest.mark.parametrize(
    "archive",
    [archived(REDIS)[:-9], gzip.compress(b"no tar at all" * 100), gzip.compress(bytes(70 << 20))],
    ids=["cut", "no tar", "too long"],
)
def test_archives_that_cannot_be_read(archive: bytes) -> None:
    facts = judge_chart(files(("", CHART)) | {"charts/a.tgz": archive})
    assert list(problems(facts)) == ["charts/a.tgz"]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gotpl", None)
    assert (
        "rendering a chart needs the extra 'helm'" in problems(judge_chart(files(("", CHART))))["Chart.yaml"]
    )
    with pytest.raises(ParseError, match="helm"):
        render_chart(files(("", CHART)))


def test_values_that_charts_demand_are_left_out() -> None:
    text = 'metadata: {name: a}\ndata:\n  a: b{{ required "say it" .Values.a }}\n'
    assert "a: b\n" in render_chart(files(("", changed(templates__a=text))))["templates/a.yaml"]


def test_the_same_chart_gives_the_same_manifests() -> None:
    text = 'a: {{ randAlphaNum 5 }}\nb: {{ (genCA "a" 1).Cert }}\nc: {{ uuidv4 }}\nd: {{ bcrypt "a" }}\n'
    rendered = render_chart(files(("", changed(templates__a=text))))["templates/a.yaml"]
    assert rendered == "a: xxxxx\nb: CERTIFICATE\nc: x\nd: x\n"


def test_templates_see_files_and_capabilities() -> None:
    text = """\
a: {{ .Files.Get "values.yaml" | len }}
b: {{ .Files.Get "absent" | quote }}
c: {{ .Capabilities.APIVersions.Has "batch/v1/CronJob" }}
d: {{ semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version }}
e: {{ range $path, $data := .Files.Glob "v*.yaml" }}{{ $path }}{{ end }}
f: {{ (semver "1.2.3").Minor }}
g: {{ (.Files.Glob "Chart.*").AsConfig | contains "Chart.yaml: " }}
h: {{ .Files.Lines "values.yaml" | first }}
"""
    rendered = render_chart(files(("", changed(templates__a=text))))["templates/a.yaml"]
    size = len(CHART["values.yaml"])
    assert rendered == f'a: {size}\nb: ""\nc: true\nd: true\ne: values.yaml\nf: 2\ng: true\nh: replicas: 2\n'


def found_of(tree: Mapping[str, bytes]) -> list[Found]:
    notes = {path: next(iter(parse(File(path, data)))) for path, data in sorted(tree.items())}
    return [Found(path, note=note.data) for path, note in notes.items() if isinstance(note, Note)]


def test_charts_are_put_together_from_their_files() -> None:
    plain = {"templates/plain.yaml": "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}\n"}
    tree = files(
        ("deploy/shop/", CHART | plain),
        ("deploy/shop/charts/redis/", REDIS),
        ("other/", {"values.yaml": "a: 1"}),
    )
    found = {each.path: each for each in combine(found_of(tree))}
    assert sorted(found) == [
        "deploy/shop/charts/redis/templates/pod.yaml",
        "deploy/shop/templates/config.yaml",
        "deploy/shop/templates/deployment.yaml",
        "deploy/shop/templates/ingress.yaml",
    ]
    assert not found["deploy/shop/templates/ingress.yaml"].outcomes
    assert any(each.check == "KSV-0014" for each in found["deploy/shop/templates/deployment.yaml"].outcomes)
    assert all(not each.note and not each.problems for each in found.values())


def test_a_chart_at_the_root_and_one_beside_its_parts() -> None:
    tree = files(("", CHART), ("examples/redis/", REDIS))
    paths = {each.path for each in combine(found_of(tree))}
    assert {"templates/deployment.yaml", "examples/redis/templates/pod.yaml"} <= paths


def test_templates_of_no_chart_are_said() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ name }}'}\n"
    tree = files(
        (
            "roles/web/templates/",
            {"pod.yaml": pod, "plain.yaml": "apiVersion: v1\nkind: Pod\n", "a.yaml": "{{ a }}"},
        ),
        ("shop/", CHART),
    )
    (found,) = [each for each in combine(found_of(tree)) if each.path.startswith("roles/")]
    assert found.path == "roles/web/templates/pod.yaml"
    assert "in no chart" in found.problems[0].reason


def test_problems_of_files_are_kept() -> None:
    problem = Problem("a/templates/x.yaml", "7 bytes, expected at most 5")
    assert list(combine([Found("a/templates/x.yaml", problems=(problem,))])) == [
        Found("a/templates/x.yaml", problems=(problem,))
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=b", {"a": "b"}),
        ("a.b=1,a.c=true", {"a": {"b": 1, "c": True}}),
        ("a=null", {"a": None}),
        ("a=", {"a": ""}),
        ("a=007", {"a": "007"}),
        ("a={x,y\\,z,3}", {"a": ["x", "y,z", 3]}),
        ("a[1].b=x", {"a": [None, {"b": "x"}]}),
        (r"a\.b/c=d\,e=f", {"a.b/c": "d,e=f"}),
        ("a=x=y", {"a": "x=y"}),
    ],
)
def test_sets(text: str, values: dict[str, object]) -> None:
    assert parse_set(text) == values


@pytest.mark.parametrize("text", ["a", "=b", "[0]=a", "a[9999]=b", "a[x=b"])
def test_broken_sets(text: str) -> None:
    with pytest.raises(ParseError):
        parse_set(text)


def test_values_are_typed_as_helm_does() -> None:
    text = b"a: 1\nb: '1'\nc: true\nd: 2026-01-02\ne: null\n"
    assert read_values(text, "a") == {"a": 1, "b": "1", "c": True, "d": "2026-01-02", "e": None}


@pytest.mark.parametrize(
    "value", ["!!bool x", "!!int ''", "!!int x", "!!timestamp x", "!!timestamp 2026-99-99", "9" * 5000]
)
def test_values_that_do_not_fit_their_tags_are_told(value: str) -> None:
    with pytest.raises(ParseError, match=r"^v: a value that does not fit its tag"):
        read_values(f"a: {value}".encode(), "v")


@given(st.binary(max_size=60) | st.from_regex(r"a: !!(bool|int|float|set|omap|pairs|binary|null|str) .{0,5}"))
def test_any_values_end_in_a_mapping_or_a_parse_error(data: bytes | str) -> None:
    try:
        read = read_values(data if isinstance(data, bytes) else data.encode("utf-8", "replace"), "v")
    except ParseError:
        return
    assert isinstance(read, dict)


def test_nulls_remove_defaults() -> None:
    rendered = render_chart(files(("", CHART)), [{"securityContext": {"capabilities": None}}])
    assert "drop" not in rendered["templates/deployment.yaml"]


def test_what_the_analyzer_asks_for() -> None:
    assert ANALYZER.scanner is Scanner.MISCONFIG
    assert ANALYZER.combine is combine
    globs = [compile_glob(glob) for glob in ANALYZER.globs]
    for path in (
        "Chart.yaml",
        "a/templates/x.yaml",
        "a/templates/b/c/x.tpl",
        "a/charts/b/values.yaml",
        "a/charts/b.tgz",
    ):
        assert any(glob.fullmatch(path) for glob in globs), path


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*CHART]), st.binary(max_size=30), st.integers(0, 400))
def test_any_bytes_end_in_facts(path: str, noise: bytes, place: int) -> None:
    chart = files(("", CHART))
    chart[path] = chart[path][:place] + noise + chart[path][place:]
    msgspec.json.encode(judge_chart(chart))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab.,=[]{}\\01 ", max_size=20))
def test_any_set_is_values_or_an_error(text: str) -> None:
    try:
        assert isinstance(parse_set(text), dict)
    except ParseError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
