from analyzers.checks.source_lines import split, within


def test_lines_are_those_that_yaml_counts() -> None:
    assert split("\ufeffa\r\nb\rc\nd\u2028e".encode()) == ("a", "b", "c", "d", "e")


def test_the_first_line_that_has_a_text() -> None:
    lines = ("a", "b x", "c x", "x")
    assert within(lines, (1, 3), "x") == (2, 2)
    assert within(lines, (1, 3), "y") == within(lines, (1, 3), "") == (1, 3)
    assert within(lines, (3, 99), "a") == (3, 99)
