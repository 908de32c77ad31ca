"""Which wrong turns give exactly these numbers?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.judge.behaviour import told
from autograder.judge.compare import TOLERANCE, close, numbers, right
from autograder.judge.verdict import Asked
from autograder.tasks import Mistake, Outcomes, Taken, Task

NEAR, NEARER = (0.03, 0.0), (1e-4, 0.0)
"""How far from an answer a mistake, or two of them, may lead for a small number of the student's
own to explain the rest."""
WELL_KNOWN = 100
"""So many rows of its own tell nearly all that is done in a task; then nobody pairs the derived."""
SOME = 6
"""With so many mistakes at the most such a number is looked for."""
ROUNDING = 1e-13
DIGITS = {False: (1, 2, 3, 15), True: (1, 2, 3)}
"""How many digits such a number may have: as few as will do; one that is rare has not many."""
MAGNITUDES = (1e-30, 1e-16, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 10.0, 100.0, 1e4)
"""Between which of them such a number is looked for."""


def diagnose(task: Task, asked: Sequence[Asked]) -> list[Taken]:
    """Return the simplest sets of mistakes that explain the answers, all that do so equally well.

    Edges must be explained where nothing else is wrong; else what explains them too is told rather
    than what is simpler. What nobody wrote down is looked for where no row fits.
    """
    edges = [one for one in asked if one.call.row == "edges"]
    values = [one for one in asked if one.call.row == "values"]
    must = asked if all(one.right for one in values) else values
    if not any(usable(one.answer.value) for one in must):
        return []  # no number at all: the error that was raised says more
    # Wrong, and asked with few numbers, a random one if there is one: nearly every candidate is
    # dropped there, after a part of a run. A default that is left out seldom matters.
    telling = min(
        (one for one in must if not one.right),
        key=lambda one: (
            one.call.kind != "random",
            len(one.call.args),
            np.size(one.call.args[0]),
        ),
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a wrong turn may take the mean of nothing
        search = Search(task, telling, must, edges)
        return search.explanations(derived=False) or search.explanations(derived=True)


@dataclass(frozen=True)
class Search:
    """Answers that some mistakes must explain, and edges that they should."""

    task: Task
    telling: Asked
    must: Sequence[Asked]
    edges: Sequence[Asked]

    def explanations(self, derived: bool) -> list[Taken]:
        """Return the simplest sets of mistakes, own ones or all, that explain the answers."""
        single, near = self._fitting(self._given.singles(derived))
        explaining = likely(self._explaining(single))
        if best := simplest(self._with_edges(explaining)):
            return best
        bases = [(), *self._elsewhere_near(single + near)[:SOME]]
        if not enough(self.must):  # nearly nothing but zeros: whatever gives those is a guess
            explaining = [taken for taken in explaining if not taken[0].rare]
        numbered = [] if derived else self._numbered(bases)
        if best := self._with_edges(numbered) or ([] if explaining else numbered):
            return fewest(best)
        if not enough(self.must) or (derived and len(self.task.program.mistakes) > WELL_KNOWN):
            return simplest(explaining)
        pairs, near = self._fitting(self._derived_pairs if derived else self._pairs, NEARER)
        found = self._explaining(pairs)
        if alone := {mistake.slug for taken in explaining for mistake in taken}:
            # a second mistake, which only shows in an edge
            found = [taken for taken in found if any(m.slug in alone for m in taken)]
        best = simplest(likely(self._with_edges(found)))
        if best and not (explaining and len(best) > 1):  # in an edge alone, several are a guess
            return best
        if found and not (explaining or derived):  # a third, which only shows in an edge
            third = fewest(self._with_edges(self._with_one_more(likely(found))))
            if len(third) == 1:
                return third
        if explaining or found or derived:
            return simplest(broadest(explaining or likely(found)))
        some = likely(pairs)[:SOME] + likely(near)[:SOME]
        further: tuple[Callable[[], list[Taken]], ...] = (
            lambda: self._with_one_more(likely(single + pairs)),
            lambda: likely(self._scaled()),
            lambda: self._numbered(some),
            lambda: self._numbered(bases, rare=True),
        )
        for look in further:
            found = look()
            if best := self._with_edges(found):
                return fewest(best)
            explaining = explaining or found
        return fewest(broadest(explaining))

    @cached_property
    def _given(self) -> Outcomes:
        return self.task.program.on(self.telling.call.args)

    @cached_property
    def _pairs(self) -> list[tuple[Taken, Any]]:
        return list(self._given.pairs())

    @property
    def _derived_pairs(self) -> Iterable[tuple[Taken, Any]]:
        return self._given.pairs(derived=True)

    def _scaled(self) -> list[Taken]:
        """Return the explanations by a pair, and a third mistake that multiplies what it gives.

        Such as a sum in place of a mean, a half, a sign or the base of a logarithm.
        """
        expected = first_number(self.task.program.run((), self.telling.call.args))
        answer = first_number(self.telling.answer.value)
        if not expected or not math.isfinite(answer):
            return []
        scales = dict[float, list[Taken]]()
        for taken, value in self._given.singles():
            factor = first_number(value) / expected
            if not taken[0].rare and factor not in (0, 1) and math.isfinite(factor):
                scales.setdefault(float(f"{factor:.9g}"), []).append(taken)
        values = np.array([first_number(value) for _, value in self._pairs])
        found = [
            (*self._pairs[place][0], *scale)
            for factor, scaling in scales.items()
            for place in np.flatnonzero(np.isclose(values * factor, answer, *TOLERANCE))
            for scale in scaling
            if not written(self._pairs[place][0]) & written(scale)
        ]
        return self._explaining(found)

    def _fitting(
        self, outcomes: Iterable[tuple[Taken, Any]], nearly: tuple[float, float] = NEAR
    ) -> tuple[list[Taken], list[Taken]]:
        """Return the sets that give the telling answer, and those that nearly do."""
        fits, near = [], list[Taken]()
        answer = self.telling.answer.value
        for taken, value in outcomes:
            if far(value, answer):
                continue
            if same(self.telling, value, self.task):
                fits.append(taken)
            elif value is not None and close(self.telling.answer.value, value, nearly):
                near.append(taken)
        return fits, near

    def _explaining(self, found: Iterable[Taken]) -> list[Taken]:
        """Return the sets that give all answers that must be explained."""
        return [taken for taken in found if explains(self.task, taken, self.must)]

    def _elsewhere_near(self, found: Iterable[Taken]) -> list[Taken]:
        """Return the sets that nearly give the longest of the answers too."""
        longest = max(self.must, key=lambda one: np.size(one.call.args[-1]))
        run, given = self.task.program.run, longest.answer.value
        return [taken for taken in found if close(given, run(taken, longest.call.args), NEAR)]

    def _with_edges(self, found: Iterable[Taken]) -> list[Taken]:
        """Return the sets that give the answers to the edges too."""
        return [taken for taken in found if explains(self.task, taken, self.edges)]

    def _numbered(self, besides: Iterable[Taken], rare: bool = False) -> list[Taken]:
        """Return the explanations in which a number of the student's own plays a part.

        What it is follows from one answer; the others then have to agree.
        """
        rows = [m for m in self.task.program.mistakes if m.open and m.rare == rare]
        return [
            (*taken, found)
            for taken in besides
            for row in rows
            if not written(taken) & written((row,))
            if (found := self._number_in(row, taken))
        ]

    def _number_in(self, row: Mistake, taken: Taken) -> Mistake | None:
        """Return a row with the number that makes it explain the answers beside other mistakes."""
        edge = next((one for one in self.edges if not one.right and usable(one.answer.value)), None)
        for clue in (edge, self.telling) if edge else (self.telling,):
            run = partial(self.task.program.run, (*taken, row), clue.call.args)
            exact = number_giving(clue, run)
            for digits in DIGITS[row.rare] if exact else ():
                number = float(f"{exact:.{digits}g}")
                if explains(self.task, (*taken, row), [clue, *self.must], number):
                    return row.at(number)
        return None

    def _with_one_more(self, found: Iterable[Taken]) -> list[Taken]:
        """Return the explanations with a mistake more that does not show in the telling answer.

        Of clipping, for one, nothing is seen where no probability is near 0 or 1.
        """
        expected = self.task.program.run((), self.telling.call.args)
        silent = [taken for taken, value in self._given.singles() if told_same(value, expected)]
        more = [
            taken + another
            for taken in found
            for another in silent
            if not written(taken) & written(another)
        ]
        return self._explaining(more)


def written(taken: Taken) -> set[str]:
    """Return the steps that mistakes rewrite."""
    return {step for mistake in taken for step, _ in mistake.rewrites}


def told_same(value: Any, expected: Any) -> bool:
    """Whether a mistake does not show in a value."""
    return value is not None and close(value, expected)


def number_giving(one: Asked, run: Callable[[float], Any]) -> float | None:
    """Return the positive number with which a run gives an answer; None if there is none.

    It is looked for in one of the entries.
    """
    answer = numbers(one.answer.value)
    expected = numbers(run(0.0))
    if answer is None or not np.isfinite(answer).all():
        return None

    def off(number: float) -> float:
        value = numbers(run(number))
        if value is None or value.shape != answer.shape:
            return math.nan
        away = float((value - answer).flat[entry])
        return 0.0 if abs(away) <= ROUNDING * abs(answer.flat[entry]) else away

    entry = 0
    if expected is not None and expected.shape == answer.shape and answer.size:
        entry = int(np.argmax(np.nan_to_num(np.abs(expected - answer), posinf=np.inf)))
    for (low, below), (high, above) in pairwise((number, off(number)) for number in MAGNITUDES):
        if below * above < 0:
            return crossing(off, (math.log(low), below), (math.log(high), above))
        if below and not above:  # where no number matters it tells nothing
            return high
    return None


def crossing(
    off: Callable[[float], float], last: tuple[float, float], now: tuple[float, float]
) -> float:
    """Return where a function of a number is 0, between two logarithms of it where it is not.

    By the Illinois method: false position, with half the weight for an end that stays.
    """
    for _ in range(60):
        place = now[0] - now[1] * (now[0] - last[0]) / (now[1] - last[1])
        found = place, off(math.exp(place))
        last = now if found[1] * now[1] < 0 else (last[0], last[1] / 2)
        now = found
        if not found[1] or math.isnan(found[1]):
            break
    return math.exp(now[0])


def fewest(found: list[Taken]) -> list[Taken]:
    """Return the sets with the fewest mistakes, one for each distinct naming."""
    least = min(map(len, found), default=0)
    return simplest([taken for taken in found if len(taken) == least])


def broadest(found: list[Taken]) -> list[Taken]:
    """Return the sets that say no more than that nothing is clipped, if there are any, else all.

    How it is not clipped shows in the edges: where these are not explained, it is a guess.
    """
    plain = [taken for taken in found if any(m.slug == "no-clipping" for m in taken)]
    return plain or found


def likely(found: list[Taken]) -> list[Taken]:
    """Return the sets without a rare mistake if there are any, else all; every single one."""
    plain = [taken for taken in found if len(taken) == 1 or not any(m.rare for m in taken)]
    return plain or found


def explains(task: Task, taken: Taken, asked: Iterable[Asked], number: float = math.nan) -> bool:
    """Whether taking these wrong turns, with a number of the student's own, gives these answers."""
    return all(same(one, task.program.run(taken, one.call.args, number), task) for one in asked)


def enough(asked: Iterable[Asked]) -> bool:
    """Whether the answers can bear two mistakes at once: one, and plain zeros, fit too many."""
    answers = [one.answer for one in asked if one.call.kind != "again"]
    return sum(bool(answer.error) or not nothing(answer.value) for answer in answers) > 1


def far(value: Any, answer: Any) -> bool:
    """Whether a value is a number that is not even near an answer: nearly every one is."""
    if not isinstance(value, float) or not isinstance(answer, float):
        return False
    return abs(value - answer) > 0.2 * (abs(value) + abs(answer))  # never so of what is not finite


def first_number(value: Any) -> float:
    """Return a value's first number; NaN where there is none."""
    if isinstance(value, float):
        return value
    array = numbers(value)
    return float(array.flat[0]) if array is not None and array.size else math.nan


def nothing(value: Any) -> bool:
    """Whether a value is 0 throughout, but for rounding."""
    array = numbers(value)
    return array is not None and bool((np.abs(array) <= TOLERANCE[1]).all())


def same(one: Asked, value: Any, task: Task) -> bool:
    """Whether a question was answered with this value.

    NumPy gives nan or inf where plain Python raises: each of them is like the other. An error
    that is none of arithmetic, as its text tells, is only like a wrong turn that fails.
    """
    answer = one.answer
    if answer.error and told(answer.message, answer.line):
        return value is None
    if answer.error or not usable(answer.value):
        return not usable(value)
    if one.right and one.call.upto:  # where a choice is free, another one is as right
        return right(value, one.call, task)
    return close(one.answer.value, value, task.tolerance)


def usable(value: Any) -> bool:
    """Whether a value is made of finite numbers."""
    if isinstance(value, float):
        return math.isfinite(value)
    array = numbers(value)
    return array is not None and bool(np.isfinite(array).all())


def simplest(found: list[Taken]) -> list[Taken]:
    """Return one set of mistakes for each distinct naming."""
    return list({tuple(m.slug for m in taken): taken for taken in reversed(found)}.values())[::-1]
