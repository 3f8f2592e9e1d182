"""Values that are called secrets, whoever's they are."""

from analyzers.secrets._forms import NO_SECRET_TOKEN, UUID, after, not_after
from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, text, word
from analyzers.secrets._verify import (
    has_digit_and_letter,
    is_random_key,
    is_random_secret,
    is_strong_password,
)

_PLAIN_WORDS = (
    r"(?i:example|sample|dummy|placeholder|changeme|change_me|replace|insert|your[_-]?|redacted|undefined|localhost|test|todo|fixme|foobar|abcdef|123456789|qwerty)",
    r"^(?:[A-Za-z]+[0-9]{0,2}[._-])+[A-Za-z]+[0-9]{0,2}$",
    r"^[A-Za-z_]\w{0,20}(?:\.[A-Za-z_]\w{0,20})+$",
    r"^[./\\~$%{<(\[@#]",
    r"(?:\.(?:py|js|ts|go|json|ya?ml|html?|png|svg|css|txt|pem|crt|key|example|com|org|net)|\(\)|::|->|://)",
    r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-0{12}$",
    r"^(?i:scram-)?(?i:sha-?(?:1|256|384|512)|md5)(?:[-:]|$)",
    # The forms of these are known: what their own rules do not find is cut off or made up.
    r"^(?:gh[opusr]_|github_pat_|glpat-|xox[a-z]-|npm_|pypi-|AKIA|ASIA|[sr]k_(?:live|test)_|SG\.|hf_|ssh-)",
    r"^(?:arn|urn|https?|data|projects):",
)

_REFERENCES = (
    r"^[a-z_]\w*(?:\.[a-z_]\w*)+$",
    r"^(?i:vault|secret|env|file|ref|projects|arn|op|ssm|https?)[:+/]",
)
"""To where the password is: names of variables, addresses in a vault."""

_PLACEHOLDERS = (r"^[<\[{$%]", r"^(?i:pass(?:word|wd|phrase)?|pwd|secret|token|changeme|your\S*|my\S*|x+)$")

_TYPE = r"(?:(?:[ \t]?:[ \t]{0,2}|[ \t]{1,2})(?:&(?:'static[ \t])?)?(?:str|[Ss]tring))?"
"""Of a declaration, between its name and its value."""

_OPERATOR = (
    r"[\\\"'`\]]{0,3}" + _TYPE + r"[ \t]{0,4}"
    r"(?:=>|:=|=|:|>|(?<=[\"']),|(?<=[\"'])[ \t]value=|(?<=[\"'] )value=)[ \t]{0,4}"
)
"""Between name and value: assignments, mappings, elements and attributes of XML, arguments."""

_ARRAY = r"(?:\[[ \t]?(?=[\"'`]))?"


_OWNERS = (
    *("api", "app", "auth", "access", "account", "admin", "client", "consumer", "encryption", "encrypt"),
    *("master", "private", "secret", "service", "shared", "signing", "session", "storage", "refresh"),
    "webhook",
)
"""What is before "key" where it is one that is kept."""


def _owned(name: str) -> str:
    """Return what matches after the name where it says whose or what for it is, apart or not."""
    return "|".join(f"(?<={each})" for each in after(_OWNERS, name))


def _alone(name: str) -> str:
    """Return what matches after the name where a word begins with it: after a sign, or with a capital."""
    head = name[0].upper()
    return f"(?:(?<![a-z0-9]{name})|(?<=[a-z0-9](?-i:{head}){name[1:]}))"


_NO_SECRET_KEY = not_after(
    *("public", "pub", "publishable", "primary", "foreign", "cache", "sort", "partition", "object", "row"),
    *(
        "index",
        "group",
        "message",
        "idempotency",
        "translation",
        "lookup",
        "unique",
        "site",
        "host",
        "verify",
    ),
    *("verification", "verifying", "registry", "query", "item", "state", "event", "image", "file", "bucket"),
    *("storage", "search", "map", "issue", "project", "i18n", "routing", "hot", "s3", "kms"),
    name="key",
)
"""Keys to find something by, and those that everybody may have."""

_PASSWORDS = r"(?:password|passwd|passphrase|[_.-]pass|[_.-]pwd|dbpass|\bpass|\bpwd)"
_IN_CODE = r"|[a-z](?-i:P(?:ass|wd))"
_LINE_END = r"(?:[,;]?[ \t]{0,8}\r?(?:\n|\Z)|,?[ \t]{1,8}(?:[#;]|//))"
_PLAIN_VALUE = r"[^\s\"'`()\[\]{}<>$,;&|\\]{8,100}"

_GIVEN = (
    r"(?i:[_-]?(?:base|value|prod|live|dev|v?[0-9]))?"
    rf"{_OPERATOR}{_ARRAY}(?:b?[\"'`]|\\{{1,2}}[\"'])?(?:base64:)?"
    r"(?P<secret>[A-Za-z0-9_+/=~.!@%^*-]{16,150})(?![A-Za-z0-9_+/=~.(\[-])"
)

RULES = (
    Rule(
        id="generic-api-key",
        in_packages=False,
        category="General",
        title="Value that is called a key or secret",
        severity="MEDIUM",
        # From the last word of the name on, so that few letters begin one; the rest is looked back at.
        pattern=rf"[KSTCkstc](?i:(?<=k)ey(?:{_owned('key')})|(?<=s)ecret(?:{_alone('secret')}|{_owned('secret')})"
        rf"|(?<=t)oken(?:{_owned('token')}|{_alone('token')}{NO_SECRET_TOKEN}(?![^\w\n]{{1,12}}{UUID}))"
        rf"|(?<=c)red(?:ential(?:{_alone('credential')}|{_owned('credential')})|{_alone('cred')}))(?i:s?){_GIVEN}",
        anchor=rf"(?i:(?:(?:{'|'.join(_OWNERS)})[_. -]?key|secret|token|cred(?:ential)?)s?){_GIVEN}",
        keywords=("key", "secret", "token", "cred"),
        lead=0,
        width=256,
        sample=text('CLIENT_SECRET = "', word(32, ALNUM), '"\n'),
        near_miss=text("client_secret = settings.oauth.client_secret_value\n"),
        entropy=3.1,
        allow=_PLAIN_WORDS,
        verify=is_random_secret,
        rank=Rank.GENERIC,
    ),
    Rule(
        id="generic-key",
        in_packages=False,
        category="General",
        title="Value that is called a key",
        severity="LOW",
        # The name is the end of a word, so that it is searched for by its first letter.
        pattern=rf"[Kk][Ee][Yy](?=[\\\"'`\]\s:=,>])(?<![a-z]key)(?<![A-Z]KEY)(?i:{_NO_SECRET_KEY})"
        rf"{_OPERATOR}{_ARRAY}(?:b?[\"'`]|\\{{1,2}}[\"'])?"
        r"(?P<secret>[A-Za-z0-9_+/=-]{20,100})(?![A-Za-z0-9_+/=~.(\[-])",
        keywords=("key",),
        lead=0,
        width=160,
        sample=text('key = "', word(32, ALNUM), '"\n'),
        near_miss=text("cacheKey: '", word(32, ALNUM), "'\n"),
        entropy=3.7,
        # Public keys and certificates, of SSH and in DER.
        allow=(*_PLAIN_WORDS, r"^AAAA[BCE]3Nz", r"^MI[IGH]"),
        verify=is_random_key,
        rank=Rank.GENERIC,
    ),
    Rule(
        id="generic-password",
        in_packages=False,
        category="General",
        title="Password",
        severity="LOW",
        pattern=rf"(?i:{_PASSWORDS}{_IN_CODE}){_OPERATOR}{_ARRAY}"
        r"(?:\\{0,2}(?:\"(?=[^\"\n]{8,80}\")|'(?=[^'\n]{8,80}')|`(?=[^`\n]{8,80}`))|(?<=[A-Z]=))"
        r"(?P<secret>[!#-&(-\[\]-_a-~]{8,80})(?![!#-&(-\[\]-_a-~])",
        keywords=("pass", "pwd"),
        lead=2,
        width=192,
        sample=text('db_password = "', word(14, ALNUM), '"\n'),
        near_miss=text('db_password = "', "changeme", '"\n'),
        entropy=3.0,
        allow=_PLAIN_WORDS,
        verify=has_digit_and_letter,
        rank=Rank.GENERIC,
    ),
    # https://docs.python.org/3/library/configparser.html, https://yaml.org/spec/1.2.2/#plain-style,
    # https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html: no quotes
    Rule(
        id="ini-password",
        in_packages=False,
        category="General",
        title="Password in a configuration file",
        severity="MEDIUM",
        # With spaces around the sign it is a whole line, save for a comment; else a word of a command.
        pattern=rf"(?i:{_PASSWORDS})[\"']?"
        rf"(?:=(?={_PLAIN_VALUE}(?:[\s\"'&;|]|\Z))"
        rf"|[ \t]{{0,8}}[=:][ \t]{{0,8}}(?={_PLAIN_VALUE}{_LINE_END}))"
        rf"(?P<secret>{_PLAIN_VALUE})",
        keywords=("pass", "pwd"),
        lead=2,
        width=192,
        sample=text("[client]\npassword = ", word(18, ALNUM), "\n"),
        near_miss=text("[client]\npassword = ask-for-it\n"),
        # In code without spaces, the value is an expression.
        allow=(*_PLACEHOLDERS, *_REFERENCES, r"(?:^|[=?:])!|[=!]=|\?\S*:"),
        verify=is_strong_password,
        entropy=3.0,
        rank=Rank.GENERIC,
    ),
    # https://www.w3.org/TR/xml/#sec-starttags
    Rule(
        id="xml-password",
        in_packages=False,
        category="General",
        title="Password in an element",
        severity="MEDIUM",
        pattern=r"<(?i:[\w.:-]{0,60}(?:password|passwd|passphrase|pwd))>(?P<secret>[^<>\s${}]{8,100})</",
        keywords=("passw", "passphrase", "pwd"),
        lead=61,
        sample=text("<dbPassword>", word(18, ALNUM), "</dbPassword>\n"),
        near_miss=text("<dbPassword>${db.password}</dbPassword>\n"),
        allow=(*_PLACEHOLDERS, *_REFERENCES),
        verify=is_strong_password,
        entropy=3.0,
        rank=Rank.GENERIC,
    ),
)
