"""Passwords that are given to a program when it is called."""

from analyzers.secrets._forms import NO_SECRET_TOKEN, UUID
from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, text, word
from analyzers.secrets._verify import has_digit_and_letter, is_strong_password

_PLACEHOLDERS = (
    r"^[<\[{$%*/.-]",
    r"^(?i:pass(?:word|wd|phrase)?|pwd|secret|token|changeme|your\S*|my\S*|x+)$",
)

RULES = (
    # https://curl.se/docs/manpage.html#-u
    Rule(
        id="curl-user-password",
        in_packages=False,
        category="General",
        title="Password in a command of curl",
        severity="HIGH",
        pattern=r"\bcurl\b[^\n|;]{0,200}?\s(?:-u|--user|--proxy-user)[ =]?[\"']?[\w.@-]{1,80}:"
        r"(?P<secret>[^\s\"'$<{][^\s\"']{5,120})",
        keywords=("curl",),
        lead=0,
        sample=text("curl -fsS -u ci:", word(16, ALNUM), " https://api.internal/\n"),
        near_miss=text('curl -u "ci:$PASSWORD" https://api.internal/\n'),
        allow=_PLACEHOLDERS,
        verify=has_digit_and_letter,
        rank=Rank.CONTEXT,
    ),
    # https://docs.docker.com/reference/cli/docker/login/, https://helm.sh/docs/helm/helm_registry_login/
    Rule(
        id="login-password",
        in_packages=False,
        category="General",
        title="Password in a command that logs in",
        severity="HIGH",
        pattern=r"\b(?:login [^\n|;]{0,200}?(?<=[ \t])-p[ \t=]?|sshpass[ \t]{1,4}-p[ \t]?"
        r"|mysql(?:dump|admin)?\b[^\n|;]{0,200}?[ \t]-p)"
        r"[\"']?(?P<secret>[^\s\"'`$<{()\[\]][^\s\"'`]{7,120})",
        keywords=("login ", "sshpass", "mysql"),
        lead=0,
        sample=text("docker login -u ci -p ", word(20, ALNUM), " registry.internal\n"),
        near_miss=text("docker login -u ci -p $PASSWORD1 registry.internal\n"),
        allow=_PLACEHOLDERS,
        verify=is_strong_password,
        entropy=3.0,
        rank=Rank.CONTEXT,
    ),
    # https://man7.org/linux/man-pages/man8/chpasswd.8.html
    Rule(
        id="chpasswd-password",
        in_packages=False,
        category="General",
        title="Password of a user of the system",
        severity="HIGH",
        pattern=r"[\w.-]{1,32}:(?P<secret>[^\s\"'`$<{:|]{6,120})(?:\\n)?[\"']?[ \t]{0,4}\|[ \t]{0,4}"
        r"(?:sudo[ \t]{1,4})?(?:/usr/sbin/)?chpasswd\b",
        keywords=("chpasswd",),
        lead=220,
        sample=text("RUN echo 'root:", word(14, ALNUM), "' | chpasswd\n"),
        near_miss=text('RUN echo "root:${PASSWORD_1}" | chpasswd\n'),
        allow=_PLACEHOLDERS,
        rank=Rank.CONTEXT,
    ),
    # https://learn.microsoft.com/powershell/module/microsoft.powershell.security/convertto-securestring
    Rule(
        id="powershell-secure-string",
        in_packages=False,
        category="General",
        title="Secret in a secure string of PowerShell",
        severity="HIGH",
        pattern=r"(?i:\bConvertTo-SecureString[ \t]{1,4}(?:-(?:AsPlainText|Force)[ \t]{1,4}){0,2}"
        r"(?:-String[ \t]{1,4})?)[\"'](?P<secret>[^\"'$\n]{8,150})[\"']",
        keywords=("convertto-securestring",),
        lead=0,
        sample=text("ConvertTo-SecureString '", word(18, ALNUM), "' -AsPlainText -Force\n"),
        near_miss=text('ConvertTo-SecureString "$env:PASSWORD_1" -AsPlainText -Force\n'),
        allow=_PLACEHOLDERS,
        verify=has_digit_and_letter,
        rank=Rank.CONTEXT,
    ),
    # https://www.gnu.org/prep/standards/html_node/Option-Table.html
    Rule(
        id="option-secret",
        in_packages=False,
        category="General",
        title="Secret in an option of a command",
        severity="MEDIUM",
        pattern=r"[ \t]--?(?:[a-z0-9]{1,20}-){0,3}"
        r"(?:password|passwd|passphrase|pass|token|secret|(?:api|access|secret|auth|private)-?key)"
        rf"{NO_SECRET_TOKEN}(?<!client-token)(?![ \t=\"']{{1,3}}{UUID})[ \t=]{{1,2}}"
        r"[\"']?(?P<secret>[^\s\"'`$<{()\[\],;|&\\][^\s\"'`,;|&\\]{11,150})",
        keywords=("-pass", "-token", "-secret", "-key", "-api", "-access", "-auth", "-private"),
        lead=72,
        sample=text("deployer --api-token ", word(24, ALNUM), " --now\n"),
        near_miss=text("deployer --api-token ${API_TOKEN_OF_2} --now\n"),
        allow=(
            *_PLACEHOLDERS,
            r"^@",
            r"^(?i:projects|arn|op|ssm|vault|env|file|https?)[:/]",
            r"(?i:example|changeme|placeholder)",
            r"^(?i:your|my[_-])",
        ),
        verify=is_strong_password,
        entropy=3.2,
        rank=Rank.GENERIC,
    ),
)
