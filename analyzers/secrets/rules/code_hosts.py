"""Tokens of code hosts, build services and what belongs to them."""

from analyzers.secrets._forms import named, token
from analyzers.secrets._rule import END, START, Rule
from analyzers.secrets._samples import ALNUM, HEX, LOWER_ALNUM, URLSAFE, checked, text, word
from analyzers.secrets._verify import has_base62_crc32

_GITHUB, _GITLAB = "GitHub", "GitLab"


def _github(rule: str, title: str, prefix: str) -> Rule:
    return token(rule, _GITHUB, title, "CRITICAL", prefix, r"[A-Za-z0-9]{36}", ALNUM, 36,
                 sample=checked(prefix, 30), checksum=has_base62_crc32, entropy=3)


def _gitlab(rule: str, title: str, prefix: str) -> Rule:
    return token(rule, _GITLAB, title, "HIGH", prefix, r"[\w-]{20,64}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7})?", ALNUM, 20, entropy=3)


RULES = (
    _github("github-pat", "GitHub Personal Access Token", "ghp_"),
    _github("github-oauth", "GitHub OAuth Access Token", "gho_"),
    Rule(
        id="github-app-token",
        category=_GITHUB,
        title="GitHub App Token",
        severity="CRITICAL",
        pattern=START + r"gh[us]_[A-Za-z0-9]{36}" + END,
        keywords=("ghu_", "ghs_"),
        sample=text("token: ", checked("ghs_", 30), "\n"),
        near_miss=text("token: ghs_", word(20, ALNUM), "\n"),
        checksum=has_base62_crc32,
        entropy=3,
    ),
    token("github-refresh-token", _GITHUB, "GitHub Refresh Token", "CRITICAL", "ghr_", r"[A-Za-z0-9]{36,76}", ALNUM, 76,
          sample=checked("ghr_", 70), checksum=has_base62_crc32, entropy=3),
    token("github-fine-grained-pat", _GITHUB, "GitHub Fine-grained personal access tokens", "CRITICAL", "github_pat_", r"[A-Za-z0-9_]{82}", ALNUM, 82,
          sample=text("github_pat_", word(22, ALNUM), "_", word(59, ALNUM)), entropy=3.5),
    token("gitlab-pat", _GITLAB, "GitLab Personal Access Token", "CRITICAL", "glpat-",
          r"(?:[\w-]{27,300}\.[0-9a-z]{2}\.?[0-9a-z]{7}|[\w-]{20,22})", ALNUM, 20, entropy=3),
    _gitlab("gitlab-deploy-token", "GitLab deploy token", "gldt-"),
    _gitlab("gitlab-runner-token", "GitLab runner token", "glrt-"),
    _gitlab("gitlab-pipeline-trigger-token", "GitLab pipeline trigger token", "glptt-"),
    _gitlab("gitlab-agent-token", "GitLab agent token", "glagent-"),
    _gitlab("gitlab-oauth-secret", "GitLab OAuth application secret", "gloas-"),
    _gitlab("gitlab-scim-token", "GitLab SCIM token", "glsoat-"),
    _gitlab("gitlab-job-token", "GitLab CI job token", "glcbt-"),
    _gitlab("gitlab-mail-token", "GitLab incoming mail token", "glimt-"),
    token("gitlab-runner-registration-token", _GITLAB, "GitLab runner registration token", "HIGH", "GR1348941", r"[\w-]{20}", ALNUM, 20, entropy=3),
    named("bitbucket-client-id", "Bitbucket", "Bitbucket client ID", "HIGH", r"bitbucket[\w .-]{0,20}(?:id|key)", r"[A-Za-z0-9]{32}", word(32, ALNUM),
          keywords=("bitbucket",), name="bitbucket_client_id", entropy=3),
    named("bitbucket-client-secret", "Bitbucket", "Bitbucket client secret", "HIGH", "bitbucket", r"[\w-]{64}", word(64, ALNUM), entropy=3.5),
    token("bitbucket-app-password", "Bitbucket", "Bitbucket app password", "HIGH", "ATBB", r"[A-Za-z0-9]{32}", ALNUM, 32, entropy=3.5),
    Rule(
        id="atlassian-api-token",
        category="Atlassian",
        title="Atlassian API token",
        severity="HIGH",
        pattern=START + r"(?:ATATT3[\w=-]{180,250}|(?i:(?:atlassian|confluence|jira)[\w .-]{0,25}[\"']?\s{0,3}[=:]\s{0,3}[\"']?)(?P<secret>[A-Za-z0-9]{24}))"
        + END,
        keywords=("atatt3", "atlassian", "confluence", "jira"),
        sample=text('token = "ATATT3xFfGF0', word(184, ALNUM), '"\n'),
        near_miss=text('token = "ATATT3xFfGF0', word(40, ALNUM), '"\n'),
        entropy=3.5,
    ),
    token("linear-api-token", "Linear", "Linear API token", "MEDIUM", "lin_api_", r"[A-Za-z0-9]{40}", ALNUM, 40, entropy=3.5),
    named("linear-client-secret", "Linear", "Linear client secret/ID", "MEDIUM", r"linear[_-]?(?:app|client|secret|oauth)", r"[a-f0-9]{32}", word(32, HEX),
          keywords=("linear",), name="linear_client_secret", entropy=3),
    named("asana-client-id", "Asana", "Asana client ID", "MEDIUM", r"asana", r"[0-9]{16}", word(16, "0123456789"), entropy=1.5),
    named("asana-client-secret", "Asana", "Asana client secret", "MEDIUM", r"asana", r"[a-z0-9]{32}", word(32, LOWER_ALNUM), entropy=3),
    token("buildkite-api-token", "Buildkite", "Buildkite API token", "HIGH", "bkua_", r"[a-z0-9]{40}", LOWER_ALNUM, 40, entropy=3),
    token("circleci-api-token", "CircleCI", "CircleCI personal token", "HIGH", "CCIPAT_", r"[A-Za-z0-9]{22}_[a-f0-9]{40}", ALNUM, 63,
          sample=text("CCIPAT_", word(22, ALNUM), "_", word(40, HEX)), entropy=3),
    token("sonarqube-token", "SonarQube", "SonarQube token", "HIGH", "sq", r"[upa]_[a-f0-9]{40}", HEX, 42,
          sample=text("sqp_", word(40, HEX)), keywords=("squ_", "sqp_", "sqa_"), entropy=3),
    token("sourcegraph-token", "Sourcegraph", "Sourcegraph access token", "HIGH", "sgp_", r"(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}", HEX, 40, entropy=3),
    token("postman-api-token", "Postman", "Postman API token", "MEDIUM", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}", HEX, 59,
          sample=text("PMAK-", word(24, HEX), "-", word(34, HEX)), entropy=3),
    token("figma-token", "Figma", "Figma personal access token", "MEDIUM", "figd_", r"[\w-]{40}", URLSAFE[:-2], 40, entropy=3.5),
    token("notion-api-token", "Notion", "Notion integration token", "HIGH", "ntn_", r"[0-9]{11}[A-Za-z0-9]{35}", ALNUM, 46,
          sample=text("ntn_", word(11, "0123456789"), word(35, ALNUM)), entropy=3.5),
)
