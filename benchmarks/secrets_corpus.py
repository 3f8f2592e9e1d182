"""A made-up tree of files with planted secrets and decoys, and where each of them is."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from analyzers.secrets._samples import (
    ALNUM,
    BASE32,
    BASE64,
    DIGITS,
    HEX,
    LOWER,
    LOWER_ALNUM,
    UPPER_ALNUM,
    Sample,
    checked,
    jwt,
    pem,
    text,
    uuid,
    word,
)

Place = tuple[str, int]
"""Path below the tree, and line counted from 1."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A tree, and what is where in it."""

    root: Path
    planted: frozenset[Place]
    decoys: frozenset[Place]


# Forms that providers publish and that all programs measured here say they know.
SECRETS: dict[str, Sample] = {
    "AWS_ACCESS_KEY_ID": text("AKIA", word(16, BASE32)),
    "AWS_SECRET_ACCESS_KEY": word(40, BASE64),
    "GITHUB_TOKEN": checked("ghp_", 30),
    "GITHUB_OAUTH": checked("gho_", 30),
    "GITHUB_APP": checked("ghs_", 30),
    "GITHUB_FINE": text("github_pat_", word(22, ALNUM), "_", word(59, ALNUM)),
    "GITLAB_TOKEN": text("glpat-", word(20, ALNUM)),
    "SLACK_BOT": text("xoxb-", word(12, DIGITS), "-", word(12, DIGITS), "-", word(24, ALNUM)),
    "SLACK_URL": text(
        "https://hooks.slack.com/services/T",
        word(9, UPPER_ALNUM),
        "/B",
        word(9, UPPER_ALNUM),
        "/",
        word(24, ALNUM),
    ),
    "STRIPE_KEY": text("sk_", "live_", word(24, ALNUM)),
    "NPM_TOKEN": checked("npm_", 30),
    "PYPI_TOKEN": text("pypi-AgEIcHlwaS5vcmc", word(150, ALNUM)),
    "RUBYGEMS_KEY": text("rubygems_", word(48, HEX)),
    "SENDGRID": text("SG.", word(22, ALNUM), ".", word(43, ALNUM)),
    "SHOPIFY": text("shpat_", word(32, HEX)),
    "TWILIO_API_KEY": text("SK", word(32, HEX)),
    "DATABRICKS": text("dapi", word(32, HEX)),
    "DOPPLER": text("dp.pt.", word(43, ALNUM)),
    "LINEAR_API_KEY": text("lin_api_", word(40, ALNUM)),
    "PULUMI": text("pul-", word(40, HEX)),
    "NEW_RELIC_KEY": text("NRAK-", word(27, UPPER_ALNUM)),
    "POSTMAN": text("PMAK-", word(24, HEX), "-", word(34, HEX)),
    "MAILCHIMP": text(word(32, HEX), "-us20"),
    "PLANETSCALE": text("pscale_tkn_", word(43, ALNUM)),
    "HEROKU_API_KEY": uuid,
    "JWT": jwt,
    "FASTLY_API_KEY": word(32, ALNUM),
    "DISCORD_CLIENT_SECRET": word(32, ALNUM),
    "OPENAI_API_KEY": text("sk-", word(20, ALNUM), "T3BlbkFJ", word(20, ALNUM)),
    "HF_TOKEN": text("hf_", word(34, LOWER + LOWER.upper())),
}


def _integrity(random: Random) -> str:
    return "sha512-" + b64encode(hashlib.sha512(random.randbytes(8)).digest()).decode()


def _commit(random: Random) -> str:
    return hashlib.sha1(random.randbytes(8), usedforsecurity=False).hexdigest()


def _identifier(random: Random) -> str:
    return "".join(
        random.choice(("get", "Service", "Token", "User", "Secret", "Key", "V2", "Handler")) for _ in range(5)
    )


DECOYS: dict[str, Sample] = {
    "integrity": _integrity,
    "commit": _commit,
    "etag": word(32, HEX),
    "request_id": uuid,
    "version": text("1.", word(2, DIGITS), ".", word(3, DIGITS)),
    "aws_access_key_id": text("AKIAIOSFODNN7", "EXAMPLE"),
    "AWS_SHORT": text("AKIA", word(9, BASE32)),
    "github_token": text("ghp_", word(12, ALNUM)),
    "token_class": _identifier,
    "api_key_name": text("config.", _identifier),
    "password": text("${", word(8, LOWER), "}"),
    "client_secret": text("<your-client-secret>"),
    "secret_ref": text("arn:aws:secretsmanager:eu-west-1:", word(12, DIGITS), ":secret/app"),
    "slack": text("xoxb-", word(4, LOWER)),
    "image": text("data:image/png;base64,", word(120, BASE64)),
    "stripe": text("sk_", "live_", word(4, LOWER)),
    "DB_URL": text("postgres://app@db.internal:5432/", word(6, LOWER)),
    "placeholder_token": text("x" * 32),
    "public_key": text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", word(43, BASE64)),
    "uuid": uuid,
    "digest": text("sha256:", word(64, HEX)),
    "css": text("#", word(6, HEX)),
    "serial": word(20, DIGITS),
    "slug": text(word(8, LOWER), "-", word(8, LOWER), "-", word(5, LOWER_ALNUM)),
}

_FORMS: dict[str, Callable[[str, str], str]] = {
    "env": lambda name, value: f"{name}={value}",
    "py": lambda name, value: f"{name} = {json.dumps(value)}",
    "yaml": lambda name, value: f"  {name}: {json.dumps(value)}",
    "json": lambda name, value: f"  {json.dumps(name)}: {json.dumps(value)},",
    "js": lambda name, value: f"const {name} = '{value}';",
}


def grown(work: Path, secrets: int = 600, decoys: int = 2400, seed: int = 4) -> Labelled:
    """Make the tree below a directory; it is the same every time.

    Args:
        work: where.
        secrets: how many are planted, with as many private keys beside them as make one of twenty.
        decoys: how many lines look like secrets to a careless reader.
        seed: of the randomness.
    """
    random = Random(seed)
    lines = [(name, made, True) for name, made in _taken(SECRETS, secrets)]
    lines += [(name, made, False) for name, made in _taken(DECOYS, decoys)]
    random.shuffle(lines)
    root = work / "labelled"
    planted: set[Place] = set()
    harmless: set[Place] = set()
    for number in range(0, len(lines), 20):
        form = random.choice(tuple(_FORMS))
        path = f"service{number % 7}/src/module{number}.{form}"
        content: list[str] = []
        for name, made, is_secret in lines[number : number + 20]:
            content += [f"# part {random.randrange(1000)}", _FORMS[form](name, made(random))]
            (planted if is_secret else harmless).add((path, len(content)))
        _write(root / path, "\n".join(content) + "\n")
    for number in range(secrets // 20):
        path = f"service{number % 7}/keys/key{number}"
        _write(root / path, pem(random.choice(("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY")))(random))
        planted.add((path, 1))
    return Labelled(root, frozenset(planted), frozenset(harmless))


def _taken(kinds: dict[str, Sample], count: int) -> list[tuple[str, Sample]]:
    every = list(kinds.items())
    return [every[number % len(every)] for number in range(count)]


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
