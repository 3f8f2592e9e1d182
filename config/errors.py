"""The error of settings: what the operator has to put right.

ConfigError    the settings cannot be used; one problem a line, each with its place
"""

from collections.abc import Iterable


class ConfigError(ValueError):
    """The settings cannot be used.

    Attributes:
        problems: one sentence each, "file or environment variable: key: what is wrong".
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
