import pytest

from analyzers.checks.secret_names import hidden, is_secret_name, is_switch


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "db_password",
        "GITHUB_TOKEN",
        "apiKey",
        "API-KEY",
        "AWS_SECRET_ACCESS_KEY",
        "SSH_PRIVATE_KEY",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["PWD", "TOKEN_URL", "GPG_KEY", "PASSWORD_FILE", "HOST", "KEYBOARD", "A" * 1000, ""]
)
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


def test_switches_are_no_secrets() -> None:
    assert is_switch("Yes")
    assert not is_switch("hunter2")


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ((1, 2, "hunter2"), ["a *******", "b ******* *******", "c hunter2"]),
        ((3, 9, "hunter2"), ["a hunter2", "b hunter2 hunter2", "c *******"]),
        ((1, 1, "written otherwise"), ["*********", "b hunter2 hunter2", "c hunter2"]),
        ((1, 1, "a"), ["a hunter2", "b hunter2 hunter2", "c hunter2"]),
        ((9, 9, "hunter2"), ["a hunter2", "b hunter2 hunter2", "c hunter2"]),
    ],
)
def test_secrets_are_hidden_in_their_lines(secret: tuple[int, int, str], shown: list[str]) -> None:
    assert hidden(["a hunter2", "b hunter2 hunter2", "c hunter2"], [secret]) == shown


def test_a_secret_of_unknown_lines_is_hidden_in_any() -> None:
    lines = ["a: hunter2!", "b: 1", "c: hunter2!"]
    assert hidden(lines, [(0, 0, "hunter2!")]) == ["a: ********", "b: 1", "c: ********"]
    assert hidden([], [(0, 0, "hunter2!")]) == []
