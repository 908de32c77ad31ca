"""Answers and a task in, a verdict out. Pure: no input or output, and no student code runs here."""

from __future__ import annotations

import tomllib
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from autograder.judge.behaviour import SYMPTOMS, behaviour, fits_call, raised, unexplained
from autograder.judge.claims import holds
from autograder.judge.compare import close, right
from autograder.judge.diagnose import diagnose, usable
from autograder.judge.source import seen, speaks, written_wrongly
from autograder.judge.style import Style, read_style, without_magics
from autograder.judge.verdict import Answer, Asked, Example, Finding, Row, Verdict
from autograder.tasks import Call, Formula, Mistake, Taken, Task

__all__ = [
    "Answer", "Example", "Finding", "Row", "Style", "Verdict",
    "judge", "pasted", "read_style", "right", "sentences", "show", "without_magics",
    "written_wrongly",
]  # fmt: skip

SUSPECTS = 2
"""So many explanations of the same numbers are told."""
MOST_SHOWN = 80
"""Characters of a value."""
SMALL = 6
"""Numbers that one can follow by hand."""
NO_ANSWER = ("MissingFunction", "NotImplementedError", "SyntaxError", "IndentationError")


@cache
def sentences() -> dict[str, dict[str, Any]]:
    """Return what each slug says to the student and the question that it asks."""
    return tomllib.loads((files(__package__) / "sentences.toml").read_text("utf-8"))


class Name(NamedTuple):
    """What a mistake is called, which one of its kind it is, how it joins what is told before."""

    slug: str
    detail: str = ""
    joins: str = ""
    further: bool = False
    """Whether it is told on request only: others explain the numbers as well."""


def finding(task: Task, wrong: Sequence[Asked], loops: bool, name: Name) -> Finding:
    """Return a name in words; a question about a loop is asked of code that `loops`.

    What the sentence claims of the wrong answers has to be so; else less is said. A slug without a
    sentence is an instructor's own; its detail is the sentence.
    """
    prose = sentences().get(name.slug)
    if prose is None:
        return Finding(name.slug, name.joins + (name.detail or name.slug.replace("-", " ")), "")
    claim = prose.get("claims")
    says = prose["says" if not claim or holds(claim, task, wrong) else "otherwise"]
    says = says if name.detail else says.replace(": {detail}", "")
    asks = prose["asks"] if loops else prose.get("asks_without_loop", prose["asks"])
    asks = prose.get("asks_of", {}).get(task.name, asks)
    return Finding(
        name.slug,
        name.joins + says.format(detail=name.detail),
        asks.format(detail=name.detail or "it"),
    )


def judge(
    task: Task,
    calls: Sequence[Call],
    answers: Sequence[Answer],
    cells: Iterable[str],
    style: Style | None = None,
) -> Verdict:
    """Compare the answers with the reference, read the style, and name what went wrong.

    `cells` are the sources of the notebook's code cells, in order; `answers` belong to `calls`.
    Whoever has also run what was read hands in the `style`.
    """
    cells = list(cells)
    asked = [
        Asked(call, answer, not answer.error and right(answer.value, call, task))
        for call, answer in zip(calls, answers, strict=True)
    ]
    wrong = [one for one in asked if not one.right and one.call.row == "values"]
    edges = [one for one in asked if not one.right and one.call.row == "edges"]
    changed = any(answer.changed for answer in answers)
    if wrong:
        names = named(task, asked, wrong, cells)
        rows = (
            Row("values", False, said(wrong[0], cells)),
            Row("edges", None, "counts once the values are right"),
            Row("style", None, "counts once the values are right"),
        )
    else:
        style = style or read_style(task, cells)
        slug = style.slug
        if any(one.right and place in style.wrong for place, one in enumerate(asked)):
            slug = "unreadable"  # what was read is not what earns the points
        troubles = failing(edges) + ["your inputs are changed"] * changed
        rows = (
            Row("values", True, "as the reference"),
            Row("edges", not troubles, ", ".join(troubles)),
            Row("style", slug is None, ""),
        )
        names = (wrong_turns(task, asked, cells) if edges else []) or own_names(task, edges)
        names += [Name(slug)] if slug else []
    names += [Name("mutates-input")] if changed else []
    told = partial(finding, task, wrong + edges, bool(names) and "loop" in seen(task, cells))
    return Verdict(
        task.name,
        rows,
        tuple(told(name) for name in names if not name.further),
        example(task, asked, steps=any(name.slug == "no-known-mistake" for name in names)),
        tuple(told(name) for name in names if name.further),
    )


def named(
    task: Task, asked: Sequence[Asked], wrong: Sequence[Asked], cells: Sequence[str]
) -> list[Name]:
    """Return what explains wrong values: what running shows, or else wrong turns.

    What an error says comes after the wrong turns where some of the wrong answers are numbers.
    """
    unfit = [o for o in asked if o.answer.error == "TypeError" and not fits_call(task, o, asked)]
    others = [one for one in wrong if one not in unfit]
    if unfit and others:  # some calls alone do not fit: what comes of the others?
        names = named(task, [one for one in asked if one not in unfit], others, cells)
        says = next((one.answer.message for one in unfit if one.visible), "")
        return [*names, Name("signature", says, "And: ")]
    seen = behaviour(task, asked, cells)
    errors = [one.answer.error for one in wrong]
    clear = seen and (not errors[0] or (all(errors) and seen[0] not in SYMPTOMS))
    turns = [] if clear else wrong_turns(task, asked, cells)
    told = [one for one in wrong if not one.answer.error and one.call.kind != "again"]
    if seen and not turns and any(errors) and len(told) > 1:
        answered = [one for one in asked if not one.answer.error]
        if turns := wrong_turns(task, answered, cells):  # what the error leaves
            turns = [Name(*seen), *(turn._replace(joins=turn.joins or "And: ") for turn in turns)]
    return turns or [Name(*(seen or unexplained(task, wrong)))]


def wrong_turns(task: Task, asked: Sequence[Asked], cells: Sequence[str]) -> list[Name]:
    """Return the names of the wrong turns that give exactly these answers.

    Where several sets of them do, the source is read, and two are told at the most. What they
    share comes first, then what shows in the example. The second mistake of two at once begins with
    "And"; what stands in its place, or in that of both, with "Or".
    """
    told: list[Name] = []
    sets, further = suspected(task, diagnose(task, asked), cells)
    often = Counter(mistake.slug for taken in sets for mistake in taken)
    sets.sort(key=lambda taken: -max(often[m.slug] for m in taken))
    for taken in sets + further:
        joins = "Or: " if told else ""
        for mistake in sorted(taken, key=lambda m: (-often[m.slug], unseen(task, m))):
            new = Name(mistake.slug, mistake.detail, joins, taken in further)
            if not any(earlier[:2] == new[:2] for earlier in told):
                told.append(new)
                joins = "And: "
    return told


def unseen(task: Task, mistake: Mistake) -> bool:
    """Whether the example comes out right with a mistake."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a wrong turn may take the mean of nothing
        return close(task.program.run((mistake,), task.example), task.right(*task.example))


def suspected(
    task: Task, sets: list[Taken], cells: Sequence[str]
) -> tuple[list[Taken], list[Taken]]:
    """Return the sets of mistakes that the source speaks for the most, and the others."""
    if len(sets) < 2:
        return sets, []
    words = seen(task, cells)

    def spoken(taken: Taken) -> int:
        rules = (sentences().get(mistake.slug, {}).get("source", "") for mistake in taken)
        return sum(speaks(rule, words) for rule in rules if words)

    most = max(map(spoken, sets))
    first = [taken for taken in sets if spoken(taken) == most][:SUSPECTS]
    return first, [taken for taken in sets if taken not in first]


def failing(edges: Sequence[Asked]) -> list[str]:
    """Name the failing edges: as they are stated, or else as others of their kind."""
    stated = [one.call.name for one in edges if one.visible]
    drawn = [one.call.name for one in edges if not one.visible]
    return stated + [f"{name} with other numbers" for name in drawn if name not in stated]


def own_names(task: Task, edges: Sequence[Asked]) -> list[Name]:
    """Return what the failing edges are named for; for a crash, the cause that its text tells.

    A name that is also a wrong turn's claims a cause; another one only says what was asked. Where
    all are right as stated, neither would be true: that is what is told then.
    """
    if edges and not any(one.visible for one in edges):
        return [Name("stated-edges-only")]
    causes = {mistake.slug for mistake in task.program.mistakes}
    names: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    visible = [one for one in edges if one.visible]
    stops = [raised(one.answer, True) for one in visible if one.answer.error]
    alike = len(stops) > SUSPECTS and len(set(stops)) == 1 and stops[0]
    if alike:  # one cause for many edges
        names, visible = [alike], [one for one in visible if not one.answer.error]
    for one in visible:
        slug, answer = one.call.slug, one.answer
        crash = raised(answer, one.visible) if answer.error and slug in causes else None
        if one.call.finite and usable(answer.value):
            others.append((one.call.finite, ""))
        else:
            names.append(crash or (slug, ""))
    return [Name(*name) for name in dict.fromkeys(names or others)]


def said(one: Asked, cells: Sequence[str]) -> str:
    """Say in one line how a value differs; nothing of a hidden question's answer is told."""
    answer = one.answer
    if not one.visible:
        problem = "an error" if answer.error else "a wrong number"
        return f"right on the example, but {problem} on {one.call.name}"
    if answer.error == "MissingFunction":
        return "the notebook has no such function"
    if not answer.error:
        return f"{show(answer.value)} on {one.call.name}"
    # The line comes from the student's process: it is shown only if the notebook has it.
    known = answer.line and any(answer.line in cell for cell in cells)
    return raised_as(answer) + (f", in `{answer.line}`" if known else "")


def raised_as(answer: Answer) -> str:
    """Return an error as Python shows it."""
    return f"{answer.error}: {answer.message}" if answer.message else answer.error


def example(task: Task, asked: Sequence[Asked], steps: bool = False) -> Example | None:
    """Return the example if it was answered wrongly, else the smallest visible question that was.

    With its `steps`: what the reference comes to on the way, to compare by hand.
    """
    wrong = [o for o in asked if not o.right and o.visible and o.answer.error not in NO_ANSWER]
    if not wrong:
        return None
    sizes = [max(SMALL, *map(np.size, one.call.args)) for one in wrong]
    smallest = wrong[sizes.index(min(sizes))]
    one = next((one for one in wrong if one.call.kind == "example"), smallest)
    answer, expected = one.answer, task.right(*one.call.args)
    yours = raised_as(answer) if answer.error else show(answer.value)
    alike = yours == show(expected)
    return Example(
        call=f"{task.name}({', '.join(map(pasted, one.call.args))})",
        yours=pasted(answer.value) if alike else yours,
        expected=pasted(expected) if alike else show(expected),
        steps=on_the_way(task, one.call.args) if steps else (),
    )


def on_the_way(task: Task, args: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
    """Return the names of the reference's steps, each with what it comes to, but for copies."""
    values = task.program.state(args).values
    known = [show(values.get(name)) for name in task.program.arguments]
    told: dict[str, str] = {}
    for name in task.program.names:
        value = show(values[name])
        if value not in [*known, *told.values()]:
            told[name] = value
    return tuple(told.items())


def pasted(value: Any) -> str:
    """Return a value so that pasted into a cell it is the same again."""
    if isinstance(value, np.ndarray):
        return f"np.array({pasted(value.tolist())})"
    if isinstance(value, (list, tuple)):
        left, right = "[]" if isinstance(value, list) else "()"
        return f"{left}{', '.join(map(pasted, value))}{right}"
    if isinstance(value, (np.floating, np.integer)):
        value = value.item()
    return f"lambda x: {value.source}" if isinstance(value, Formula) else repr(value)[:MOST_SHOWN]


def show(value: Any) -> str:
    """Return a value in short: numbers to six digits, cut to one line."""
    if isinstance(value, (float, np.floating)):
        return f"{value + 0:.6g}"  # -0 is shown as 0
    if isinstance(value, np.ndarray):
        return show(value.tolist())
    if isinstance(value, (list, tuple)):
        left, right = "[]" if isinstance(value, list) else "()"
        return cut(f"{left}{', '.join(map(show, value))}{right}")
    return cut(pasted(value))


def cut(text: str) -> str:
    """Return a text that fits into a line."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} …"
