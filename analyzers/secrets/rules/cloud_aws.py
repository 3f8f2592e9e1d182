"""Secrets of Amazon Web Services and of Alibaba Cloud."""

from analyzers.secrets._forms import named, token
from analyzers.secrets._rule import END, START, Rule
from analyzers.secrets._samples import ALNUM, BASE32, BASE64, HEX, text, uuid, word
from analyzers.secrets._verify import has_cases, not_hex

_BASE64_END = r"(?![A-Za-z0-9/+])"

RULES = (
    Rule(
        id="aws-access-key-id",
        category="AWS",
        title="AWS Access Key ID",
        severity="CRITICAL",
        pattern=START + r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}" + END,
        keywords=("akia", "asia", "abia", "acca", "a3t"),
        sample=text("AWS_ACCESS_KEY_ID=AKIA", word(16, BASE32), "\n"),
        near_miss=text("AWS_ACCESS_KEY_ID=AKIA", word(15, BASE32), "\n"),
        entropy=2.8,
    ),
    named(
        "aws-secret-access-key",
        "AWS",
        "AWS Secret Access Key",
        "CRITICAL",
        r"aws[\w .-]{0,20}(?:secret|key|token)|secret[_-]?access[_-]?key|secretkey",
        r"[A-Za-z0-9/+]{40}",
        word(40, BASE64),
        keywords=("aws", "access_key", "access-key", "accesskey", "secretkey"),
        name="aws_secret_access_key",
        entropy=3.8,
        end=_BASE64_END,
        verify=lambda value: not_hex(value) and has_cases(value),
    ),
    Rule(
        id="aws-session-token",
        category="AWS",
        title="AWS session token",
        severity="HIGH",
        pattern=START + r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+]{100,1500}={0,2}" + _BASE64_END,
        keywords=("fwogzxivyxdz", "iqojb3jpz2lu"),
        anchor=r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+]{20}",
        sample=text("AWS_SESSION_TOKEN=IQoJb3JpZ2lu", word(300, BASE64), "==\n"),
        near_miss=text("AWS_SESSION_TOKEN=IQoJb3JpZ2lu", word(60, BASE64), "\n"),
        width=2048,
        entropy=4,
    ),
    token(
        "aws-mws-token", "AWS", "Amazon Marketplace token", "HIGH", "amzn.mws.", r"[0-9a-f-]{36}", HEX, 36,
        sample=text("amzn.mws.", uuid),
    ),
    token(
        "aws-bedrock-api-key", "AWS", "Amazon Bedrock API key", "CRITICAL", "ABSKQmVkcm9ja0FQSUtleS",
        r"[A-Za-z0-9+/]{80,260}={0,2}", ALNUM, 110, end=_BASE64_END,
    ),
    token(
        "alibaba-access-key-id", "Alibaba", "Alibaba AccessKey ID", "HIGH", "LTAI", r"[A-Za-z0-9]{12,20}",
        ALNUM, 20, entropy=3,
    ),
    named(
        "alibaba-secret-key", "Alibaba", "Alibaba Secret Key", "HIGH", r"alibaba|aliyun|\bali[_-]",
        r"[A-Za-z0-9]{30}", word(30, ALNUM), keywords=("ali",), name="alibaba_secret_key", entropy=3.5,
        verify=not_hex,
    ),
)
