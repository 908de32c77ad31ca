"""Every wrong turn of every task, handed in as a student's numbers: rejected, and named.

Run as a script it prints the table with as many pairs as you like: `python tests/test_bank.py 200`.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

from autograder.judge import Answer, Verdict, judge, sentences
from autograder.judge.compare import close, numbers
from autograder.tasks import TASKS, Call, Mistake, Task

Taken = tuple[Mistake, ...]
PAIRS = 4
HEADER = (
    f"{'task':<32}{'entries':>8}{'rejected':>9}{'exactly':>8}{'in a set':>9}{'by edge':>8}"
    f"{'pairs of':>10}{'rejected':>9}{'both':>6}{'simpler':>8}{'no name':>8}"
)


@contextmanager
def quiet() -> Iterator[None]:
    """Let wrong turns divide by zero without a word."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def answer(task: Task, taken: Taken, call: Call) -> Answer:
    """Return what a student with these mistakes answers to a call."""
    try:
        with quiet():
            value = task.pipeline.run(taken, call.args)
    except (ArithmeticError, ValueError, TypeError, IndexError) as error:
        return Answer(error=type(error).__name__)
    return Answer(value=value, type=type(value).__name__)


def hand_in(task: Task, taken: Taken, seed: int = 0) -> tuple[Verdict, Sequence[Answer]]:
    """Judge a student who makes exactly these mistakes."""
    calls = task.calls(seed)
    answers = [answer(task, taken, call) for call in calls]
    # There is no code to read here, only numbers: every style is kept.
    return judge(task, calls, answers, []), answers


def slugs(taken: Taken) -> set[str]:
    """Return the names of some mistakes."""
    return {mistake.slug for mistake in taken}


def how_named(taken: Taken, verdict: Verdict, answers: Sequence[Answer]) -> str:
    """Say how a verdict names these mistakes: exactly, in a set, by an edge, simpler, or not."""
    if verdict.score == 1:
        return "accepted"
    if set(verdict.mistakes) == slugs(taken):
        return "exactly"
    if slugs(taken) <= set(verdict.mistakes):
        return "in a set"
    if verdict.mistakes:
        return "by edge" if verdict.rows[0].passed else "simpler"
    values = [numbers(one.value) for one in answers]
    finite = any(value is not None and bool(np.isfinite(value).all()) for value in values)
    return "no name" if finite else "no number"


def sample(task: Task, size: int) -> list[Taken]:
    """Return some pairs of mistakes, the same ones each time."""
    pairs = list(task.pipeline.combinations(2))
    chosen = np.random.default_rng([*task.name.encode()]).permutation(len(pairs))[:size]
    return [pairs[i] for i in chosen]


def row(name: str, singles: Counter[str], pairs: Counter[str]) -> str:
    """Return a task's line of the table."""
    left = singles.total(), singles.total() - singles["accepted"]
    return (
        f"{name:<32}{left[0]:>8}{left[1]:>9}{singles['exactly']:>8}{singles['in a set']:>9}"
        f"{singles['by edge']:>8}{pairs.total():>10}{pairs.total() - pairs['accepted']:>9}"
        f"{pairs['exactly'] + pairs['in a set']:>6}{pairs['simpler'] + pairs['by edge']:>8}"
        f"{pairs['no name'] + pairs['no number']:>8}"
    )


@pytest.mark.parametrize("name", TASKS)
def test_no_wrong_turn_is_right(name: str) -> None:
    task = TASKS[name]
    for seed in (0, 1, 2):
        for call in task.calls(seed):
            given = answer(task, (), call)
            assert close(given.value, task.reference(*call.args), task.tolerance), call


@pytest.mark.parametrize("name", TASKS)
def test_every_mistake_is_rejected_and_named(
    name: str, record_property: object, capsys: pytest.CaptureFixture[str]
) -> None:
    task = TASKS[name]
    singles: Counter[str] = Counter()
    for mistake in task.pipeline.mistakes:
        kind = how_named((mistake,), *hand_in(task, (mistake,)))
        singles[kind] += 1
        # Where only edges fail, the edge names the mistake: it may know one name for two of them.
        assert kind in ("exactly", "in a set", "by edge"), (mistake.slug, mistake.detail, kind)
    pairs: Counter[str] = Counter()
    for taken in sample(task, PAIRS):
        kind = how_named(taken, *hand_in(task, taken))
        pairs[kind] += 1
        assert kind != "no name", [(m.slug, m.detail) for m in taken]
        if kind == "accepted":  # two wrongs that make a right do so whatever is asked
            assert all(hand_in(task, taken, seed)[0].score == 1 for seed in (1, 2, 3))
    line = row(name, singles, pairs)
    record_property("bank", line)  # type: ignore[operator]
    title = f"{HEADER}\n" if name == next(iter(TASKS)) else ""
    with capsys.disabled():
        print(f"\n{title}{line}", end="")


@pytest.mark.parametrize("name", TASKS)
def test_every_mistake_has_a_sentence_that_says_which(name: str) -> None:
    task, prose = TASKS[name], sentences()
    for mistake in task.pipeline.mistakes:
        assert mistake.detail or "{detail}" not in prose[mistake.slug]["says"], mistake.slug
    for edge in task.edges:
        assert "{detail}" not in prose[edge.slug]["says"], edge.slug


@pytest.mark.parametrize("name", TASKS)
def test_every_edge_is_answered_by_the_reference(name: str) -> None:
    task = TASKS[name]
    for call in task.calls(0):
        expected = numbers(task.reference(*call.args))
        assert expected is not None and np.isfinite(expected).all()


def main(size: int) -> None:
    """Print the table of all tasks."""
    print(HEADER)
    for name, task in TASKS.items():
        singles = Counter(how_named((m,), *hand_in(task, (m,))) for m in task.pipeline.mistakes)
        pairs = Counter(how_named(taken, *hand_in(task, taken)) for taken in sample(task, size))
        print(row(name, singles, pairs), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
