import msgspec

from reports.sharing import Sharing
from tests.reports.documents import debian_image


def test_equal_parts_are_one() -> None:
    sharing = Sharing()
    first, second = sharing.shared(debian_image()), sharing.shared(debian_image())
    assert first == second == debian_image()
    for one, other in zip(first.components, second.components, strict=True):
        assert one is other
    for one_finding, other_finding in zip(first.findings, second.findings, strict=True):
        assert one_finding.advice is other_finding.advice
        assert one_finding.finding is other_finding.finding


def test_what_differs_stays_so() -> None:
    sharing = Sharing()
    full = sharing.shared(debian_image())
    part = msgspec.structs.replace(debian_image(), components=full.components[1:], findings=())
    assert sharing.shared(part) == part
