import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.checks.compliance import Control, Status
from analyzers.checks.compliance_spec import read_spec
from analyzers.errors import ParseError
from analyzers.severity import Severity

SPEC = b"""spec:
  id: "0001"
  title: Acme's rules
  description: what we agreed on
  version: "1.0"
  relatedResources: [https://acme.example/rules]
  controls:
    - id: "1.0"
      name: No root
      severity: medium
      checks: [{id: AVD-KSV-0012}, {id: DS-0002}]
    - {id: "1.1", name: By hand, defaultStatus: fail}
"""


def test_a_file_in_trivys_form() -> None:
    spec = read_spec(SPEC, "a.yaml")
    assert (spec.id, spec.title, spec.version, spec.link, spec.description) == (
        "0001",
        "Acme's rules",
        "1.0",
        "https://acme.example/rules",
        "what we agreed on",
    )
    assert spec.controls == (
        Control(id="1.0", name="No root", severity=Severity.MEDIUM, checks=("AVD-KSV-0012", "DS-0002")),
        Control(id="1.1", name="By hand", severity=Severity.UNKNOWN, default=Status.FAIL),
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"medium", b"bad", "a.yaml: controls[0].severity: 'BAD', expected one of"),
        (b"{id: DS-0002}", b"DS-0002", "a.yaml: controls[0].checks[1]: no 'id'"),
        (b'id: "1.1", ', b"", "a.yaml: controls[1]: no 'id'"),
        (
            b"DS-0002",
            b"VULN-URGENT",
            "a.yaml: controls[0].checks[1].id: 'VULN-URGENT', expected one of VULN-",
        ),
        (b"DS-0002", b"secret-", "a.yaml: controls[0].checks[1].id: 'secret-', expected one of secret-UNK"),
        (b": fail", b": so", "a.yaml: controls[1].defaultStatus: 'SO', expected PASS, FAIL or WARN"),
        (b"title", b"name", "a.yaml: no 'title'"),
        (b"controls", b"rules", "a.yaml: no controls"),
        (b"spec:", b"spec: [", "a.yaml"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: bytes, new: bytes, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_spec(SPEC.replace(old, new), "a.yaml")
    assert str(caught.value).startswith(said)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_standard_or_a_parse_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        read_spec(data, "a.yaml")
