"""Every wrong turn of every task, handed in as a student's numbers: rejected, and named.

Run as a script it writes the table of docs/diagnosis.md anew.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from verdicts import expected, sections, verdict_of

from autograder.judge import Answer, Verdict, judge, sentences
from autograder.judge.compare import close, numbers
from autograder.judge.compare import right as judged_right
from autograder.judge.diagnose import diagnose, usable
from autograder.judge.verdict import Asked
from autograder.sandbox.inside.ask import ask
from autograder.tasks import TASKS, Call, Mistake, Program, Taken, Task

PAIRS = 4
NUMBER = 0.037
"""What stands where a mistake has a number of the student's own."""
TABLE = Path(__file__).parent.parent / "docs" / "diagnosis.md"


@contextmanager
def quiet() -> Iterator[None]:
    """Let wrong turns divide by zero without a word."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def answer(task: Task, taken: Taken, call: Call) -> Answer:
    """Return what a student with these mistakes answers to a call."""
    with quiet():
        value = task.program.run(taken, call.args)
    return Answer(error="ValueError") if value is None else Answer(value, type(value).__name__)


def hand_in(task: Task, taken: Taken, seed: int = 0) -> Verdict:
    """Judge a student who makes exactly these mistakes."""
    calls = task.calls(seed)
    # There is no code to read here, only numbers: every style is kept.
    return judge(task, calls, [answer(task, taken, call) for call in calls], [])


def how_named(task: Task, taken: Taken) -> str:
    """Say how these mistakes are named: exactly, in a set, by an edge, simpler, or not."""
    verdict, slugs = hand_in(task, taken), {mistake.slug for mistake in taken}
    suspects = {finding.slug for finding in verdict.findings + verdict.further}
    if verdict.score == 1:
        return "accepted"
    if suspects == slugs:
        return "exactly"
    if slugs <= suspects:
        return "in a set"
    if verdict.mistakes:
        return "by edge" if verdict.rows[0].passed else "simpler"
    return "no name"


@cache
def singles(name: str) -> Counter[str]:
    """Return how often a task's wrong turns are named in which way."""
    task = TASKS[name]
    made = (m.at(NUMBER) if m.open else m for m in task.program.mistakes)
    return Counter(how_named(task, (mistake,)) for mistake in made)


def sample(task: Task, size: int) -> list[Taken]:
    """Return some pairs of mistakes, the same ones each time."""
    with quiet():
        pairs = [taken for taken, _ in task.program.on(task.example).pairs()]
    chosen = np.random.default_rng([*task.name.encode()]).permutation(len(pairs))[:size]
    return [pairs[i] for i in chosen]


def row(name: str) -> str:
    """Return a task's line of the table."""
    named, fair, wrong = singles(name), sections("fair", name), sections("wrong", name)
    with quiet():
        accepted = sum(verdict_of(name, source).score == 1 for _, source in fair)
        told = sum(expected(title) <= set(verdict_of(name, s).mistakes) for title, s in wrong)
    cells = (
        f"`{name}`", named.total(), named.total() - named["accepted"], named["exactly"],
        named["in a set"] + named["by edge"],
        f"{accepted} of {len(fair)}", f"{told} of {len(wrong)}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def total(rows: Iterable[str]) -> str:
    """Return the last line of the table: the sums of the columns."""
    numbers = [list(map(int, re.findall(r"\b\d+\b", line.split("|", 2)[2]))) for line in rows]
    sums = map(sum, zip(*numbers, strict=True))
    return re.sub("_", lambda _: str(next(sums)), "| all | _ | _ | _ | _ | _ of _ | _ of _ |")


def witnessed() -> str:
    """Return how many rows explain the numbers of some function of tests/wrong, of how many."""
    found: set[tuple[object, ...]] = set()
    known = {row_of(m) for task in TASKS.values() for m in task.program.mistakes}
    for name, task in TASKS.items():
        calls = task.calls(0)
        for _, source in sections("wrong", name):
            names: dict[str, Any] = {"np": np}
            with quiet():
                exec(source, names)
                given = [Answer(**ask(names[name], deepcopy(c.args), {})) for c in calls]
                right = [judged_right(a.value, c, task) for a, c in zip(given, calls, strict=True)]
            asked = list(map(Asked, calls, given, right))
            if not all(right):
                found |= {row_of(m) for taken in diagnose(task, asked) for m in taken}
    return f"{len(found & known)} of {len(known)} rows have a witness"


def row_of(mistake: Mistake) -> tuple[object, ...]:
    """Return what makes two rows the same, in whichever tasks they stand."""
    return mistake.slug, mistake.detail, mistake.rewrites


def arrays(args: tuple[Any, ...]) -> list[np.ndarray[Any, Any]]:
    """Return the arguments that are arrays or lists."""
    return [np.asarray(one) for one in args if isinstance(one, (np.ndarray, list))]


INPUTS: dict[str, Callable[[list[np.ndarray[Any, Any]]], Any]] = {
    "whole numbers everywhere": lambda given: all(one.dtype.kind in "iu" for one in given),
    "a truth of 0": lambda given: len(given) > 1 and (given[0] == 0).any(),
    "negative numbers": lambda given: any((one < 0).any() for one in given),
    "numbers beyond 700": lambda given: any((abs(one) > 700).any() for one in given),
    "equal numbers, or a tie": lambda given: len(np.unique(given[-1])) < given[-1].size,
    "a single sample": lambda given: len(given[0]) == 1,
    "one class alone": lambda given: len(given[0]) > 1 and (given[0] == given[0][0]).all(),
    "probabilities of exactly 0 or 1": lambda given: (
        ((given[-1] == 0) | (given[-1] == 1)).any() and ((given[-1] >= 0) & (given[-1] <= 1)).all()
    ),
    "rows that do not sum to 1": lambda given: (
        given[-1].ndim == 2
        and (given[-1] >= 0).all()
        and not np.isclose(given[-1].sum(axis=1), 1).any()
    ),
    "500 samples": lambda given: len(given[0]) == 500,
}
"""Kinds of input, by the arrays that are handed over."""


def inputs() -> str:
    """Return the lines of the table that says which task is asked with what."""
    lines = ""
    for kind, holds in INPUTS.items():
        asked = [
            name for name, task in TASKS.items()
            if any(holds(arrays(call.args)) for call in task.calls(0))
        ]  # fmt: skip
        lines += f"| {kind} | {', '.join(f'`{name}`' for name in asked)} |\n"
    return lines


def test_table_tells_what_is_asked() -> None:
    assert inputs() in TABLE.read_text("utf-8"), "python tests/test_bank.py writes it anew"


@pytest.mark.slow
def test_witnesses_are_counted() -> None:
    assert witnessed() in TABLE.read_text("utf-8"), "python tests/test_bank.py writes it anew"


@pytest.mark.parametrize("name", TASKS)
def test_no_wrong_turn_is_right(name: str) -> None:
    task = TASKS[name]
    for seed in (0, 1, 2):
        for call in task.calls(seed):
            given = answer(task, (), call)
            assert close(given.value, task.right(*call.args), task.tolerance), call


@pytest.mark.parametrize("name", TASKS)
def test_every_mistake_is_rejected_and_named(name: str) -> None:
    # Where only edges fail, the edge names the mistake: it may know one name for two of them.
    assert set(singles(name)) <= {"exactly", "in a set", "by edge"}
    assert singles(name)["exactly"] >= 0.9 * singles(name).total()


@pytest.mark.parametrize("name", TASKS)
def test_two_mistakes_at_once_are_named(name: str) -> None:
    task = TASKS[name]
    for taken in sample(task, PAIRS):
        kind = how_named(task, taken)
        calls = (call for call in task.calls(0) if call.row == "values" and call.kind != "again")
        values = [answer(task, taken, call).value for call in calls]
        telling = sum(usable(value) and bool(np.any(value)) for value in values) > 1
        assert kind != "no name" or not telling, [(m.slug, m.detail) for m in taken]
        if kind == "accepted":  # two wrongs that make a right do so whatever is asked
            assert all(hand_in(task, taken, seed).score == 1 for seed in (1, 2, 3))


@pytest.mark.parametrize("name", TASKS)
def test_table_tells_what_is(name: str) -> None:
    assert row(name) in TABLE.read_text("utf-8"), "python tests/test_bank.py writes it anew"


def test_table_adds_up() -> None:
    *lines, last = re.findall(r"^\| (?:`|all).*", TABLE.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == len(TASKS) and last == total(lines)


@pytest.mark.parametrize("name", TASKS)
def test_every_mistake_has_a_sentence_that_says_which(name: str) -> None:
    task, prose = TASKS[name], sentences()
    for mistake in task.program.mistakes:
        says = prose[mistake.slug]["says"].replace(": {detail}", "")
        assert mistake.detail or "{detail}" not in says, mistake.slug
    for edge in task.edges:
        assert "{detail}" not in prose[edge.slug]["says"].replace(": {detail}", ""), edge.slug


@pytest.mark.parametrize("name", TASKS)
def test_every_edge_is_answered_by_the_reference(name: str) -> None:
    task = TASKS[name]
    for call in task.calls(0):
        expected = numbers(task.right(*call.args))
        assert expected is not None and np.isfinite(expected).all()


@pytest.mark.parametrize("name", TASKS)
def test_steps_and_rows_compile(name: str) -> None:
    TASKS[name].program.load()


BROKEN = {
    "no step": ("slip | tpyo = e", "there is no step tpyo"),
    "an unknown name": ("slip | e = t - q", "there is no q"),
    "a step of later": ("slip | e = each", "there is no each"),
    "an unknown attribute": ("slip | e = t.sze - p", "there is no sze"),
    "no Python": ("slip | e = t -", "slip"),
    "no rewriting": ("slip", "no mistake: slip"),
    "no assignment": ("slip | t - p", "no `step = expression`"),
}


@pytest.mark.parametrize(("row", "says"), BROKEN.values(), ids=BROKEN)
def test_row_that_cannot_be_is_an_error_at_load(row: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Program("t, p", "e = t - p\neach = e**2\nloss = mean(each)", row).load()


def main() -> None:
    """Write the table anew."""
    lines = [row(name) for name in TASKS]
    text = re.sub(
        r"(?:^\| (?:`|all).*\n)+",
        lambda _: "\n".join([*lines, total(lines)]) + "\n",
        TABLE.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    text = re.sub(r"(\| inputs \|.*\n.*\n)(\|.*\n)+", lambda kept: kept[1] + inputs(), text)
    TABLE.write_text(re.sub(r"\d+ of \d+ rows have a witness", witnessed(), text), "utf-8")


if __name__ == "__main__":
    main()
