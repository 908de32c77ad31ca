"""The grader graded: our own tables of right and wrong solutions, and the bank of wrong turns."""

from __future__ import annotations

import pytest
from verdicts import expected, sections, verdict_of

from autograder.tasks import TASKS

FAIR = [(task, title, source) for task in TASKS for title, source in sections("fair", task)]
WRONG = [(task, title, source) for task in TASKS for title, source in sections("wrong", task)]


@pytest.mark.parametrize(("task", "title", "source"), FAIR, ids=[f"{t}: {d}" for t, d, _ in FAIR])
def test_fair_solution_gets_full_marks(task: str, title: str, source: str) -> None:
    for seed in (0, 1):
        verdict = verdict_of(task, source, seed)
        assert verdict.score == 1.0, (verdict.rows, verdict.example)
        assert verdict.mistakes == ()


@pytest.mark.parametrize(("task", "title", "source"), WRONG, ids=[f"{t}: {d}" for t, d, _ in WRONG])
def test_wrong_solution_is_rejected_and_named(task: str, title: str, source: str) -> None:
    verdict = verdict_of(task, source)
    assert verdict.score < 1.0
    assert expected(title) <= set(verdict.mistakes), verdict.mistakes
