"""What nobody wrote down: a task of steps alone names its students' mistakes."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from verdicts import HERE, verdict_of

from autograder.dev import parts
from autograder.tasks import TASKS, Program, Task, edge, load_tasks, program, steps

COSINE = Task(
    name="cosine_similarity",
    program=Program(
        "u, v", "dot = u @ v\nlengths = linalg.norm(u) * linalg.norm(v)\ncosine = dot / lengths"
    ),
    example=(np.array([3.0, 4.0]), np.array([4.0, 3.0])),
    edges=(edge("opposite", "opposite", np.array([1.0, 2.0]), np.array([-1.0, -2.0])),),
    draw=lambda rng, n: (rng.normal(size=n), rng.normal(size=n)),
    hints=("", "", ""),
)
RMSLE = Task(
    name="rmsle",
    program=Program(
        "y_true, y_pred",
        """
        e = log(1 + y_pred) - log(1 + y_true)
        square = e**2
        average = mean(square)
        root = sqrt(average)
        """,
    ),
    example=(np.array([1.0, 3.0, 0.0]), np.array([1.0, 1.0, 0.0])),
    edges=(edge("one sample", "single-sample", np.array([2.5]), np.array([4.0])),),
    draw=lambda rng, n: (rng.uniform(0, 9, n), rng.uniform(0, 9, n)),
    hints=("", "", ""),
)
WEIGHTED = Task(
    name="weighted_mae",
    program=Program(
        "y_true, y_pred, w",
        """
        e = y_true - y_pred
        each = abs(e)
        total = sum(w * each)
        weights = sum(w)
        loss = total / weights
        """,
    ),
    example=(np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 1.0]), np.array([1.0, 1.0, 2.0])),
    edges=(edge("one sample", "single-sample", np.array([2.5]), np.array([4.0]), np.array([2.0])),),
    draw=lambda rng, n: (rng.normal(0, 5, n), rng.normal(1, 5, n), rng.uniform(0.5, 3, n)),
    hints=("", "", ""),
)
BLIND = {path.stem: parts(path) for path in sorted((HERE / "blind").glob("own_tasks*.txt"))}
"""Written from the tasks' texts alone: the first set before any of these slips was, the second
before those that the first one showed had been tried on it."""


@pytest.fixture(scope="module", autouse=True)
def own() -> Iterator[None]:
    """Tasks of an instructor's own, in steps alone."""
    load_tasks(HERE.parent / "docs" / "examples" / "mape.py")
    TASKS.update({task.name: task for task in (COSINE, RMSLE, WEIGHTED)})
    yield
    for name in ("mape", COSINE.name, RMSLE.name, WEIGHTED.name):
        del TASKS[name]


@pytest.mark.parametrize("module", [program, steps], ids=["program", "steps"])
def test_examples_in_docstrings(module: ModuleType) -> None:
    tried = doctest.testmod(module)
    assert tried.attempted and not tried.failed


@pytest.mark.parametrize("blind", BLIND)
def test_most_wrong_functions_are_rejected_and_named(blind: str) -> None:
    verdicts = {
        title: verdict_of(title.partition(":")[0], source) for title, source in BLIND[blind]
    }
    assert all(verdict.score < 1 for verdict in verdicts.values())
    unknown = {"no-known-mistake", "right-on-what-is-told"}
    named = [title for title, verdict in verdicts.items() if {*verdict.mistakes} - unknown]
    assert len(named) >= 0.6 * len(verdicts) and len(verdicts) == 60


@pytest.mark.parametrize(
    ("task", "returns", "slug", "says"),
    [
        ("mape", "np.mean(np.abs(t - p) / np.abs(t))", "left-out", "a factor"),
        ("mape", "100 * np.mean((t - p) / np.abs(t))", "left-out", "abs"),
        ("mape", "100 * np.mean(np.abs(t - p) / np.abs(p))", "other-quantity", "y_pred"),
        (
            "mape",
            "100 * np.mean(np.abs(t - p)) / np.mean(np.abs(t))",
            "other-function",
            "mean of what is divided by",
        ),
        ("mape", "100 * np.mean(np.abs(t - p / t))", "bracket-misplaced", "brackets"),
        ("mape", "100 * np.mean(np.abs(t[1:] - p[1:]) / np.abs(t[1:]))", "off-by-one", "first"),
        ("cosine_similarity", "t @ p / (t @ t) / (p @ p)", "left-out", "the square root"),
        ("cosine_similarity", "t @ p / np.linalg.norm(t)", "left-out", "a factor"),
        ("cosine_similarity", "np.corrcoef(t, p)[0, 1]", "other-function", "less their mean"),
    ],
)
def test_slip_is_named(task: str, returns: str, slug: str, says: str) -> None:
    verdict = verdict_of(task, f"def {task}(t, p):\n    return {returns}")
    assert slug in verdict.mistakes and any(says in finding.says for finding in verdict.findings)


def test_right_answers_need_no_reference_beside_the_steps() -> None:
    right = "def mape(t, p):\n    return 100 * (np.abs(t - p) / np.abs(t)).mean()"
    assert verdict_of("mape", right).score == 1
    assert TASKS["mape"].right(np.array([2.0, 4, 5]), np.array([1.0, 5, 5])) == 25


@pytest.mark.parametrize("name", TASKS)
def test_derived_ones_compile_and_are_no_own_rows(name: str) -> None:
    program = TASKS[name].program
    own = {mistake.rewrites for mistake in program.mistakes}
    assert program.derived and own.isdisjoint(m.rewrites for m in program.derived)
    with np.errstate(all="ignore"):
        for taken, _ in program.on(TASKS[name].example).singles(derived=True):
            assert taken[0] in program.derived


def test_steps_in_a_loop_are_rewritten_too() -> None:
    """A training loop: the step's sign, and one weight that is updated before the other's slope."""
    train = Program(
        "x, y, w, b, rate, turns",
        """
        for _ in range(turns):
            e = y - (w * x + b)
            dw = -2 * mean(e * x)
            db = -2 * mean(e)
            w = w - rate * dw
            b = b - rate * db
        fit = stack([w, b])
        """,
        "updates-w-before-db | b = b + rate * 2 * mean(y - (w * x + b))",
    )
    x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])
    args = (x, y, 0.0, 0.0, 0.1, 500)
    assert np.allclose(train.run((), args), [2, 1])
    slips = {m.rewrites[0]: m for m in train.derived}
    wrong_sign = slips["w", "w + rate * dw"]
    assert (np.abs(train.run((wrong_sign,), args)) > 1e6).all()
    both = wrong_sign, slips["dw", "2 * mean(e * x)"]  # two minuses
    assert np.allclose(train.run(both, args), [2, 1])
    once = x, y, 0.5, 0.5, 0.1, 1  # e is 0.5, 2, 3.5: w moves by 0.2 · 9 / 3, then b is asked
    (taken, fit), *_ = train.on(once).singles()
    assert taken[0].slug == "updates-w-before-db"
    assert np.allclose(fit, [1.1, 0.5 + 0.2 * (0.5 + 1.4 + 2.3) / 3])
