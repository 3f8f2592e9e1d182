"""Tokens of services that applications are built with."""

from analyzers.secrets._forms import token
from analyzers.secrets._rule import END, START, Rank, Rule
from analyzers.secrets._samples import ALNUM, DJANGO, HEX, URLSAFE, text, word
from analyzers.secrets._verify import looks_random

RULES = (
    # https://supabase.com/docs/reference/api/introduction
    token(
        "supabase-access-token", "Supabase", "Supabase access token", "HIGH", "sbp_", r"[a-f0-9]{40}", HEX, 40
    ),
    # https://tailscale.com/kb/1085/auth-keys
    token(
        "tailscale-key",
        "Tailscale",
        "Tailscale key",
        "HIGH",
        "tskey-",
        r"(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{8,32}-[A-Za-z0-9]{16,64}",
        ALNUM,
        48,
        sample=text("tskey-auth-k", word(11, ALNUM), "CNTRL-", word(32, ALNUM)),
    ),
    # https://www.contentful.com/developers/docs/references/authentication/
    token(
        "contentful-personal-access-token",
        "Contentful",
        "Contentful personal access token",
        "HIGH",
        "CFPAT-",
        r"[\w-]{43}",
        ALNUM,
        43,
        sample=text("CFPAT-", word(43, URLSAFE)),
        entropy=3.5,
    ),
    # https://openrouter.ai/docs/api-reference/authentication
    token(
        "openrouter-api-key",
        "OpenRouter",
        "OpenRouter API key",
        "CRITICAL",
        "sk-or-v1-",
        r"[a-f0-9]{64}",
        HEX,
        64,
    ),
    # https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key
    Rule(
        id="django-secret-key",
        in_packages=False,
        category="Django",
        title="Secret key of Django",
        severity="HIGH",
        pattern=r"\b(?:[A-Z]{1,20}_){0,3}SECRET_KEY[\"']?\]?[ \t]{0,4}(?:=|:|,)[ \t]{0,4}[\"']"
        r"(?P<secret>[a-z0-9!@#$%^&*(_=+)-]{50,100})[\"']",
        keywords=("secret_key",),
        lead=63,
        sample=text("SECRET_KEY = '", word(50, DJANGO), "'\n"),
        near_miss=text("SECRET_KEY = '", word(20, DJANGO), "'\n"),
        entropy=4.0,
        verify=looks_random,
        rank=Rank.CONTEXT,
    ),
    # https://airtable.com/developers/web/guides/personal-access-tokens
    Rule(
        id="airtable-personal-access-token",
        in_packages=True,
        category="Airtable",
        title="Airtable personal access token",
        severity="HIGH",
        pattern=START + r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}" + END,
        keywords=("pat",),
        lead=0,
        sample=text('token = "pat', word(14, ALNUM), ".", word(64, HEX), '"\n'),
        near_miss=text('token = "pat', word(14, ALNUM), ".", word(20, HEX), '"\n'),
        entropy=3.5,
    ),
)
