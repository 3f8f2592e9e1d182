"""Lines that look like credentials and are none, in files as projects have them."""

import json
from collections.abc import Sequence
from random import Random

from benchmarks.secrets_tokens import of_form

_UUID = "{x8}-{x4}-4{x3}-a{x3}-{x12}"

TEMPLATES: dict[str, Sequence[str]] = {
    # path: lines, of which each is one decoy; templates as in `secrets_tokens`
    "hashes/SHA256SUMS": ("{x64}  release-{d2}.tar.gz", "{x40}  release-{d1}.zip", "{x32} *notes-{d3}.txt"),
    "build/versions.yml": (
        "revision: {x40}",
        "image: registry.acme.io/api@sha256:{x64}",
        "  commit_sha: {x40}",
        'etag: "{x32}"',
        "checksum: {x64}",
        "cache_key: {x64}",
        f"build_id: {_UUID}",
    ),
    "infra/ids.tf": (
        f'  tenant_id = "{_UUID}"',
        f'  subscription_id = "{_UUID}"',
        f'  client_id = "{_UUID}"',
        '  kms_key_id = "arn:aws:kms:eu-west-1:{d12}:key/' + _UUID + '"',
        '  ami = "ami-{x17}"',
        '  secret_arn = "arn:aws:secretsmanager:eu-west-1:{d12}:secret:prod/db-{a6}"',
        "  password = var.db_password_{d2}",
        '  api_key = data.vault_generic_secret.app{d2}.data["api_key"]',
        "  admin_password = random_password.admin{d2}.result",
        '  token = "${local.token_{d2}}"',
    ),
    "web/package-lock.json": (
        '      "integrity": "sha512-{b86}==",',
        '      "integrity": "sha1-{b27}=",',
        '      "resolved": "https://registry.example.org/token-{z5}/-/token-{z5}-1.{d1}.0.tgz",',
    ),
    "web/yarn.lock": (
        "  integrity sha512-{b86}==",
        '  resolved "https://registry.example.org/{z6}/-/{z6}-1.0.{d1}.tgz#{x40}"',
    ),
    "svc/go.sum": (
        "github.com/{z6}/{z8} v1.{d1}.{d2} h1:{b43}=",
        "github.com/{z6}/{z5} v0.{d1}.0/go.mod h1:{b43}=",
    ),
    "svc/Cargo.lock": ('checksum = "{x64}"', 'source = "git+https://github.com/{z5}/{z5}#{x40}"'),
    "svc/poetry.lock": (
        '    {file = "{z6}-1.{d1}.tar.gz", hash = "sha256:{x64}"},',
        'content-hash = "{x64}"',
    ),
    "svc/composer.lock": ('    "content-hash": "{x32}",', '    "reference": "{x40}",'),
    "deploy/sample.env": (
        "DB_PASSWORD=changeme",
        "API_KEY=your_api_key_here",
        "SECRET_KEY=<your-secret-key-{d2}>",
        "ACCESS_TOKEN=xxxxxxxxxxxxxxxxxxxxxxxx",
        "PASSWORD=********",
        "STRIPE_KEY=sk_test_xxxxxxxxxxxxxxxxxxxxxxxx",
        "GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AUTH_TOKEN=REPLACE_ME_{d2}",
        "MAIL_PASSWORD=",
        "REDIS_PASSWORD=null",
        "CLIENT_SECRET=TODO-set-in-vault-{d3}",
        "DATABASE_URL=postgres://user:password@localhost:5432/app{d2}",
        "JWT_SECRET=insert-your-own-secret",
    ),
    "deploy/values.env": (
        "DB_PASSWORD=${DB_PASSWORD_{d2}}",
        "API_KEY=$(cat /run/secrets/api_key_{d2})",
        "TOKEN={{ vault_token_{d2} }}",
        "SECRET_KEY_FILE=/run/secrets/secret_key_{d2}",
        "PASSWORD=%ENV_PASSWORD_{d2}%",
        "DATABASE_URL=postgres://app:${PGPASSWORD}@db{d2}/app",
    ),
    "deploy/app.yaml": (
        "          secretName: app-tls-secret-{d2}",
        "              key: database-password-{d2}",
        "  password: {{ .Values.db.password{d2} | quote }}",
        "  token: !Ref ApiToken{d2}",
        "  existingSecret: acme-backend-credentials-{d2}",
        "  tokenUrl: https://login.acme.io/oauth2/token/{d2}",
        "  api_key_header: X-Acme-Api-Key-{d2}",
        "  password: ${{ secrets.REGISTRY_PASSWORD_{d2} }}",
        "  auth_secret: vault:secret/data/prod/app{d2}#password",
        "  password_policy: minimum-twelve-characters-{d2}",
    ),
    "app/forms.py": (
        'PASSWORD_FIELD_{d3} = "current_password"',
        "password{d3}: str | None = None",
        'api_key_{d3} = os.environ["ACME_API_KEY"]',
        "token_{d3} = get_token(request, timeout=30)",
        'SECRET_NAME_{d3} = "prod/app/database-credentials"',
        'password_{d3} = getpass.getpass("Password: ")',
        'TOKEN_TYPE_{d3} = "urn:ietf:params:oauth:token-type:access_token"',
        'AUTH_BACKEND_{d3} = "django.contrib.auth.backends.ModelBackend"',
        "secret_key_{d3} = settings.SECRET_KEY",
        "password_{d3} = hashlib.sha256(raw.encode()).hexdigest()",
        'primary_key_{d3} = "customer_account_identifier"',
        "token_{d3} = tokens[index + 1].value",
    ),
    "src/session.js": (
        "const token{d3} = process.env.API_TOKEN;",
        "const apiKey{d3} = config.get('services.maps.apiKey');",
        "input{d3}.type = showPassword ? 'text' : 'password';",
        "const tokenKey{d3} = 'acme.session.access-token';",
        "const publishableKey{d3} = 'pk_live_{a24}';",
        "const siteKey{d3} = '6L{w38}';",
        "const clientId{d3} = '{d12}-{l32}.apps.googleusercontent.com';",
        "const map{d3} = 'pk.eyJ1Ijoi{a40}';",
        "headers{d3}['Authorization'] = `Bearer ${accessToken}`;",
        "const cursor{d3} = decode('{b43}=');",
        "const passwordRule{d3} = /^(?=.*[A-Z])(?=.*\\d).{12,}$/;",
    ),
    "src/main/java/io/acme/Login.java": (
        "    private String password{d3};",
        '    static final String KEY_PASSWORD_{d3} = "spring.datasource.password";',
        '    String token{d3} = System.getenv("ACME_TOKEN");',
        '    @Value("${acme.api.secret}") String secret{d3};',
        "    static final long serialVersionUID{d3} = 4{d17}L;",
        "    byte[] secret{d3} = keyStore.getKey(alias, password);",
    ),
    "cmd/ids.go": (
        '\tpassword{d3} := os.Getenv("DB_PASSWORD")',
        '\tconst tokenHeader{d3} = "X-Vault-Token"',
        '\tid{d3} := "01{c24}"',
        "\ttoken{d3}, err := parser.NextToken()",
    ),
    "web/theme.css": (
        ".token-{x6}{color:#{x6}}",
        ".css-{a8}-password{border-color:#{x6}}",
        ".icon-{z4}{background:url(data:image/png;base64,iVBORw0KGgo{b300}==)}",
        "@font-face{src:url(data:font/woff2;base64,d09GMg{b400}=)}",
    ),
    "web/index.html": (
        '<link rel="stylesheet" href="/a.css?{x20}" integrity="sha384-{b64}">',
        '<script nonce="{b22}==" src="/app.{x20}.js"></script>',
        '<input type="password" name="password" id="password-{d3}" autocomplete="current-password">',
        '<img alt="" src="data:image/gif;base64,R0lGODlh{b120}">',
        '<meta name="build" content="{x40}">',
    ),
    "locale/messages_fr.properties": (
        "login.password=Mot de passe",
        "password.reset{d2}=Choisissez un nouveau mot de passe",
        "token.expired{d2}=Votre jeton a expiré, reconnectez-vous",
        "api.key.label{d2}=Clé d'accès de votre compte",
    ),
    "locale/en.json": (
        '  "passwordHint{d2}": "Use at least twelve characters",',
        '  "secretQuestion{d2}": "What was your first pet called?",',
        '  "token{d2}": "Authentication token is missing or expired",',
        '  "apiKey{d2}": "API key (from your profile page)",',
    ),
    "docs/usage.md": (
        "Set `password` to the password of your account, `api_key` to the key from the console ({d2}).",
        "    export ACME_TOKEN=<token from step {d1}>",
        "The header is `Authorization: Bearer <access token>`; see section {d2}.",
        "    curl -u user:password https://api.acme.io/v{d1}/jobs",
    ),
    "docs/examples/aws.conf": (
        "aws_access_key_id = AKIAIOSFODNN7" + "EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
    ),
    "testdata/aes128.rsp": ("KEY = {x32}", "PLAINTEXT = {x32}", "CIPHERTEXT = {x32}", "IV = {X32}"),
    "keys/authorized_keys": (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{b334} ops{d2}@acme",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b43} ci{d2}@acme",
    ),
    "keys/fingerprints.txt": (
        "3072 SHA256:{b43} ops{d2}@acme (RSA)",
        "MD5:{x2}:{x2}:{x2}:{x2}:{x2}:{x2}:{x2}:{x2}",
    ),
    "data/near.txt": (
        "ref ghp_{a20}",
        "ref glpat-{a9}",
        "ref AKIA{Q9}",
        "ref AIza{a18}",
        "ref xoxb-{d4}-{a6}",
        "ref sk_live_{a5}",
        "ref SG.{a8}.{a12}",
        "ref hf_{z8}_{z9}",
        "ref dop_v2_{x20}",
        "ref npm_config_{z8}_{z6}",
        "ref shpzz_{x32}",
        "ref sk-{z5}-{z7}-{z6}-{z5}",
        "ref dapi{z9}",
        "ref eyJ{a9}.{a6}",
        "ref pypi-{z9}-{z6}",
        "ref SK{X12}",
        "ref rubygems_{z7}_{z5}",
    ),
    "data/ids.csv": (
        "{d8},{x24},{l26},shipped",
        "{d8},price_1{a23},prod_{a14},active",
        "{d8},cus_{a14},pi_3{a23},paid",
        f"{{d8}},{_UUID},urn:uuid:{_UUID},open",
        "{d8},{d3}.{d2}.{d3}.{d2},{x4}:{x4}::{x4},{x12}",
    ),
    "web/sentry.ts": ("  dsn: 'https://{x32}@o{d6}.ingest.sentry.io/{d7}',", "  release: 'web@{x40}',"),
    "web/vendor.min.js": (
        (
            'function a{d3}(e){return e.password?"password":"text"}var token{d3}=void 0,apiKey=null;'
            "n.exports={secret:t.secret,"
            'token:function(e){return this.token=e,this},passwordField:"#password"};'
            "var _0x{x6}=['\\x{x2}'];"
        ),
    ),
}


def lines_of(rng: Random, path: str, count: int) -> list[str]:
    """Return decoys for this path: its templates in turn."""
    templates = TEMPLATES[path]
    return [of_form(rng, templates[at % len(templates)]) for at in range(count)]


def public_parts(rng: Random) -> dict[str, list[str]]:
    """Return files with public keys and certificates; their first lines tempt."""
    files = {}
    for at, label in enumerate(
        ("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "CERTIFICATE REQUEST", "X509 CRL") * 8
    ):
        body = [of_form(rng, "{b64}") for _ in range(12)]
        files[f"public/{at}/host.pem"] = [f"-----BEGIN {label}-----", *body, f"-----END {label}-----"]
    for at in range(10):
        told = {"kty": "RSA", "kid": of_form(rng, "{a20}"), "n": of_form(rng, "{w342}"), "e": "AQAB"}
        files[f"public/{at}/jwks.json"] = [json.dumps({"keys": [told]})]
    return files
