import json
from random import Random

from analyzers.inventory import Scanner
from analyzers.secrets._engine import MOST_FINDINGS
from analyzers.secrets._samples import BASE32, text, word
from reports.contents import of_configuration

KEY = text("AKIA", word(16, BASE32))(Random(1))
CONFIG = {
    "config": {"Env": [f"AWS_ACCESS_KEY_ID={KEY}"], "User": "app"},
    "history": [{"created_by": f"RUN sudo login {KEY} # buildkit"}],
    "rootfs": {"type": "layers", "diff_ids": ["sha256:0"]},
}
BODY = json.dumps(CONFIG).encode()
BOTH = (Scanner.SECRET, Scanner.MISCONFIG)


def test_what_is_found_is_starred_in_what_is_shown() -> None:
    found = of_configuration(BODY, BOTH)
    assert [each.secret.rule for each in found.secrets] == ["aws-access-key-id"] * 2
    shown = json.loads(found.shown)
    assert shown["config"] == {"Env": ["AWS_ACCESS_KEY_ID=" + "*" * 20], "User": "app"}
    assert shown["rootfs"] == CONFIG["rootfs"]
    assert found.starred(f"RUN sudo login {KEY} # buildkit") == f"RUN sudo login {'*' * 20} # buildkit"
    assert any(each.outcome.check == "DS-0010" for each in found.misconfigurations)
    assert KEY not in str(found)


def test_what_is_not_looked_for_is_shown_as_it_is() -> None:
    for scanners in ((), (Scanner.MISCONFIG,)):
        found = of_configuration(BODY, scanners)
        assert (found.shown, found.secrets, found.starred(KEY)) == (BODY, (), KEY)


def test_a_broken_configuration_is_a_problem() -> None:
    found = of_configuration(b"{", BOTH)
    assert [each.reason.partition(":")[0] for each in found.problems] == ["image configuration"]


def test_one_that_is_nested_deep_never_shows_its_secrets() -> None:
    for depth in (10, 400, 900):
        body = BODY[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"
        found = of_configuration(body, BOTH)
        assert found.problems or (found.secrets and KEY.encode() not in found.shown)


def test_more_secrets_than_are_told_are_a_problem() -> None:
    keys = [text("AKIA", word(16, BASE32))(Random(seed)) for seed in range(MOST_FINDINGS + 5)]
    found = of_configuration(json.dumps({"config": {"Env": keys}}).encode(), BOTH)
    assert len(found.secrets) == MOST_FINDINGS
    assert [each.reason.rpartition("(")[0] for each in found.problems] == [
        f"image configuration: secrets/content: {len(keys)} secrets, expected at most {MOST_FINDINGS} "
    ]
    assert set(json.loads(found.shown)["config"]["Env"]) == {"*" * 20}
