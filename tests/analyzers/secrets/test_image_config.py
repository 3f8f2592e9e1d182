from random import Random

from hypothesis import given
from hypothesis import strategies as st

from analyzers.secrets._image_config import examine_image_config, starred
from analyzers.secrets._samples import ALNUM, BASE32, pem, text, word

KEY = text("AKIA", word(16, BASE32))(Random(1))
PASSWORD = word(20, ALNUM)(Random(2))
SSH_KEY = pem("RSA PRIVATE KEY")(Random(3))
CONFIG = {
    "config": {
        "Env": [f"AWS_ACCESS_KEY_ID={KEY}", "PATH=/bin", "DB=postgres://app:q4z@db/app", "NAME=q4z"],
        "Labels": {
            "owner": "a",
            "DB_PASSWORD": PASSWORD,
            "ssh": SSH_KEY,
        },
    },
    "history": [{"created_by": f"RUN curl https://{KEY}"}],
}


def test_secrets_are_starred_in_all_texts_of_the_configuration() -> None:
    hide = starred(CONFIG)
    assert hide(f"AWS_ACCESS_KEY_ID={KEY}") == "AWS_ACCESS_KEY_ID=" + "*" * 20
    assert hide(f"RUN curl https://{KEY}") == "RUN curl https://" + "*" * 20
    assert hide(f"made of {KEY}, elsewhere") == f"made of {'*' * 20}, elsewhere"
    assert hide(PASSWORD) == "*" * 20
    assert hide("PATH=/bin") == "PATH=/bin"


def test_short_ones_are_starred_where_they_were_found_only() -> None:
    hide = starred(CONFIG)
    assert hide("DB=postgres://app:q4z@db/app") == "DB=postgres://app:***@db/app"
    assert hide("NAME=q4z") == "NAME=q4z"


def test_values_of_labels_may_have_many_lines() -> None:
    shown = starred(CONFIG)(SSH_KEY)
    assert shown.startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert len(shown) == len(SSH_KEY)
    assert not any(line in shown for line in SSH_KEY.splitlines()[1:-1])


def test_nothing_found_is_nothing_changed() -> None:
    assert starred({"config": {"Env": ["A=b"]}})("A=b *") == "A=b *"


@given(st.lists(st.text(max_size=30), max_size=5), st.integers(0, 5))
def test_any_configuration_keeps_its_length_and_shows_no_key(texts: list[str], place: int) -> None:
    line = f"KEY={KEY}"
    lines = [*texts[:place], line, *texts[place:]]
    hide = starred({"config": {"Env": lines, "Labels": dict.fromkeys(texts, line)}})
    assert not any(KEY in hide(each) for each in lines)
    assert hide(line).endswith("*" * len(KEY))
    assert examine_image_config({"config": {"Env": [hide(each) for each in lines]}}) == []
