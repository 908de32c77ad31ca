"""A marker in the hidden inputs appears nowhere in what a student can see, whatever they reply.

The processes here lie on purpose: some are students' cells in the sandbox, which replace the half
of the harness that is on their side; some are simulated, which is quicker, and reply at random.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from attacking import (
    HANDED_OUT,
    LEVELS,
    LIMITS,
    MARKED,
    MARKER,
    Attack,
    marked,
    submission,
    tainted,
)
from conftest import LEVEL
from nbformat.v4 import new_code_cell
from notebooks import given, test

from autograder.classroom.rebuild import rebuild
from autograder.grader import Grader
from autograder.grader.judging import Judging
from autograder.judge import Verdict
from autograder.judge.behaviour import RAISED, RETURNED
from autograder.sandbox.inside.wire import Other
from autograder.tasks import TASKS

TEACHERS = [
    "assert g({0}) == 1, g({0})",
    "assert g(x={0}) == 1",
    "print(g({0}))\nassert False",
    "raise ValueError(g({0}))",
    "raise g({0})",
    "seen = g({0})\nassert seen == 1, f'{{seen}}'",
    "h({0})\n[][g({0})]",
    "{{}}[g({0})]",
    "g({0})",
]
"""Hidden tests as instructors write them; what they raise, print or return holds the answer."""


@pytest.fixture(autouse=True)
def marked_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, task in list(TASKS.items()):
        monkeypatch.setitem(TASKS, name, tainted(task))


@pytest.fixture(scope="module", params=[LEVEL])
def lied_to(request: pytest.FixtureRequest) -> Iterator[Grader]:
    with Grader(limits=LIMITS, level=request.param) as made:
        yield made


def visible(cells: list[Any], verdicts: list[Verdict], notes: Any = ()) -> str:
    """Return all that a student, or the report about one, is shown of a graded notebook."""
    shown = [cell.get("outputs") for cell in cells]
    return json.dumps([shown, [verdict.to_dict() for verdict in verdicts], notes], default=str)


FORGED = """
import sys
{mark} = "{marker}"
heard = []
def answer(made, request, real=sys.modules["inside.cells"].answer):
    reply = real(made, request)
    args = request.get("args", ())
    if {mark} in repr(args):
        text = repr(args)[:90]
        heard.append(text)
        Kind = type(text, (), {{}})
        return {lie}
    if heard and request["do"] == "run":
        reply["outputs"] = [{{"output_type": "stream", "name": "stdout", "text": str(heard)}}]
    if heard and request["do"] == "get":
        reply["value"] = heard
    return reply
sys.modules["inside.cells"].answer = answer
print("reached")
"""
LIES = {
    "the value": "{'value': text, 'type': 'float'}",
    "a list of it": "{'value': [text], 'type': 'list'}",
    "a key": "{'value': {text: text}, 'type': 'dict'}",
    "the inputs themselves": "{'value': args, 'type': 'tuple'}",
    "the first input": "{'value': args[0], 'type': 'list'}",
    "one number": "{'value': args[0][0], 'type': 'float'}",
    "a NumPy number": "{'value': np.float64(args[0][0]), 'type': 'float64'}",
    "the name of the value's class": "{'value': Kind()}",
    "a class in a list": "{'value': [Kind()], 'type': 'list'}",
    "the type": "{'value': Kind(), 'type': text}",
    "the type of nothing": "{'value': None, 'type': text}",
    "the type of a number": "{'value': 1.0, 'type': text}",
    "the error": "{'error': text}",
    "the error and all beside it": "{'error': text, 'message': text, 'line': text, 'type': text}",
    "the message": "{'error': 'ValueError', 'message': text}",
    "the line": "{'error': 'ValueError', 'message': 'no', 'line': text}",
    "a line of the notebook": "{'error': 'ValueError', 'message': text, 'line': 'import sys'}",
    "the print": "{'value': None, 'type': 'NoneType', 'printed': text}",
    "the print of a number": "{'value': 0.0, 'type': 'float', 'printed': text}",
    "what was changed": "{'value': 0.0, 'type': 'float', 'changed': text}",
    "the kind": "{'value': 0.0, 'kind': text}",
    "outputs": "{'value': 0.0, 'outputs': [{'output_type': 'stream', 'name': 'stdout', "
    "'text': text}]}",
    "a field of its own": "{'value': 0.0, text: text, 'slug': text, 'detail': text}",
    "the number of the question": "{'value': 0.0, 'id': text}",
    "nothing but the next cells": "{'value': 0.0}",
    "the end": "sys.exit(text)",
    "an error of the harness": "exec('raise ValueError(text)')",
    **{
        f"the message of {name}": f"{{'error': {name!r}, 'message': text, 'line': text}}"
        for name in (*RAISED, "ZeroDivisionError", "CheckFailed", "AssertionError", "HiddenTest")
    },
    **{
        f"the message, after {told!r}": f"{{'error': 'TypeError', 'message': {told!r} + text}}"
        for told in ("object is not callable ", "has no attribute ", "broadcast together ",
                     "required positional ", "index out of range ", "not iterable ")
    },
}  # fmt: skip
"""What a forged process replies to a hidden question: the question, in every field there is."""


@pytest.mark.parametrize("lie", marked(LIES))
def test_reply_that_holds_the_hidden_question_is_not_shown(lied_to: Grader, lie: str) -> None:
    code = FORGED.format(mark="MARK", marker=str(MARKER)[:8], lie=lie)
    right = "lambda a, b: np.mean(np.subtract(a, b) ** 2)"
    cells = [("before", code), ("after test_mse_loop", "print('later')")]
    cells += [(name, f"{name} = {right}") for name in ("mse_loop", "mse_numpy")]
    attack = Attack("forged", True, {}, cells)
    notebook, notes = rebuild(submission(attack, HANDED_OUT, {}), HANDED_OUT)
    verdicts = lied_to.grade_notebook(notebook.cells, "eve").verdicts
    shown = visible(notebook.cells, verdicts, notes)
    assert "reached" in shown and "samples" in shown  # the hidden questions were answered so
    assert not MARKED.search(shown), shown[max(0, MARKED.search(shown).start() - 300) :][:600]


class Liar:
    """Simulates a student's process that answers hidden questions with whatever comes to it."""

    def __init__(self, seed: int) -> None:
        self.random, self.heard = random.Random(seed), ["nothing"]
        self.replies = 0

    def run(self, code: str, seconds: float, shown: bool = True) -> list[Any]:
        text = str(self.heard)
        return [{"output_type": "stream", "name": "stdout", "text": text},
                {"output_type": "error", "ename": text, "evalue": text, "traceback": [text]},
                {"output_type": "execute_result", "data": {"text/html": text}}]  # fmt: skip

    def get(self, name: str, seconds: float) -> tuple[str, Any]:
        odd = self.random.random() < 0.1
        return ("data", self.thing()) if odd else ("function", None)

    def call(self, name: str, args: Any, keywords: Any, seconds: float) -> dict[str, Any]:
        asked = repr((args, keywords))[:2000]
        if not MARKED.search(asked):
            return {"value": TASKS[name].reference(*args)} if name in TASKS else {"value": 1}
        self.heard.append(asked)
        self.replies += 1
        fields = ["value", "type", "error", "message", "line", "printed", "changed", "kind", "id"]
        chosen = self.random.sample(fields, self.random.randint(1, len(fields)))
        reply = {field: self.thing() for field in chosen}
        if self.random.random() < 0.5:
            reply["error"] = self.random.choice([*RAISED, "TypeError", "ValueError"])
        elif self.random.random() < 0.3:
            reply |= {"error": "", "type": self.random.choice([*RETURNED, "NoneType", "tuple"])}
        return reply

    def thing(self) -> Any:
        """Return something that holds what was heard last."""
        text, pick = self.heard[-1], self.random.choice
        if self.random.random() < 0.02:  # seldom: where a number is wrong, hundreds are tried
            return MARKER
        part = pick([text, text[:90], f"{text[:50]} object is not callable"])
        return pick([part, [part], (part, 1.0), {part: part}, Other(part[:100]), [[part]],
                     None, "", [True]])  # fmt: skip

    def write(self, name: str, content: bytes) -> None: ...

    def close(self) -> None: ...


class Lies:
    """Stands for a sandbox in which such processes are started."""

    level = LEVELS[-1]

    def __init__(self, seed: int) -> None:
        self.seed, self.liars = seed, list[Liar]()

    def session(self, *_: Any) -> Liar:
        self.liars.append(Liar(self.seed + len(self.liars)))
        return self.liars[-1]


@pytest.mark.slow
def test_a_thousand_lies_are_not_shown() -> None:
    grader = object.__new__(Grader)
    grader.course_seed, grader.limits, grader.judging = "", LIMITS, Judging()
    replies = 0
    quick = sorted(TASKS, key=lambda name: len(TASKS[name].program.mistakes))[:12]
    for seed in range(0, 10**6, 100):
        draw = random.Random(seed)
        grader.sandbox = lies = Lies(seed)  # type: ignore[assignment]
        hidden = f"### BEGIN HIDDEN TESTS\n{draw.choice(TEACHERS).format(MARKER)}\n"
        checks = [test(f"check({name})") for name in draw.sample(quick, 3)]
        cells = [given("from autograder import check"), *checks, new_code_cell("what was asked?"),
                 test(f"assert g(1) == 1\n{hidden}### END HIDDEN TESTS"), new_code_cell("and now?"),
                 test("assert g(2) == 1")]  # fmt: skip
        verdicts = grader.grade_notebook(cells, "eve").verdicts
        shown = visible(cells, verdicts)
        assert not MARKED.search(shown), (
            seed,
            shown[max(0, MARKED.search(shown).start() - 300) :][:600],
        )
        replies += sum(liar.replies for liar in lies.liars)
        if replies > 1000:
            break
    grader.judging.close()
