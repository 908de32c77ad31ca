"""What a sentence claims of the answers is so: of its own mistake's numbers, and of no other's."""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
import pytest
from test_bank import NUMBER, answer, quiet
from verdicts import sections, verdict_of

from autograder.judge import sentences
from autograder.judge.claims import CLAIMS, holds
from autograder.judge.compare import right
from autograder.judge.verdict import Asked
from autograder.tasks import TASKS, Mistake, Task

CLAIMING = {slug: prose["claims"] for slug, prose in sentences().items() if "claims" in prose}
OWN = {mistake.slug for task in TASKS.values() for mistake in task.program.mistakes}
TELLING = r"exactly|(is|are|has) (the )?right|opposite|the largest|the median of|infinity|a hundred"
VERIFIED_ELSEWHERE = {
    *("not-finite", "hard-coded-example", "stated-edges-only", "right-on-what-is-told"),
    *("one-dim-only", "two-dim-only", "tie", "saturates", "nan-to-num", "np-max-not-maximum"),
    *(
        "wrong-loss",
        "eps-too-small",
        "left-out",
        "turned-round",
        "other-operator",
        "other-function",
    ),
    *(
        "other-constant",
        "other-quantity",
        "running-max",
        "whole-shift",
        "clips-exact-only",
        "min-of-branches",
    ),
}
"""Told by what running shows, by an edge, or of steps: they say of numbers what was compared."""


def asked(task: Task, *taken: Mistake) -> list[Asked]:
    """Return all questions, with the answers of whoever makes these mistakes."""
    given = [(call, answer(task, taken, call)) for call in task.calls(0)]
    return [Asked(call, one, right(one.value, call, task)) for call, one in given]


def made(task: Task) -> list[Mistake]:
    """Return a task's own mistakes, with a number where one is open."""
    return [m.at(NUMBER) if m.open else m for m in task.program.mistakes]


def test_whatever_speaks_of_the_numbers_themselves_carries_a_claim() -> None:
    loose = {
        slug for slug, prose in sentences().items()
        if re.search(TELLING, prose["says"]) and slug not in CLAIMING
    }  # fmt: skip
    assert loose <= VERIFIED_ELSEWHERE, loose - VERIFIED_ELSEWHERE


def test_every_claim_is_known_and_has_something_less_to_say() -> None:
    assert set(CLAIMING.values()) <= {*CLAIMS, "not finite"}
    assert all("otherwise" in sentences()[slug] for slug in CLAIMING)


@pytest.mark.parametrize("slug", [slug for slug in CLAIMING if slug in OWN])
def test_claim_is_borne_out_by_somebody(slug: str) -> None:
    with quiet():
        assert any(
            holds(CLAIMING[slug], task, [one for one in asked(task, mistake) if not one.right])
            for task in TASKS.values()
            for mistake in made(task)
            if mistake.slug == slug
        )


@pytest.mark.parametrize("slug", [slug for slug in CLAIMING if slug in OWN])
def test_beside_another_mistake_a_claim_can_be_untrue(slug: str) -> None:
    """Then the sentence that says less is told."""
    with quiet():
        for task in TASKS.values():
            pairs = (taken for taken, _ in task.program.on(task.example).pairs())
            for taken in islice((pair for pair in pairs if slug in (m.slug for m in pair)), 40):
                wrong = [one for one in asked(task, *taken) if not one.right]
                if wrong and not holds(CLAIMING[slug], task, wrong):
                    return
    pytest.fail(f"{CLAIMING[slug]} holds of whatever is made beside {slug}")


def test_half_is_told_of_a_half_alone() -> None:
    half = "def mse_numpy(t, p):\n    return np.mean((t - p) ** 2) / 2"
    both = "def mse_numpy(t, p):\n    return np.sum((t - p) ** 2) / 2"
    assert "exactly half" in verdict_of("mse_numpy", half).findings[0].says
    told = [finding.says for finding in verdict_of("mse_numpy", both).findings]
    assert not any("exactly half" in says for says in told), told


@pytest.mark.parametrize("name", ["cross_entropy_numpy", "log_loss_gradient"])
def test_infinity_is_told_where_there_is_one(name: str) -> None:
    for title, source in sections("wrong", name):
        verdict = verdict_of(name, source)
        if any("gives infinity, NaN or an error" in finding.says for finding in verdict.findings):
            names = {"np": np}
            with quiet():
                exec(source, names)
                values = []
                for call in TASKS[name].calls(0):
                    try:
                        values.append(names[name](*call.args))
                    except (ValueError, ZeroDivisionError):
                        values.append(np.nan)
            assert not all(np.isfinite(np.asarray(value)).all() for value in values), title
