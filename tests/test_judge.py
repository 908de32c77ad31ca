"""The grader graded: our own tables of right and wrong solutions, and the bank of wrong turns."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verdicts import HERE, expected, sections, verdict_of

from autograder import dev
from autograder.judge import pasted, show
from autograder.tasks import TASKS

FAIR = [(task, title, source) for task in TASKS for title, source in sections("fair", task)]
FAIR += [  # by somebody who had the exercises' texts and nothing else
    (title.partition(":")[0], title, f"import math\nimport numpy as np\n{source}")
    for title, source in dev.parts(HERE / "fair" / "blind.txt")
]
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


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_random_question_makes_a_fair_solution_fail(task: str, data: st.DataObject) -> None:
    _, source = data.draw(st.sampled_from(sections("fair", task)))
    verdict = verdict_of(task, source, data.draw(st.integers(0, 2**32 - 1)))
    assert verdict.passed, verdict.rows


def anonymous(source: str) -> str:
    """Return what is left of a source when all names of its own are numbered."""
    tree = ast.parse(source)
    own: dict[str, str] = {}
    for node in ast.walk(tree):
        for field in ("id", "arg", "name"):
            bound = not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store)
            if bound and isinstance(name := getattr(node, field, None), str):
                own.setdefault(name, f"name{len(own)}")
    for node in ast.walk(tree):
        for field in ("id", "arg", "name"):
            if isinstance(name := getattr(node, field, None), str):
                setattr(node, field, own.get(name, name))
    return ast.dump(tree)


@pytest.mark.parametrize("task", TASKS)
def test_fair_solutions_differ_by_more_than_names(task: str) -> None:
    assert len({anonymous(source) for _, source in sections("fair", task)}) >= 25


CHANGES = {"global-state", "random-output", "mutates-input"}
"""Of whom another answer may be right."""


@pytest.mark.parametrize("task", ["mse_loop", "huber_numpy", "softmax", "cross_entropy_loop"])
def test_printed_question_pastes_back_and_reproduces(task: str) -> None:
    for _, source in sections("wrong", task):
        verdict = verdict_of(task, source)
        shown = verdict.example
        if shown is None or "Error" in shown.yours or CHANGES & set(verdict.mistakes):
            continue
        names = {"np": np}
        exec(source, names)
        yours = eval(shown.call, names)
        right = eval(shown.call, {"np": np, task: TASKS[task].right})
        assert show(yours) == shown.yours or pasted(yours) == shown.yours
        assert show(right) == shown.expected or pasted(right) == shown.expected
        assert shown.yours != shown.expected


BLIND = {
    path.stem: [part for part in dev.parts(path) if part[0].partition(":")[0] in TASKS]
    for path in sorted((HERE / "blind" / "wrong").glob("*.txt"))
}
"""Written from the exercises' texts alone, and committed before they were first judged.

Some are for stretch tasks, which nobody checks.
"""


@pytest.mark.slow
@pytest.mark.parametrize("blind", BLIND)
def test_wrong_function_by_another_hand_is_rejected_and_mostly_named(blind: str) -> None:
    unknown = {"no-known-mistake", "right-on-what-is-told"}
    named = 0
    for title, source in BLIND[blind]:
        verdict = verdict_of(title.partition(":")[0], f"import math\nimport numpy as np\n{source}")
        assert verdict.score < 1, title
        named += bool({*verdict.mistakes} - unknown)
    assert named >= 0.8 * len(BLIND[blind]) and len(BLIND[blind]) >= 60
