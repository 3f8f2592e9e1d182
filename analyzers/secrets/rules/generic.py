"""Values that are called secrets, whoever's they are."""

from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, text, word
from analyzers.secrets._verify import has_digit_and_letter, looks_random

_PLAIN_WORDS = (
    r"(?i:example|sample|dummy|placeholder|changeme|change_me|replace|insert|your[_-]?|redacted|undefined|localhost|test|todo|fixme|foobar|abcdef|123456789|qwerty)",
    r"^(?i:[a-z]+[._-])+[a-z]+$",
    r"^[./\\~$%{<(\[@#]",
    r"(?:\.(?:py|js|ts|go|json|ya?ml|html?|png|svg|css|txt|pem|crt|key|example|com|org|net)|\(\)|::|->|://)",
    r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-0{12}$",
    r"^(?i:scram-)?(?i:sha-?(?:1|256|384|512)|md5)(?:[-:]|$)",
    # The forms of these are known: what their own rules do not find is cut off or made up.
    r"^(?:gh[opusr]_|github_pat_|glpat-|xox[a-z]-|npm_|pypi-|AKIA|ASIA|[sr]k_(?:live|test)_|SG\.|hf_|ssh-)",
    r"^(?:arn|urn|https?|data|projects):",
)

_OPERATOR = (
    r"[\"'`\]]{0,2}[ \t]{0,4}(?:=>|:=|=|:|>|(?<=[\"']),|(?<=[\"'])[ \t]value=|(?<=[\"'] )value=)[ \t]{0,4}"
)
"""Between name and value: assignments, mappings, elements and attributes of XML, arguments."""

RULES = (
    Rule(
        id="generic-api-key",
        in_packages=False,
        category="General",
        title="Value that is called a key or secret",
        severity="MEDIUM",
        pattern=r"(?i:(?:api|app|auth|access|account|admin|client|consumer|encryption|encrypt|master|private"
        r"|secret|service|shared|signing|session|storage|refresh|webhook)"
        r"[_. -]?(?:key|secret|token|credential)s?|\bsecret|[_-](?:secret|token)|[a-z](?-i:Secret))"
        r"(?i:[_-]?(?:base|value|prod|live|dev|v?[0-9]))?"
        rf"{_OPERATOR}(?:b?[\"'`]|\\\")?"
        r"(?P<secret>[A-Za-z0-9_+/=~.!@%^*-]{16,150})(?![A-Za-z0-9_+/=~.(\[-])",
        keywords=("key", "secret", "token", "credential"),
        lead=11,
        sample=text('CLIENT_SECRET = "', word(32, ALNUM), '"\n'),
        near_miss=text("client_secret = settings.oauth.client_secret_value\n"),
        entropy=3.3,
        allow=_PLAIN_WORDS,
        verify=looks_random,
        rank=Rank.GENERIC,
    ),
    Rule(
        id="generic-password",
        in_packages=False,
        category="General",
        title="Password",
        severity="LOW",
        pattern=r"(?i:[a-z0-9]?(?:password|passwd|passphrase|_pass|_pwd|dbpass))"
        rf"{_OPERATOR}"
        r"(?:\"(?=[^\"\n]{8,80}\")|'(?=[^'\n]{8,80}')|(?<=[A-Z]=))(?P<secret>[!#-&(-~]{8,80})(?![!#-&(-~])",
        keywords=("pass", "_pwd"),
        lead=3,
        sample=text('db_password = "', word(14, ALNUM), '"\n'),
        near_miss=text('db_password = "', "changeme", '"\n'),
        entropy=3.0,
        allow=_PLAIN_WORDS,
        verify=has_digit_and_letter,
        rank=Rank.GENERIC,
    ),
)
