"""Private keys and web tokens."""

from analyzers.secrets._rule import END, START, Rule
from analyzers.secrets._samples import BECH32, HEX, jwt, pem, text, word
from analyzers.secrets._verify import is_jwt, is_key_body

_BEGIN = r"-----\s?BEGIN[ A-Z0-9_-]{0,40}PRIVATE KEY(?: BLOCK)?\s?-----"

RULES = (
    Rule(
        id="private-key",
        in_packages=True,
        category="AsymmetricPrivateKey",
        title="Asymmetric Private Key",
        severity="HIGH",
        # Of keys that are cut off, or in a string with "\n" in it, what is there is told as well.
        pattern=_BEGIN + r"(?P<secret>(?:[\s\\\"',+]|Proc-Type:[^\n]{0,80}"
        r"|DEK-Info:[^\n]{0,80}|(?:Version|Comment):[^\n]{0,80}|[A-Za-z0-9/=]){40,16000})",
        keywords=("private key",),
        anchor=_BEGIN,
        width=16500,
        verify=is_key_body,
        sample=pem("RSA PRIVATE KEY"),
        near_miss=text("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
    ),
    Rule(
        id="putty-private-key",
        in_packages=True,
        category="AsymmetricPrivateKey",
        title="PuTTY private key",
        severity="HIGH",
        pattern=r"PuTTY-User-Key-File-[23]: [\w-]{4,40}\r?\n"
        r"(?:[^\n]{0,200}\n){1,60}?"
        r"Private-Lines: [0-9]{1,3}\r?\n(?P<secret>(?:[A-Za-z0-9+/=]{1,64}\r?(?:\n|\Z)){1,60})",
        keywords=("putty-user-key-file-",),
        anchor=r"PuTTY-User-Key-File-[23]:",
        width=18000,
        sample=text(
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n", word(64, HEX), "\n"
        ),
        near_miss=text("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"),
    ),
    Rule(
        id="age-secret-key",
        in_packages=True,
        category="Age",
        title="Age secret key",
        severity="MEDIUM",
        pattern=START + r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}" + END,
        keywords=("age-secret-key-1",),
        sample=text("AGE-SECRET-KEY-1", word(58, BECH32), "\n"),
        near_miss=text("AGE-SECRET-KEY-1", word(40, BECH32), "\n"),
        entropy=3.5,
    ),
    Rule(
        id="jwt-token",
        in_packages=True,
        category="JWT",
        title="JWT token",
        severity="MEDIUM",
        pattern=START + r"ey[A-Za-z0-9_-]{15,1000}\.ey[A-Za-z0-9_-]{10,6000}\.[A-Za-z0-9_-]{10,1000}" + END,
        keywords=("ey",),
        anchor=r"\.ey[A-Za-z0-9_-]{10}",
        width=8200,
        verify=is_jwt,
        sample=text('token = "', jwt, '"\n'),
        near_miss=text('token = "eyQQQQQQQQQQQQQQQQQQ.eyQQQQQQQQQQQQQQQ.', word(30, HEX), '"\n'),
    ),
)
