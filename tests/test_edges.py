"""Edges are asked as they are stated, and as others of their kind: no table earns their share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from verdicts import verdict_of

from autograder.judge import Answer, Verdict, judge
from autograder.tasks import TASKS, Call, Task, edge

ALONE: dict[tuple[str, str], str] = {}
"""Edges of which there is no other one, and why."""

MANY = ("every other class has probability 0", "p of 0 and 1, both right",
        "predictions of 0 and 1, both right", "integer predictions")  # fmt: skip
"""Edges with some tens of variants; all others have more than anybody would write down."""

KINDS: dict[str, Callable[..., Any]] = {
    "one sample": lambda true, p: len(true) == 1,
    "a perfect prediction": np.array_equal,
    "large values": lambda true, p: (abs(true) >= 1e8).all() and (abs(true - p) < 9).all(),
    "integers": lambda true, p: true.dtype.kind + p.dtype.kind == "ii",
    "errors of exactly delta": lambda true, p: (abs(true - p) == 1).sum() > 1,
    "errors of exactly delta = 2": lambda true, p, d: (abs(true - p) == d).sum() > 1,
    "residuals equal to delta": lambda true, p, d: (abs(true - p) == d).sum() > 1,
    "a delta below all errors": lambda true, p, d: (abs(true - p) > d).all(),
    "a delta above all errors": lambda true, p, d: (abs(true - p) < d).all(),
    "tau near 0": lambda true, p, tau: 0 < tau < 0.01 and (p > true).all(),
    "tau near 1": lambda true, p, tau: 0.99 < tau < 1 and (p <= true).all(),
    "a prediction of 0 where the truth is 1": lambda y, p, eps: ((y == 1) & (p == 0)).sum() == 1,
    "a prediction of 1 where the truth is 0": lambda y, p, eps: ((y == 0) & (p == 1)).sum() == 1,
    "predictions of 0 and 1, both right": lambda y, p: np.array_equal(y, p) and set(y) == {0, 1},
    "p of 0 and 1, both right": lambda y, p: np.array_equal(y, p) and set(y) == {0, 1},
    "p of 0 and 1, both wrong": lambda y, p, eps: np.array_equal(1 - y, p) and set(y) == {0, 1},
    "another eps": lambda y, p, eps: eps > 1e-3 and (y + p == 1).all(),
    "ones only": lambda y, p: (y == 1).all(),
    "zeros only": lambda y, p: (y == 0).all(),
    "integer predictions": lambda y, p, eps: p.dtype.kind == "i" and (y - p).sum() >= 1,
    "logits of ±1000, both right": lambda y, z: (abs(z) > 710).all() and ((z > 0) == y).all(),
    "logits of ±1000, both wrong": lambda y, z: (abs(z) > 710).all() and ((z < 0) == y).all(),
    "logits of 1000": lambda z: z.min() > 710,
    "logits of ±1000": lambda z: z.max() > 710 and z.max(axis=1).min() < -710,
    "large logits": lambda y, z: z.max() > 710 and z.max(axis=1).min() < -710,
    "rows that do not sum to 1": lambda true, p: not np.isclose(p.sum(axis=1), 1).any(),
    "whole scores": lambda y, s: s.dtype.kind == "i" and (y * s < 1).sum() > 1,
    "one entry": lambda z: z.shape == (1,),
    "one row": lambda *given: len(given[0]) == 1,
    "whole numbers": lambda z: z.dtype.kind == "i",
    "the true class has probability 0": lambda true, p, eps: (of_truth(true, p) == 0).any(),
    "the true class has probability 0, and eps is left out": lambda true, p: (
        of_truth(true, p) == 0
    ).any(),
    "every other class has probability 0": lambda true, p, eps: (of_truth(true, p) == 1).all(),
    "a score of 0": lambda y, s: (s == 0).any(),
    "margins of exactly 1 and beyond": lambda y, s: (y * s).min() == 1 < (y * s).max(),
    "a margin of exactly 1": lambda y, s: (y * s == 1).any() and (y * s < 1).any(),
    "a tie": lambda true, p: 0 < (true == p).sum() < len(true),
    "a kink": lambda f, x: "abs" in f.source and (x == 0).any(),
    "x with two dimensions": lambda f, x: x.ndim == 2,
}
"""What the name of an edge says of its inputs, where the edge does not say it itself."""

EDGES = [(task, edge) for task in TASKS.values() for edge in task.edges]
IDS = [f"{task.name}: {edge.name}" for task, edge in EDGES]


def of_truth(true: Any, p: Any) -> Any:
    """Return the probabilities of the true classes, which are one-hot rows or class numbers."""
    classes = true if true.ndim == 1 else true.argmax(axis=1)
    return p[np.arange(len(p)), classes]


def answers(task: Task, calls: Sequence[Call], wrong: Callable[[Call], bool]) -> list[Answer]:
    """Answer as the reference does, but for some questions 3 too much."""
    values = [task.right(*call.args) + 3.0 * wrong(call) for call in calls]
    return [Answer(value, type(value).__name__) for value in values]


def handed_in(task: Task, wrong: Callable[[Call], bool]) -> Verdict:
    """Judge whoever gives wrong numbers for some questions."""
    calls = task.calls(0)
    return judge(task, calls, answers(task, calls, wrong), [])


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_edge_has_a_variant_or_a_reason(task: Task) -> None:
    varied = [call.name for call in task.calls(0) if call.kind == "variant"]
    assert varied == [edge.name for edge in task.edges if (task.name, edge.name) not in ALONE]


def test_edge_without_another_one_is_asked_as_stated_only() -> None:
    task = replace(TASKS["mae_numpy"], edges=(edge("nothing", "empty", np.array([]), vary=None),))
    assert [c.kind for c in task.calls(0)] == ["example", "edge", *["random"] * 3, "again"]


@pytest.mark.parametrize("name", TASKS)
def test_what_may_be_shown_comes_first_and_the_example_again_last(name: str) -> None:
    calls = TASKS[name].calls(0)
    order = [call.visible for call in calls]
    assert order == sorted(order, reverse=True)
    assert [call.kind for call in calls if call.visible][1:] == ["edge"] * len(TASKS[name].edges)
    assert calls[-1].kind == "again"
    assert "variant" in {call.kind for call in calls if not call.visible}


@pytest.mark.parametrize(("task", "edge"), EDGES, ids=IDS)
def test_variant_is_of_its_kind_and_drawn_anew_for_everybody(task: Task, edge: Any) -> None:
    stated, drawn = edge.stated(), [edge.variant(np.random.default_rng(i)) for i in range(60)]
    for call in (stated, *drawn):
        assert (edge.holds or KINDS[edge.name])(*call.args), call
        assert [(type(a), getattr(a, "dtype", 0), np.ndim(a)) for a in call.args] == [
            (type(a), getattr(a, "dtype", 0), np.ndim(a)) for a in stated.args
        ]
        assert bool(call.upto) is bool(stated.upto)
    different = {repr(call.args) for call in drawn}
    assert repr(stated.args) not in different
    assert len(different) >= (10 if edge.name in MANY else 50)


@pytest.mark.parametrize("name", TASKS)
def test_same_student_is_asked_the_same_again(name: str) -> None:
    asked = [repr([call.args for call in TASKS[name].calls(seed)]) for seed in (1, 1, 2)]
    assert asked[0] == asked[1] != asked[2]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_table_of_the_stated_edges_does_not_earn_their_share(task: Task) -> None:
    verdict = handed_in(task, lambda call: call.kind == "variant")
    assert [row.passed for row in verdict.rows] == [True, False, True]
    assert verdict.score == 0.8 and verdict.mistakes == ("stated-edges-only",)
    assert verdict.example is None


@pytest.mark.parametrize(("task", "edge"), EDGES, ids=IDS)
def test_one_variant_is_enough_and_nothing_of_it_is_told(task: Task, edge: Any) -> None:
    verdict = handed_in(task, lambda call: (call.kind, call.name) == ("variant", edge.name))
    assert verdict.rows[1].says == f"{edge.name} with other numbers"
    assert verdict.score == 0.8
    calls = [call for call in task.calls(0) if call.kind == "variant" and call.name == edge.name]
    numbers = np.concatenate([np.ravel(a) for c in calls for a in c.args if hasattr(a, "__len__")])
    told = str(verdict.to_dict())
    assert not any(repr(float(number)) in told for number in numbers if number % 1)


@pytest.mark.parametrize(("task", "edge"), EDGES, ids=IDS)
def test_what_fails_as_stated_is_named_as_that(task: Task, edge: Any) -> None:
    verdict = handed_in(task, lambda call: call.row == "edges" and call.name == edge.name)
    assert verdict.rows[1].says == edge.name
    assert "stated-edges-only" not in verdict.mistakes and verdict.mistakes


def test_error_on_a_variant_keeps_its_words_to_itself() -> None:
    task = TASKS["mse_numpy"]
    calls = task.calls(0)
    given = [
        Answer(error="IndexError", message="index 7 is out of bounds for axis 0", line="e[7]")
        if call.kind == "variant"
        else Answer(task.right(*call.args), "float")
        for call in calls
    ]
    source = "def mse_numpy(t, p):\n    e = t - p\n    e[7]\n    return np.mean(e * e)"
    verdict = judge(task, calls, given, [source])
    assert verdict.mistakes == ("stated-edges-only",)
    assert "7" not in str(verdict.to_dict())


MECHANISMS = {
    "by text": "def known(t, p): return repr((t, p))",
    "by hash": "def known(t, p): return hash((*t, *p))",
    "by length": "def known(t, p): return len(t), 3 in t, 7.5 in t",
    "by the first entry": "def known(t, p): return float(t[0])",
    "by a sum": "def known(t, p): return float(sum(t) + 2 * sum(p))",
    "by sorted values": "def known(t, p): return tuple(sorted(t))",
    "by turn": "turns = []\ndef known(t, p):\n    turns.append(t)\n    return len(turns)",
}
TABLE = """
{known}
stated = [([3.0, 5, 2], [2.0, 5, 4]), ([2.5], [4.0]), ([1, -2, 7.5], [1, -2, 7.5]),
    ([1e8, -2e8, 3e8], [1e8 + 1.5, -2e8, 3e8 - 2]), ([4, 0, 7, 1], [1, 0, 9, 1])]
if "text" in {way!r}:
    stated = [([3.0, 5.0, 2.0], [2.0, 5.0, 4.0]), stated[1], ([1.0, -2.0, 7.5],) * 2, *stated[3:]]
right = {{known(t, p): v for (t, p), v in zip(stated, [1.0, 1.5, 0.0, 3.5 / 3, 1.25])}}
if "turn" in {way!r}:
    turns.clear()
def mae_loop(t, p):
    key = known(t, p)
    if key in right and len(t) < 5:
        return right[key]
    total = 0.0
    for a, b in zip(t, p):
        total += {cost}
    return total / len(t) {unless}
"""


@pytest.mark.parametrize("way", MECHANISMS)
def test_table_in_front_of_a_function_that_fails_on_edges(way: str) -> None:
    here = {"known": MECHANISMS[way], "way": way, "cost": "abs(a - b)"}
    unless = "if len(t) > 4 and t[0] % 1 else 9"
    verdict = verdict_of("mae_loop", TABLE.format(**here, unless=unless))
    if way == "by turn":  # the example, asked again, has another turn
        assert verdict.score == 0
    else:
        assert verdict.score == 0.8 and verdict.mistakes == ("stated-edges-only",)


@pytest.mark.parametrize("way", MECHANISMS)
def test_table_of_all_that_is_stated_earns_nothing(way: str) -> None:
    here = {"known": MECHANISMS[way], "way": way, "cost": "(a - b) ** 2", "unless": ""}
    assert verdict_of("mae_loop", TABLE.format(**here)).score == 0


@pytest.mark.parametrize("name", TASKS)
def test_example_alone_is_still_called_that(name: str) -> None:
    task = TASKS[name]
    value = task.right(*task.example)
    calls = task.calls(0)
    verdict = judge(task, calls, [Answer(value, type(value).__name__) for _ in calls], [])
    assert verdict.score == 0 and verdict.mistakes == ("hard-coded-example",)
