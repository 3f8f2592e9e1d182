"""Renders a chart's templates to the manifests that Helm would send.

Reference: https://helm.sh/docs/chart_template_guide/builtin_objects/
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from analyzers.errors import ParseError
from analyzers.extras import needs_extra
from analyzers.misconfig._helm_chart import Chart, coalesced, is_enabled, read_chart
from analyzers.misconfig._helm_values import Values, all_laid_over, parse_set

if TYPE_CHECKING:
    from gotpl.runtime.engine import TemplateEngine

MISSING = needs_extra("rendering a chart", "helm")
_OUTPUT_CHARACTERS = 5_000_000
_ITERATIONS = 200_000
_DEPTH = 100
_CALLS = 300_000
_LONGEST_RANDOM = 1000
_METHODS = frozenset({"AsConfig", "AsSecrets", "Get", "GetBytes", "Glob", "Has", "Lines"})
_ATTRIBUTES = frozenset({"Major", "Minor", "Patch", "Prerelease", "Metadata", "Original", "Compare"})
"""Of what `semver` returns."""
_KUBERNETES = "v1.31.0"
_API_GROUPS = (
    "v1",
    "admissionregistration.k8s.io/v1",
    "apiextensions.k8s.io/v1",
    "apps/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "certificates.k8s.io/v1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "events.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1",
    "networking.k8s.io/v1",
    "node.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1",
)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What became of a chart's templates, by their paths below its folder.

    A "!" parts the path of an archive from that inside, and a template from the place of its second use.
    """

    manifests: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    """Of those that were rendered."""
    problems: dict[str, str] = field(default_factory=dict)
    """Why others could not be; also archives and files of the chart."""


class _Versions:
    """`.Capabilities.APIVersions`."""

    def Has(self, name: str) -> bool:  # noqa: N802 - its name in templates
        """Tell whether a cluster has an API: a group with version, or one of its kinds."""
        return name in _API_GROUPS or posixpath.dirname(name) in _API_GROUPS


class _Files(dict[str, bytes]):
    """`.Files`: the chart's files that are no templates."""

    def __gotemplate_lookup__(self, name: str) -> object:
        if name in _METHODS:
            return getattr(self, name)
        raise KeyError(name)

    def Get(self, name: str) -> str:  # noqa: N802 - its name in templates
        """Return a file's text, "" when there is none."""
        return self.get(name, b"").decode("utf-8", "replace")

    def GetBytes(self, name: str) -> bytes:  # noqa: N802 - its name in templates
        """Return a file's bytes."""
        return self.get(name, b"")

    def Lines(self, name: str) -> list[str]:  # noqa: N802 - its name in templates
        """Return a file's lines."""
        return self.Get(name).splitlines()

    def Glob(self, pattern: str) -> "_Files":  # noqa: N802 - its name in templates
        """Return the files whose path has a form."""
        return _Files({name: data for name, data in self.items() if fnmatchcase(name, pattern)})

    def AsConfig(self) -> str:  # noqa: N802 - its name in templates
        """Return the files as entries of a ConfigMap."""
        return "\n".join(f"{posixpath.basename(name)}: {self.Get(name)!r}" for name in self)

    AsSecrets = AsConfig


def render_chart(
    files: Mapping[str, bytes], values: Sequence[Mapping[str, object]] = (), sets: Sequence[str] = ()
) -> dict[str, str]:
    """Return the manifests of a chart, by the paths of their templates.

    Args:
        files: the chart's, by their paths below its folder.
        values: of `--helm-values`, later ones over earlier ones, all over the chart's own.
        sets: of `--helm-set`, over those.

    Raises:
        ParseError: the chart or one of its templates cannot be read, or the library is not installed.
    """
    rendering = render(files, values, sets)
    for path, reason in rendering.problems.items():
        raise ParseError(f"{path}: {reason}")
    return rendering.manifests


def render(
    files: Mapping[str, bytes], values: Sequence[Mapping[str, object]] = (), sets: Sequence[str] = ()
) -> Rendering:
    """Return what becomes of each template of a chart; arguments as of `render_chart`.

    Raises:
        ParseError: the chart as a whole cannot be read, or the library is not installed.
    """
    chart = read_chart(files)
    given = all_laid_over((*values, *map(parse_set, sets)))
    rendering = Rendering()
    tasks = list(_tasks(chart, coalesced(chart, given), chart.name, rendering))
    engine, broken = _engine({task.name: task.source for task in tasks})
    for task in tasks:
        _render_one(engine, task, broken.get(task.name, ""), rendering)
    return rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One template with what it sees."""

    name: str
    """As Helm calls it: "web/charts/redis/templates/a.yaml"."""
    path: str
    source: str
    context: Values
    is_manifest: bool


def _tasks(chart: Chart, values: Values, place: str, rendering: Rendering) -> Iterator[_Task]:
    rendering.problems.update(chart.problems)
    for name in chart.missing:
        reason = f"depends on chart {name!r:.100}, which is not in charts/: what it deploys is not judged"
        rendering.problems.setdefault(f"{chart.path}Chart.yaml", reason)
    for path, source in chart.templates.items():
        yield _Task(
            name=f"{place}/{path}",
            path=chart.path + path,
            source=source,
            context=_context(chart, values, f"{place}/{path}", place),
            is_manifest=not chart.is_library and _is_manifest(path),
        )
    for part in chart.parts:
        own = values.get(part.name)
        if is_enabled(part, values) and isinstance(own, dict):
            yield from _tasks(part, own, f"{place}/charts/{part.name}", rendering)


def _is_manifest(path: str) -> bool:
    return path.endswith((".yaml", ".yml", ".json")) and not posixpath.basename(path).startswith("_")


def _context(chart: Chart, values: Values, name: str, place: str) -> Values:
    major, minor, _ = _KUBERNETES.removeprefix("v").split(".")
    kubernetes = {"Version": _KUBERNETES, "GitVersion": _KUBERNETES, "Major": major, "Minor": minor}
    return {
        "Values": values,
        "Chart": {**chart.described(), "IsRoot": not chart.path},
        "Release": {
            "Name": "release-name",
            "Namespace": "default",
            "Service": "Helm",
            "Revision": 1,
            "IsInstall": True,
            "IsUpgrade": False,
        },
        "Capabilities": {
            "KubeVersion": kubernetes,
            "APIVersions": _Versions(),
            "HelmVersion": {"Version": "v3.16.0"},
        },
        "Template": {"Name": name, "BasePath": f"{place}/templates"},
        "Files": _Files(chart.files),
        "Subcharts": {},
    }


def _engine(sources: dict[str, str]) -> "tuple[TemplateEngine | None, dict[str, str]]":
    """Return what renders the templates, without those that are broken: each with the reason."""
    try:
        import gotpl  # noqa: PLC0415 - an extra
        from gotpl.exts.helm import HelmExtension  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ParseError(MISSING) from error
    budget = gotpl.ExecutionBudget(
        max_output_chars=_OUTPUT_CHARACTERS,
        max_iterations=_ITERATIONS,
        max_template_depth=_DEPTH,
        max_function_calls=_CALLS,
    )
    # Defaults often lack what `required` and `fail` ask for: the rest is rendered all the same.
    extension = HelmExtension(lint_mode=True, custom_functions=_PLACEHOLDERS)
    # Without a policy, templates could ask values of Python for all that these have.
    policy = gotpl.SandboxPolicy(
        allow_attributes=_ATTRIBUTES,
        allow_properties=_ATTRIBUTES,
        allow_methods=_METHODS | _ATTRIBUTES,
        allow_functions=extension.functions,
        allow_context_capabilities=("render-associated", "render-dynamic-source"),
        allow_custom_lookup=True,
        max_template_chars=_OUTPUT_CHARACTERS,
        default_budget=budget,
    )
    environment = gotpl.Environment(
        extensions=(extension,), missing_key="zero", sandbox=policy, budget=budget
    )
    broken: dict[str, str] = {}
    for name, source in sources.items():
        try:
            environment.from_sources({name: source})
        except (gotpl.TemplateError, RecursionError, ValueError) as error:
            broken[name] = _reason(error)
    whole = {name: source for name, source in sources.items() if name not in broken}
    return (environment.from_sources(whole) if whole else None), broken


def _render_one(engine: "TemplateEngine | None", task: _Task, broken: str, rendering: Rendering) -> None:
    if broken:
        rendering.problems[task.path] = broken
    if broken or engine is None or not task.is_manifest:
        return
    from gotpl import TemplateError  # noqa: PLC0415 - an extra

    try:
        text = engine.render_template(task.name, task.context)
    except (TemplateError, RecursionError, ValueError, TypeError, ArithmeticError, LookupError) as error:
        rendering.problems[task.path] = _reason(error)
        return
    # a chart that is there under two aliases is rendered twice
    path = f"{task.path}!{task.name}" if task.path in rendering.manifests else task.path
    rendering.manifests[path] = text.replace("<no value>", "")
    rendering.sources[path] = task.source


def _reason(error: Exception) -> str:
    return f"template cannot be rendered: {' '.join(str(error).split()) or type(error).__name__:.500}"


def _certificate(*_: object) -> dict[str, str]:
    return {"Cert": "CERTIFICATE", "Key": "KEY"}


def _word(*_: object) -> str:
    return "x"


def _repeated(length: int) -> str:
    return "x" * max(0, min(length, _LONGEST_RANDOM))


# What is made up anew each time has no say in checks: the same chart gives the same manifests.
_PLACEHOLDERS: dict[str, Callable[..., object]] = {
    **dict.fromkeys(
        (
            "buildCustomCert",
            "genCA",
            "genCAWithKey",
            "genSelfSignedCert",
            "genSelfSignedCertWithKey",
            "genSignedCert",
            "genSignedCertWithKey",
        ),
        _certificate,
    ),
    **dict.fromkeys(
        ("bcrypt", "decryptAES", "derivePassword", "encryptAES", "genPrivateKey", "htpasswd", "uuidv4"), _word
    ),
    **dict.fromkeys(("randAlpha", "randAlphaNum", "randAscii", "randBytes", "randNumeric"), _repeated),
}
