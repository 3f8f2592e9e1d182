"""Credentials in the files of Kubernetes, and of what else runs containers."""

from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, BASE64, text, word
from analyzers.secrets._verify import has_random_value, is_strong_password, looks_random

_ENTRIES = (
    r"(?P<secret>(?:[ \t]{1,8}[\w.-]{1,100}:[ \t]{1,4}"
    r"[\"']?[^\s\"'{}$<>|*&#]{8,800}[\"']?[ \t]{0,4}(?:#[^\n]{0,200})?\r?(?:\n|\Z)){1,10})"
)
_KIND = r"kind:[ \t]{0,4}[\"']?Secret\b[\"']?"

RULES = (
    # https://kubernetes.io/docs/concepts/configuration/secret/
    Rule(
        id="kubernetes-secret-data",
        in_packages=False,
        category="Kubernetes",
        title="Data of a Secret",
        severity="MEDIUM",
        # In the order that people write, and in the alphabetical one of `kubectl get -o yaml`.
        pattern=rf"(?:{_KIND}[ \t]{{0,4}}\r?\n(?:(?!---|data:|stringData:)[^\n]{{0,200}}\n){{0,30}}?"
        rf"|(?m:^)(?=data:[ \t]{{0,4}}\r?\n(?:[ \t][^\n]{{0,900}}\n){{1,10}}{_KIND}))"
        rf"(?:data|stringData):[ \t]{{0,4}}\r?\n{_ENTRIES}",
        keywords=("secret", "data:"),
        anchor=_KIND,
        width=16500,
        sample=text("kind: Secret\nmetadata:\n  name: a\ndata:\n  value: ", word(40, BASE64), "\n"),
        near_miss=text("kind: ConfigMap\ndata:\n  value: ", word(40, BASE64), "\n"),
        verify=has_random_value,
        rank=Rank.GENERIC,
    ),
    # https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
    Rule(
        id="kubeconfig-token",
        in_packages=False,
        category="Kubernetes",
        title="Token of a user of a cluster",
        severity="HIGH",
        pattern=r"\buser[\"']?:[ \t]{0,4}(?:\r?\n|\{)(?:[ \t]{1,12}[\w-]{1,40}:[^\n]{0,400}\n){0,6}?"
        r"\s{0,12}[\"']?token[\"']?:[ \t]{0,4}[\"']?(?P<secret>[A-Za-z0-9._~+/=:-]{16,2000})",
        keywords=("token:", 'token":', "token':"),
        lead=3000,
        anchor=r"\btoken[\"']?:[ \t]{0,4}[\"']?[A-Za-z0-9._~+/=:-]{16}",
        width=6000,
        sample=text(
            "users:\n- name: ci\n  user:\n    client-certificate: a\n    token: ", word(24, ALNUM), "\n"
        ),
        near_miss=text("users:\n- name: ci\n  user:\n    tokenFile: /run/token1\n"),
        verify=looks_random,
        rank=Rank.CONTEXT,
    ),
    # https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/,
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KeyValuePair.html
    Rule(
        id="container-env-secret",
        in_packages=False,
        category="Kubernetes",
        title="Secret in the environment of a container",
        severity="MEDIUM",
        pattern=r"\b(?i:name)[\"']?[ \t]{0,2}:[ \t]{0,4}[\"']?"
        r"(?i:[\w.-]{0,60}(?:password|passwd|passphrase|secret|token|credentials?|_pass|_pwd"
        r"|(?:api|access|secret|auth|private|encryption|signing)_?key))[\"']?[ \t]{0,4},?\s{1,60}"
        r"[\"']?(?i:value)[\"']?:[ \t]{0,4}[\"']?(?P<secret>[^\s\"'`{}$<>]{8,150})",
        keywords=("value:", 'value":', "value':"),
        lead=160,
        anchor=r"(?i:password|passwd|passphrase|secret|token|credentials?|_pass|_pwd|key)"
        r"[\"']?[ \t]{0,4},?\s{1,60}[\"']?(?i:value)[\"']?:",
        sample=text("env:\n- name: DB_PASSWORD\n  value: ", word(18, ALNUM), "\n"),
        near_miss=text('env:\n- name: DB_PASSWORD\n  value: "$(PASSWORD_OF_1)"\n'),
        allow=(r"^(?:/|https?:|vault:|arn:)", r"^(?i:your|my[_-])"),
        verify=is_strong_password,
        entropy=3.0,
        rank=Rank.GENERIC,
    ),
)
