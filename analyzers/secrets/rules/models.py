"""Keys of services that host models."""

from analyzers.secrets._forms import token
from analyzers.secrets._rule import END, START, Rule
from analyzers.secrets._samples import ALNUM, HEX, text, word

_MARK = "T3BlbkFJ"
"""In the middle of every key of OpenAI: its name in Base64."""


def _openai(rule: str, title: str, severity: str, prefix: str) -> Rule:
    made = text(prefix, word(74, ALNUM), _MARK, word(74, ALNUM))
    return token(
        rule,
        "OpenAI",
        title,
        severity,
        prefix,
        rf"[\w-]{{20,100}}{_MARK}[\w-]{{20,100}}",
        ALNUM,
        40,
        sample=made,
        entropy=3.5,
    )


RULES = (
    _openai("openai-project-api-key", "OpenAI project API key", "CRITICAL", "sk-proj-"),
    _openai("openai-service-account-key", "OpenAI service account key", "CRITICAL", "sk-svcacct-"),
    _openai("openai-admin-api-key", "OpenAI admin API key", "CRITICAL", "sk-admin-"),
    _openai("openai-service-api-key", "OpenAI service API key", "HIGH", "sk-service-"),
    token(
        "openai-legacy-api-key",
        "OpenAI",
        "OpenAI API key of the older form",
        "HIGH",
        "sk-",
        rf"[A-Za-z0-9]{{20}}{_MARK}[A-Za-z0-9]{{20}}",
        ALNUM,
        48,
        sample=text("sk-", word(20, ALNUM), _MARK, word(20, ALNUM)),
        keywords=(_MARK.lower(),),
        entropy=3.5,
    ),
    token(
        "openai-realtime-client-secret",
        "OpenAI",
        "OpenAI realtime client secret",
        "MEDIUM",
        "ek_",
        r"[a-f0-9]{32}",
        HEX,
        32,
        entropy=3,
    ),
    Rule(
        id="anthropic-api-key",
        in_packages=True,
        category="Anthropic",
        title="Anthropic API key",
        severity="CRITICAL",
        pattern=START + r"sk-ant-(?:api|admin|oat)[0-9]{2}-[\w-]{80,120}" + END,
        keywords=("sk-ant-",),
        sample=text('key = "sk-ant-', "api03-", word(93, ALNUM), 'AA"\n'),
        near_miss=text('key = "sk-ant-', "api03-", word(30, ALNUM), '"\n'),
        entropy=3.5,
    ),
    token(
        "hugging-face-access-token",
        "HuggingFace",
        "Hugging Face access token",
        "CRITICAL",
        "hf_",
        r"[A-Za-z0-9]{34,40}",
        ALNUM,
        34,
        entropy=3.5,
    ),
    token(
        "hugging-face-organization-token",
        "HuggingFace",
        "Hugging Face organization token",
        "CRITICAL",
        "api_org_",
        r"[A-Za-z0-9]{34}",
        ALNUM,
        34,
        entropy=3.5,
    ),
    token("groq-api-key", "Groq", "Groq API key", "HIGH", "gsk_", r"[A-Za-z0-9]{52}", ALNUM, 52, entropy=3.5),
    token(
        "replicate-api-token",
        "Replicate",
        "Replicate API token",
        "HIGH",
        "r8_",
        r"[A-Za-z0-9]{37}",
        ALNUM,
        37,
        entropy=3.5,
    ),
    token(
        "perplexity-api-key",
        "Perplexity",
        "Perplexity API key",
        "HIGH",
        "pplx-",
        r"[A-Za-z0-9]{48}",
        ALNUM,
        48,
        entropy=3.5,
    ),
    token("xai-api-key", "xAI", "xAI API key", "HIGH", "xai-", r"[A-Za-z0-9]{80}", ALNUM, 80, entropy=3.5),
)
