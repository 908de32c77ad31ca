"""The words of judging: what a function answered, and what we make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autograder.tasks import Call

WEIGHTS: Mapping[str, float] = {"values": 0.7, "edges": 0.2, "style": 0.1}
"""What each row is worth; edges and style count only when the values are right."""


@dataclass(frozen=True)
class Answer:
    """What a student's function gave for one call.

    `error` is the exception's name ("ZeroDivisionError"; "" when it returned), `message` its
    text and `line` the line of the student's code that raised it; or else NumPy's words for how
    numbers stopped being finite, and the line where. `type` names the type of the
    value, `changed` says that an argument was altered, `printed` what was printed.
    """

    value: Any = None
    type: str = ""
    error: str = ""
    message: str = ""
    line: str = ""
    printed: str = ""
    changed: bool = False


@dataclass(frozen=True)
class Asked:
    """A question, what came back, and whether that was right."""

    call: Call
    answer: Answer
    right: bool

    @property
    def visible(self) -> bool:
        """Whether the question, and what came back, may be shown to the student."""
        return self.call.visible


@dataclass(frozen=True)
class Row:
    """One line of a verdict; `passed` is None when it does not count: an earlier one failed."""

    name: str
    passed: bool | None
    says: str


@dataclass(frozen=True)
class Finding:
    """A named mistake: its slug, what shows it, and the question that leads the student on."""

    slug: str
    says: str
    asks: str


@dataclass(frozen=True)
class Example:
    """A visible call on which student and reference differ, as text.

    Where no mistake is known that explains it, `steps` are what the reference comes to on the way.
    """

    call: str
    yours: str
    expected: str
    steps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the judge makes of one function: rows, findings, and a score between 0 and 1.

    What is `further` explains the numbers as well, but the source speaks less for it.
    """

    task: str
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...] = ()
    example: Example | None = None
    further: tuple[Finding, ...] = ()

    @property
    def score(self) -> float:
        """The fraction earned, from 0 to 1."""
        return round(sum(WEIGHTS[row.name] for row in self.rows if row.passed), 6)

    @property
    def passed(self) -> bool:
        """Whether every row passed."""
        return all(row.passed for row in self.rows)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The slugs of the mistakes found, the most telling first."""
        return tuple(dict.fromkeys(finding.slug for finding in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data that JSON can carry."""
        return {"score": self.score, "mistakes": list(self.mistakes), **asdict(self)}
