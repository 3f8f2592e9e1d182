import pytest

from analyzers.secrets._allowed import AllowRule
from analyzers.secrets._config import CustomRule, SecretConfig
from analyzers.secrets._configured import unknown_names

OWN = CustomRule(id="zq", category="Own", title="Own", severity="LOW", regex="own")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (SecretConfig(), []),
        (SecretConfig(rules=(OWN,), disable_rules=("github-pat", "zq")), []),
        (SecretConfig(disable_rules=("nope",)), ["disable-rules: no rule is called 'nope'"]),
        (
            SecretConfig(disable_rules=("github-pats",)),
            ["disable-rules: no rule is called 'github-pats'; 'github-pat' is"],
        ),
        (
            SecretConfig(rules=(OWN,), enable_builtin_rules=("zq",)),
            ["enable-builtin-rules: no rule is called 'zq'"],
        ),
        (SecretConfig(disable_allow_rules=("tests", "mine"), allow_rules=(AllowRule(id="mine"),)), []),
        (SecretConfig(disable_allow_rules=("x",)), ["disable-allow-rules: no rule is called 'x'"]),
    ],
)
def test_names_that_no_rule_has(config: SecretConfig, told: list[str]) -> None:
    assert list(unknown_names(config)) == told
