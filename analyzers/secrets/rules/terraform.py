"""Credentials in the files of Terraform."""

from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, text, word
from analyzers.secrets._verify import has_digit_and_letter

RULES = (
    # https://developer.hashicorp.com/terraform/language/providers/configuration
    Rule(
        id="terraform-provider-credential",
        in_packages=False,
        category="HashiCorp",
        title="Credential of a Terraform provider",
        severity="HIGH",
        pattern=r"\bprovider \"[\w-]{1,60}\"[ \t]{0,4}\{[^{}]{0,1500}?"
        r"\n[ \t]{0,12}(?:\w{0,40}_)?(?:token|password|secret|api_key|secret_key|access_key|private_key)"
        r"[ \t]{0,20}=[ \t]{0,4}\"(?P<secret>[^\"\s$%{}]{12,500})\"",
        keywords=('provider "',),
        lead=0,
        anchor=r"(?:token|password|secret|api_key|secret_key|access_key|private_key)"
        r"[ \t]{0,20}=[ \t]{0,4}\"[^\"\s$%{}]{12}",
        width=2300,
        sample=text('provider "cloud" {\n  region = "a"\n  token  = "', word(24, ALNUM), '"\n}\n'),
        near_miss=text('provider "cloud" {\n  token = var.token_of_cloud_1\n}\n'),
        allow=(r"^(?i:your|my|example|changeme|mock|fake|test)[_-]?",),
        verify=has_digit_and_letter,
        entropy=3.0,
        rank=Rank.CONTEXT,
    ),
)
