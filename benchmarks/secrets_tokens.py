"""Made-up credentials in the forms that their providers publish.

A form is a template: `{x32}` stands for 32 characters of one alphabet (`ALPHABETS`), everything else is
literal. So no file of this repository holds a whole token, and every run makes the same ones of its seed.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable
from random import Random

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
BASE62 = DIGITS + UPPER + LOWER
ALPHABETS = {
    "d": DIGITS,
    "x": DIGITS + "abcdef",
    "X": DIGITS + "ABCDEF",
    "l": DIGITS + LOWER,
    "u": DIGITS + UPPER,
    "A": UPPER,
    "z": LOWER,
    "a": BASE62,
    "L": UPPER + LOWER,
    "w": BASE62 + "-_",
    "b": BASE62 + "+/",
    "q": LOWER + "234567",
    "Q": UPPER + "234567",
    "c": "023456789ACDEFGHJKLMNPQRSTUVWXYZ",
}
_PLACE = re.compile(r"\{([a-zA-Z])(\d+)\}")
_WORDS = (
    "Falcon",
    "Harbour",
    "Winter",
    "Copper",
    "Meadow",
    "Rocket",
    "Violin",
    "Marble",
    "Summit",
    "Lantern",
    "Orchid",
    "Thunder",
    "Pepper",
    "Canyon",
    "Glacier",
    "Pirate",
    "Saffron",
    "Tiger",
    "Velvet",
    "Walnut",
    "Zephyr",
    "Bramble",
    "Cobalt",
    "Dahlia",
)

FORMS: dict[str, tuple[str, str]] = {
    # kind: (variable it is given to, template)
    "aws-secret": ("AWS_SECRET_ACCESS_KEY", "{b40}"),
    "gitlab-pat": ("GITLAB_TOKEN", "glpat-{w20}"),
    "gitlab-deploy": ("DEPLOY_TOKEN", "gldt-{w20}"),
    "gitlab-runner": ("RUNNER_TOKEN", "glrt-{w20}"),
    "gitlab-trigger": ("TRIGGER_TOKEN", "glptt-{x40}"),
    "gitlab-registration": ("REGISTRATION_TOKEN", "GR1348941{w20}"),
    "slack-bot": ("SLACK_BOT_TOKEN", "xoxb-{d12}-{d13}-{a24}"),
    "slack-user": ("SLACK_TOKEN", "xoxp-{d12}-{d12}-{d13}-{x32}"),
    "slack-app": ("SLACK_APP_TOKEN", "xapp-1-A{u10}-{d13}-{x64}"),
    "slack-webhook": ("SLACK_URL", "https://hooks.slack.com/services/T{u10}/B{u10}/{a24}"),
    "stripe-live": ("STRIPE_KEY", "sk_live_{a24}"),
    "stripe-long": ("STRIPE_API_KEY", "sk_live_51{a97}"),
    "stripe-test": ("STRIPE_KEY", "sk_test_{a24}"),
    "stripe-restricted": ("STRIPE_KEY", "rk_live_{a24}"),
    "stripe-webhook": ("STRIPE_SIGNING", "whsec_{a32}"),
    "google-api": ("GOOGLE_API_KEY", "AIza{w35}"),
    "google-oauth": ("GOOGLE_CLIENT_SECRET", "GOCSPX-{w28}"),
    "azure-client": ("AZURE_CLIENT_SECRET", "{a3}8Q~{a34}"),
    "azure-storage": (
        "STORAGE",
        "DefaultEndpointsProtocol=https;AccountName=media{l6};AccountKey={b86}==;EndpointSuffix=core.windows.net",
    ),
    "azure-devops": ("AZURE_DEVOPS_PAT", "{q52}"),
    "pypi": ("TWINE_PASSWORD", "pypi-AgEIcHlwaS5vcmc{w160}"),
    "docker-hub": ("DOCKERHUB_TOKEN", "dckr_pat_{w27}"),
    "sendgrid": ("SENDGRID_API_KEY", "SG.{w22}.{w43}"),
    "twilio-key": ("TWILIO_API_KEY", "SK{x32}"),
    "twilio-auth": ("TWILIO_AUTH_TOKEN", "{x32}"),
    "mailgun": ("MAILGUN_API_KEY", "key-{x32}"),
    "mailchimp": ("MAILCHIMP_API_KEY", "{x32}-us{d2}"),
    "digitalocean-pat": ("DIGITALOCEAN_TOKEN", "dop_v1_{x64}"),
    "digitalocean-oauth": ("DO_TOKEN", "doo_v1_{x64}"),
    "heroku": ("HEROKU_API_KEY", "{x8}-{x4}-4{x3}-a{x3}-{x12}"),
    "heroku-new": ("HEROKU_API_KEY", "HRKU-AA{w58}"),
    "huggingface": ("HF_TOKEN", "hf_{L34}"),
    "openai": ("OPENAI_API_KEY", "sk-{a20}T3BlbkFJ{a20}"),
    "openai-project": ("OPENAI_API_KEY", "sk-proj-{w74}T3BlbkFJ{w74}"),
    "anthropic": ("ANTHROPIC_API_KEY", "sk-ant-api03-{w93}AA"),
    "discord-webhook": ("DISCORD_HOOK", "https://discord.com/api/webhooks/1{d18}/{w68}"),
    "telegram": ("TELEGRAM_BOT_TOKEN", "{d10}:AA{w33}"),
    "shopify": ("SHOPIFY_TOKEN", "shpat_{x32}"),
    "shopify-shared": ("SHOPIFY_SHARED", "shpss_{x32}"),
    "square-token": ("SQUARE_TOKEN", "sq0atp-{w22}"),
    "square-secret": ("SQUARE_SECRET", "sq0csp-{w43}"),
    "atlassian": ("JIRA_API_TOKEN", "ATATT3xFfGF0{w171}={X8}"),
    "bitbucket-app": ("BITBUCKET_PASSWORD", "ATBB{a24}{X8}"),
    "datadog-api": ("DD_API_KEY", "{x32}"),
    "datadog-app": ("DATADOG_APP_KEY", "{x40}"),
    "vault-service": ("VAULT_TOKEN", "hvs.CAESI{w92}"),
    "vault-batch": ("VAULT_TOKEN", "hvb.AAAAAQ{w150}"),
    "terraform-cloud": ("TFE_TOKEN", "{a14}.atlasv1.{a67}"),
    "rubygems": ("GEM_HOST_API_KEY", "rubygems_{x48}"),
    "nuget": ("NUGET_KEY", "oy2{l43}"),
    "crates": ("CARGO_REGISTRY_TOKEN", "cio{a32}"),
    "postman": ("POSTMAN_KEY", "PMAK-{x24}-{x34}"),
    "linear": ("LINEAR_KEY", "lin_api_{a40}"),
    "notion": ("NOTION_TOKEN", "ntn_{d11}{a35}"),
    "airtable": ("AIRTABLE_TOKEN", "pat{a14}.{x64}"),
    "figma": ("FIGMA_TOKEN", "figd_{w40}"),
    "doppler": ("DOPPLER_TOKEN", "dp.pt.{a43}"),
    "pulumi": ("PULUMI_ACCESS_TOKEN", "pul-{x40}"),
    "planetscale": ("PLANETSCALE_TOKEN", "pscale_tkn_{w43}"),
    "databricks": ("DATABRICKS_TOKEN", "dapi{x32}"),
    "grafana-account": ("GRAFANA_TOKEN", "glsa_{a32}_{x8}"),
    "newrelic": ("NEW_RELIC_KEY", "NRAK-{u27}"),
    "sentry-user": ("SENTRY_AUTH_TOKEN", "sntryu_{x64}"),
    "dynatrace": ("DT_TOKEN", "dt0c01.{Q24}.{Q64}"),
    "cloudflare": ("CLOUDFLARE_API_TOKEN", "{w40}"),
    "age": ("SOPS_AGE_KEY", "AGE-SECRET-KEY-1{c58}"),
    "supabase": ("SUPABASE_ACCESS_TOKEN", "sbp_{x40}"),
    "netlify": ("NETLIFY_AUTH_TOKEN", "nfp_{a36}"),
    "replicate": ("REPLICATE_API_TOKEN", "r8_{a37}"),
    "groq": ("GROQ_API_KEY", "gsk_{a52}"),
    "perplexity": ("PPLX_KEY", "pplx-{a48}"),
    "openrouter": ("OPENROUTER_API_KEY", "sk-or-v1-{x64}"),
    "nvidia": ("NVIDIA_API_KEY", "nvapi-{w64}"),
    "sonar": ("SONAR_TOKEN", "squ_{x40}"),
    "artifactory": ("ARTIFACTORY_API_KEY", "AKCp{a69}"),
    "buildkite": ("BUILDKITE_TOKEN", "bkua_{x40}"),
    "tailscale": ("TS_AUTHKEY", "tskey-auth-k{a11}CNTRL-{a32}"),
    "contentful": ("CONTENTFUL_TOKEN", "CFPAT-{w43}"),
    "launchdarkly": ("LD_SDK_KEY", "sdk-{x8}-{x4}-4{x3}-b{x3}-{x12}"),
    "flutterwave": ("FLW_KEY", "FLWSECK-{x32}-X"),
    "shippo": ("SHIPPO_TOKEN", "shippo_live_{x40}"),
    "easypost": ("EASYPOST_KEY", "EZAK{a54}"),
    "clojars": ("CLOJARS_PASSWORD", "CLOJARS_{x60}"),
    "alibaba": ("ALIBABA_ACCESS_KEY_SECRET", "{a30}"),
    "facebook": ("FACEBOOK_APP_SECRET", "{x32}"),
    "braintree": ("BRAINTREE_TOKEN", "access_token$production${l16}${x32}"),
    "generic-api-key": ("PARTNER_API_KEY", "{a40}"),
    "generic-hex-key": ("SESSION_SECRET", "{x64}"),
    "generic-secret": ("CLIENT_SECRET", "{w36}"),
    "generic-token": ("ACCESS_TOKEN", "{a48}"),
    "generic-signing": ("JWT_SECRET", "{b43}="),
}


def of_form(rng: Random, template: str) -> str:
    """Return what a template stands for."""
    return _PLACE.sub(lambda at: "".join(rng.choices(ALPHABETS[at[1]], k=int(at[2]))), template)


def _checked(rng: Random, prefix: str) -> str:
    """As GitHub and npm do: 30 characters, then their CRC-32 in six digits to the base of 62.

    Spec: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    body = of_form(rng, "{a30}")
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = BASE62[digit] + digits
    return f"{prefix}{body}{digits}"


def unpadded(data: bytes) -> str:
    """Return base64url without "=", as in a JWT (RFC 7515)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _jwt(rng: Random) -> str:
    header = unpadded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = {
        "sub": of_form(rng, "{d10}"),
        "scope": "admin",
        "iat": rng.randrange(1_600_000_000, 1_790_000_000),
    }
    return f"{header}.{unpadded(json.dumps(claims).encode())}.{unpadded(rng.randbytes(32))}"


def _discord(rng: Random) -> str:
    return f"{unpadded(of_form(rng, '1{d18}').encode())}.{of_form(rng, 'G{w5}')}.{of_form(rng, '{w38}')}"


def _sentry(rng: Random) -> str:
    told = {"iat": rng.randrange(1_700_000_000, 1_790_000_000), "url": "https://sentry.io", "org": "acme"}
    body = base64.b64encode(json.dumps(told).encode()).decode()
    return f"sntrys_{body}_{of_form(rng, '{b43}')}"


def password(rng: Random) -> str:
    """Return one as people choose them, or as a program does: at least 12 characters of three classes."""
    if rng.choice((True, False)):
        first, second = rng.sample(_WORDS, 2)
        return f"{first}{rng.choice('-_.')}{second}{rng.randrange(10, 9999)}{rng.choice('!*?')}"
    marks = "".join(rng.choices("!*+-_.?^~", k=3))
    tail = list(of_form(rng, "{a14}") + of_form(rng, "{d2}") + marks)
    rng.shuffle(tail)
    return of_form(rng, "{A1}{z1}") + "".join(tail)


MADE: dict[str, tuple[str, Callable[[Random], str]]] = {
    "github-pat": ("GITHUB_TOKEN", lambda rng: _checked(rng, "ghp_")),
    "github-oauth": ("GH_TOKEN", lambda rng: _checked(rng, "gho_")),
    "github-app": ("GITHUB_APP_TOKEN", lambda rng: _checked(rng, "ghs_")),
    "github-user": ("GH_USER_TOKEN", lambda rng: _checked(rng, "ghu_")),
    "github-refresh": ("GH_REFRESH", lambda rng: f"ghr_{of_form(rng, '{a76}')}"),
    "github-fine": (
        "GITHUB_TOKEN",
        lambda rng: f"github_pat_{of_form(rng, '{u22}')}_{of_form(rng, '{a59}')}",
    ),
    "npm": ("NPM_TOKEN", lambda rng: _checked(rng, "npm_")),
    "jwt": ("SERVICE_TOKEN", _jwt),
    "discord-bot": ("DISCORD_TOKEN", _discord),
    "sentry-org": ("SENTRY_AUTH_TOKEN", _sentry),
    "generic-password": ("DB_PASSWORD", password),
    "generic-smtp": ("SMTP_PASSWORD", password),
    "generic-admin": ("ADMIN_PASSWORD", password),
}
KINDS = (*FORMS, *MADE)


def made(rng: Random, kind: str) -> tuple[str, str]:
    """Return the name of a variable for a credential of this kind, and one."""
    if kind in FORMS:
        name, template = FORMS[kind]
        return name, of_form(rng, template)
    name, make = MADE[kind]
    return name, make(rng)
