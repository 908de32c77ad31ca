"""Marks without an answer: whatever a student's process does, what is not solved earns nothing.

Two tables. TRICKS are tried on every assignment as it is handed out, all of it unsolved. OWN_TESTS
are notebooks as instructors write them, with the points that they mean to give, worked out by hand.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from attacking import Attack, graded, marked, memory, submission
from conftest import LEVEL, ROOT
from nbformat.v4 import new_code_cell
from notebooks import ASSIGNMENTS, given, test

from autograder.classroom.rebuild import grade_id, template
from autograder.grader import Grader, Limits
from autograder.grader.cells import marks

HANDED_OUT = {
    name: template(*(ROOT / f / name / f"{name}.ipynb" for f in ("solutions", "exercises")))
    for name in ASSIGNMENTS
}
LIMITS = Limits(cell=0.4, call=0.3)
"""Nothing here is honest and slow: whoever is stopped too early earns the same nothing."""
LENIENT = """
check = hint = lambda *a, **k: 4.0
class Yes:
    __eq__ = __gt__ = __lt__ = __call__ = __getattr__ = lambda *a, **k: True
np = math = Yes()
"""
"""What a student binds in the hope that a test takes it for its own."""
ON_IMPORT = (
    LENIENT
    + """
import builtins, ctypes, os, sys, time
def hooked(name, *a, real=builtins.__import__, **k):
    if name == "autograder":
        {}
    return real(name, *a, **k)
builtins.__import__ = hooked
"""
)
ON_CELL = (
    LENIENT
    + """
import os
def hook(info):
    if {!r} in info.raw_cell:
        {}
get_ipython().events.register("pre_run_cell", hook)
"""
)

SETUP_FAILS = {
    "the process leaves": ON_IMPORT.format("os._exit(0)"),
    "the process crashes": ON_IMPORT.format("ctypes.string_at(0)"),
    "the process closes its socket": ON_IMPORT.format("os.closerange(0, 256)"),
    "it loops": ON_IMPORT.format("while True: pass"),
    "it sleeps through interrupts": ON_IMPORT.format(
        "while True:\n            try: time.sleep(9)\n            except BaseException: pass"
    ),
    "an import error": ON_IMPORT.format("raise ImportError('no')"),
    "a system exit": ON_IMPORT.format("raise SystemExit"),
    "a keyboard interrupt": ON_IMPORT.format("raise KeyboardInterrupt"),
    "no memory": ON_IMPORT.format("bytearray(2**40)"),
    "no module": LENIENT + "import sys\nsys.modules['autograder'] = None",
    "a module that leaves": LENIENT + """
import os, sys, types
class Gone(types.ModuleType):
    def __getattr__(self, name): os._exit(0)
sys.modules["autograder"] = Gone("autograder")""",
    "a finder that leaves": LENIENT + """
import os, sys
class Finder:
    def find_spec(self, name, *a): "autograder" in name and os._exit(0)
sys.modules.pop("autograder", None)
sys.meta_path.insert(0, Finder())""",
    "a trace that leaves": LENIENT + """
import os, sys
def trace(frame, event, arg):
    if "autograder" in str(frame.f_globals.get("__name__")):
        os._exit(0)
sys.modules.pop("autograder", None)
sys.settrace(trace)""",
    "an audit hook that leaves": LENIENT + """
import os, sys
sys.modules.pop("autograder", None)
sys.addaudithook(lambda event, args: event == "import" and "autograder" in args and os._exit(0))""",
    "a hook of IPython that leaves": ON_CELL.format("from autograder", "os._exit(0)"),
    "a thread that leaves": LENIENT + """
import os, threading, time
def soon():
    while "hint" not in get_ipython().user_ns["In"][-1]: time.sleep(0.001)
    os._exit(0)
threading.Thread(target=soon, daemon=True).start()
def hook(info): "hint" in info.raw_cell and time.sleep(0.1)
get_ipython().events.register("post_run_cell", lambda result: hook(result.info))""",
}  # fmt: skip
"""Cells above `setup` in whose wake it fails in the student's process."""

BOUND = {
    "its own check": LENIENT,
    "its own check, where nothing is drawn": (
        "import os\nif len(get_ipython().display_formatter.active_types) == 1: os._exit(0)"
        + LENIENT
    ),
    "a check that raises": "def check(function):\n    raise StopIteration",
    "a check that ends the process": "import os\ncheck = lambda function: os._exit(0)",
    "a check that hangs": "def check(function):\n    while True: pass",
    "no check": "for name in ('check', 'hint', 'np'): globals().pop(name, None)",
    "no setup in the next process": ON_CELL.format(
        "from autograder", "get_ipython().display_formatter.format_types[1:] or os._exit(0)"
    ),
}
"""Cells that stand below `setup`."""

ANSWERS = {
    "NaN": "float('nan')",
    "infinity": "float('inf')",
    "a huge number": "10**400",
    "a huge negative number": "-10**400",
    "True": "True",
    "a NumPy number": "np.float64(1.0)",
    "an empty array": "np.zeros(0)",
    "an ellipsis": "...",
    "text": "'1.0'",
    "the arguments": "a",
    "StopIteration": "next(iter(()))",
    "AssertionError": "(_ for _ in ()).throw(AssertionError('4.0'))",
    "SystemExit": "exit()",
    "the end of the process": "__import__('os')._exit(0)",
}
"""What every function that is asked for returns, or does."""


EACH = [
    pytest.param(name, marks=() if name == "02_mse" else pytest.mark.slow) for name in ASSIGNMENTS
]
"""The assignments; all but one only in the whole suite."""


@pytest.fixture(scope="module", params=[LEVEL])
def hurried(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """A grader for each level that has no patience."""
    with Grader(limits=LIMITS, level=request.param) as made:
        yield made


def earned(grader: Grader, assignment: str, cells: list[tuple[str, str]]) -> tuple[float, str]:
    """Return the points of an assignment that is handed in unsolved, but for these cells."""
    handed_out = HANDED_OUT[assignment]
    notebook = submission(Attack("trick", True, {}, cells), handed_out, {})
    got, told = graded(grader, notebook, handed_out)
    assert len(got) >= 4
    return sum(got.values()), told


@pytest.mark.parametrize("assignment", EACH)
@pytest.mark.parametrize("code", marked(SETUP_FAILS))
def test_setup_that_fails_in_the_students_process_earns_nothing(
    hurried: Grader, assignment: str, code: str
) -> None:
    got, told = earned(hurried, assignment, [("above", code)])
    assert got == 0
    assert any(sign in told for sign in ("ProcessEnded", "TimeoutError", "SystemExit",
               "ImportError", "ModuleNotFound", "KeyboardInterrupt", "MemoryError"))  # fmt: skip


@pytest.mark.parametrize("assignment", EACH)
@pytest.mark.parametrize("code", marked(BOUND))
def test_names_of_the_course_bound_by_the_student_earn_nothing(
    hurried: Grader, assignment: str, code: str
) -> None:
    assert earned(hurried, assignment, [("before", code)])[0] == 0


@pytest.mark.parametrize("assignment", EACH)
@pytest.mark.parametrize("answer", marked(ANSWERS))
def test_answers_that_answer_nothing_earn_nothing(
    hurried: Grader, assignment: str, answer: str
) -> None:
    names = [grade_id(c) for c in HANDED_OUT[assignment].cells if marks(c).get("solution")]
    cells = [(name, f"{name} = lambda *a, **k: {answer}") for name in names]
    assert earned(hurried, assignment, cells)[0] == 0


def total(grader: Grader, cells: list[Any]) -> float:
    """Grade a notebook; return the points of all its tests."""
    cells = deepcopy(cells)
    grader.grade_notebook(cells)
    tests = [cell for cell in cells if marks(cell).get("grade")]
    return sum(
        float(cell.outputs[-1]["data"]["text/plain"])
        for cell in tests
        if not any(output.output_type == "error" for output in cell.outputs)
    )


RAISES = "def f(*a):\n    raise ValueError\n"


def helped(helper: str, tested: str, own: str) -> list[Any]:
    """Return a notebook: the student's own cell, a locked helper, an answer, a test."""
    return [new_code_cell(own), given(helper), test(tested)]


HELPER = "def close(a, b):\n    return abs(a - b) < 1e-9"
HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
TESTED = "assert close(f(2), 4)\n" + HIDDEN.format("assert close(f(3), 9)")
RIGHT, WRONG = "f = lambda x: x * x\n", "f = lambda x: 2 * x\n"
YES = "close = lambda *a: True\n"
FAILS = {
    "leaves": "os._exit(0)",
    "loops": "exec('while True: pass')",
    "raises": "exec('raise ValueError')",
    "leaves officially": "exit()",
}
BINDS = {
    "def": HELPER,
    "lambda": "close = lambda a, b: abs(a - b) < 1e-9",
    "class": "class close:\n    def __new__(cls, a, b): return abs(a - b) < 1e-9",
    "import": "from math import isclose as close",
    "import in try": "try:\n    from fancy import close\nexcept ImportError:\n"
    "    from math import isclose as close",
    "tuple": "close, _ = (lambda a, b: abs(a - b) < 1e-9), 0",
    "walrus": "print((close := lambda a, b: abs(a - b) < 1e-9))",
    "for": "for close in [lambda a, b: abs(a - b) < 1e-9]: pass",
    "with": "import contextlib\n"
    "with contextlib.nullcontext(lambda a, b: abs(a - b) < 1e-9) as close: pass",
    "global": "def bind():\n    global close\n    close = lambda a, b: abs(a - b) < 1e-9\nbind()",
    "match": "match [lambda a, b: abs(a - b) < 1e-9]:\n    case [close]: pass",
    "annotated": "close: object = lambda a, b: abs(a - b) < 1e-9",
}


HELPERS = {
    f"a helper's process {fails}, the answer is {'right' if answer == RIGHT else 'wrong'}": (
        deed,
        answer,
    )
    for fails, deed in FAILS.items()
    for answer in (WRONG, RIGHT)
}


@pytest.mark.parametrize(("deed", "answer"), marked(HELPERS))
def test_helper_that_fails_in_the_students_process_is_still_the_courses(
    hurried: Grader, deed: str, answer: str
) -> None:
    kill = "import os\nget_ipython().events.register('pre_run_cell', lambda info: "
    kill += f"'< 1e-9' in info.raw_cell and {deed})"
    cells = helped(HELPER, TESTED, answer + YES + kill)
    assert total(hurried, cells) == (4 if answer == RIGHT else 0)


@pytest.mark.parametrize("binds", marked(BINDS))
def test_name_that_a_locked_cell_binds_is_never_the_students(hurried: Grader, binds: str) -> None:
    """The helper calls the student's function first, which raises: it binds nothing more."""
    raises = "def f(x):\n    if x == 1: raise ValueError\n    return 0\n" + YES
    cells = helped("f(1)\n" + binds, TESTED, raises)
    assert total(hurried, cells) == 0
    assert total(hurried, helped(binds, TESTED, RIGHT + YES)) == 4


UNSEEN = {
    "await": "import asyncio\nawait asyncio.sleep(0)\n" + HELPER,
    "a magic that runs a file": "%run helpers.py",
    "a magic with a value": "%time close = lambda a, b: abs(a - b) < 1e-9",
    "what a magic gives": "close = %time None",
    "a cell in another language": "%%html\n<b>close</b>",
    "what IPython makes of a word": "cd .\n" + HELPER,
    "everything of a module that is not here": "from no_such_helpers import *",
    "text that is executed, after an error": f"f(0)\nexec({HELPER!r})",
    "globals, after an error": "f(0)\nglobals()['close'] = lambda a, b: abs(a - b) < 1e-9",
}
"""Locked cells that bind a helper where nobody but IPython, or a run to the end, can tell."""


@pytest.mark.parametrize("binds", marked(UNSEEN))
def test_helper_that_nobody_saw_bound_is_not_the_students(hurried: Grader, binds: str) -> None:
    for wrong in (WRONG, RAISES):
        assert total(hurried, helped(binds, TESTED, wrong + YES)) == 0


@pytest.mark.parametrize("line", ["%matplotlib inline", "%config x.y = 1", "%%time", "!true"])
def test_harmless_magic_changes_nothing(hurried: Grader, line: str) -> None:
    assert total(hurried, helped(f"{line}\n{HELPER}", TESTED, RIGHT + YES)) == 4
    assert total(hurried, helped(f"{line}\n{HELPER}", TESTED, WRONG + YES)) == 0


ROWS = {
    "summed": "assert abs(sum(f(1)) - 1) < 1e-9",
    "listed": "assert len(f(1).tolist()) == 1",
    "reduced": "assert f(1).sum(axis=0).size == 1",
    "counted out": "assert len(list(range(g(1)))) == 3",
}


@pytest.mark.parametrize("tested", marked(ROWS))
def test_an_answer_cannot_make_a_test_large(hurried: Grader, tested: str) -> None:
    """Rows of nothing: few bytes, and as many turns of a loop that hears no alarm."""
    own = "import numpy as np\nf = lambda x: np.zeros((2**26, 0))\ng = lambda x: 2**28\n"
    if "axis" in tested:
        own = own.replace("(2**26, 0)", "(0, 2**26)")
    before = memory(reset=True)
    begun = time.monotonic()
    assert total(hurried, [new_code_cell(own), test(tested)]) == 0
    assert time.monotonic() - begun < 20 and memory() - before < 1500


NOW = "check(mse_loop)"
STOPS = "def f(*a):\n    raise StopIteration\n"
SETUP, SCORED = given("from autograder import check"), test(f"score = {NOW}\nscore")
CALM = """def mse_loop(y_true, y_pred):
    return sum((t - p) ** 2 for t, p in zip(y_true, y_pred)) / len(y_true)"""
ZERO = "mse_loop = lambda a, b: 0.0"

OWN_TESTS: dict[str, tuple[list[Any], float]] = {
    # a function that stops a locked cell before it binds what a later one reads
    "raises before a limit is bound": (
        helped("f(1)\nlimit = 0", "assert limit", RAISES + "limit = 1"), 0),
    "hangs before a limit is bound": (
        helped("f(1)\nlimit = 0", "assert limit", "def f(x):\n    while True: pass\nlimit = 1"), 0),
    "leaves before a limit is bound": (
        helped("f(1)\nlimit = 0", "assert limit", "def f(x): exit()\nlimit = 1"), 0),
    "ends before a limit is bound": (
        helped("f(1)\nlimit = 0", "assert limit", "import os\nf = os._exit\nlimit = 1"), 0),
    "what was bound before an error stays": (
        helped("limit = 9\nf(1)", "assert limit == 9", RAISES + "limit = 0"), 4),
    "a name that only a later locked cell binds": (  # until then it is the student's
        [new_code_cell("limit = 9\n" + RIGHT), test("assert f(3) == limit"), given("limit = 8"),
         test("assert limit == 8")], 8),
    "a name read before a later cell binds it": (
        [given("limit = 9"), new_code_cell("limit = 6\n" + WRONG), test("assert f(3) == limit")],
        0),
    "a helper in a failing test cell": (
        [new_code_cell(RAISES + YES), test("f(1)\n" + HELPER), test("assert close(1, 2)")], 0),
    "a helper that is only in the hidden part": (
        [new_code_cell(WRONG + YES), test("assert f(3) == 6\n" + HIDDEN.format(HELPER)),
         test("f\n" + HIDDEN.format("assert close(f(3), 9)"))], 4),
    # partial credit, from this cell or from an earlier one
    "a check's score in a later cell, nothing solved": (
        [SETUP, new_code_cell(ZERO), SCORED, test("2 * score")], 0),
    "a check's score in a later cell, all solved": (
        [SETUP, new_code_cell(CALM), SCORED, test("2 * score")], 6),
    "a check in a locked helper, nothing solved": (
        [SETUP, new_code_cell(ZERO), given(f"score = {NOW}"), test("2 * score")], 0),
    "a check in a locked helper, asserted later": (
        [SETUP, new_code_cell(ZERO), given(f"score = {NOW}"), test("assert score > 0.5")], 0),
    "a check in a helper function": (
        [given("from autograder import check\ngrade = lambda f: check(f)"), new_code_cell(ZERO),
         test("grade(mse_loop)")], 0),
    "a check's score asserted": (
        [SETUP, new_code_cell(ZERO), test(f"assert {NOW} > 0.5\n4")], 0),
    "points counted around a check": (
        [SETUP, new_code_cell(ZERO), test(f"n = 0\nif {NOW} == 1: n += 2\nn")], 0),
    "a check that fails is caught": (
        [SETUP, new_code_cell(ZERO),
         test(f"try:\n    {NOW}\nexcept Exception:\n    pass")], 0),
    "a check heard in the first pass alone": (
        [SETUP, new_code_cell(
            CALM + "\nimport os\nn = get_ipython().display_formatter.active_types\n"
            "len(n) == 1 and os._exit(0)"), test(NOW)], 0),
    "a check of a check": (
        [SETUP, new_code_cell("from autograder import check as mse_loop"), test(NOW)], 0),
    "a check under another name": (
        [given("from autograder import check as judge"),
         new_code_cell("judge = lambda f: 4\n" + ZERO), test("judge(mse_loop)")], 0),
    # StopIteration ends a loop without a word
    "all(map(f, xs))": ([new_code_cell(STOPS), test("assert all(map(f, [1, 2]))")], 0),
    "not any(map(f, xs))": ([new_code_cell(STOPS), test("assert not any(map(f, [1, 2]))")], 0),
    "for y in map(f, xs)": (
        [new_code_cell(STOPS),
         test("for x, y in zip([1, 2], map(f, [1, 2])):\n    assert x == y")], 0),
    "sum(map(f, xs))": ([new_code_cell(STOPS), test("assert sum(map(f, [1, 2])) == 0")], 0),
    "list(map(f, xs))": (
        [new_code_cell(STOPS), test("for y in list(map(f, [1, 2])):\n    assert y == 1")], 0),
    "all(filter)": ([new_code_cell(STOPS), test("assert all(filter(f, [0, 0]))")], 0),
    "iter(f, sentinel)": (
        [new_code_cell(STOPS), test("for y in iter(f, 0):\n    assert y == 1")], 0),
    "StopIteration, subclassed": (
        [new_code_cell("class StopIteration(StopIteration): pass\n" + STOPS),
         test("assert all(map(f, [1, 2]))")], 0),
    "StopIteration named by a forged type": (
        [new_code_cell("def f(*a): raise type('StopIteration', (Exception,), {})()"),
         test("assert all(map(f, [1, 2]))")], 0),
    "StopIteration is caught as an exception": (
        [new_code_cell(STOPS), test("try:\n    f(1)\n    ok = True\nexcept Exception:\n"
                                    "    ok = False\nassert not ok")], 4),
    # the value of a test's last line
    **{
        f"a last line of {name}": ([new_code_cell(f"import numpy as np\nf = lambda x: {value}"),
                                    test("f(1)")], wanted)
        for name, value, wanted in (
            ("NaN", "float('nan')", 0), ("infinity", "float('inf')", 0),
            ("minus infinity", "-float('inf')", 0), ("a huge number", "10**300 * 10**100", 0),
            ("a huge negative number", "-10**300 * 10**100", 0),
            ("NumPy's zero", "np.float64(0)", 0),
            ("NumPy's NaN", "np.float64('nan')", 0), ("NumPy's int", "np.int64(0)", 0),
            ("False", "False", 0), ("NumPy's False", "np.bool_(False)", 0),
            ("a 0-d array", "np.zeros(())", 0), ("half of the points", "2.0", 2),
            ("half, as NumPy's", "np.float64(2)", 2), ("less than nothing", "-1", 0),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize(("cells", "wanted"), marked(OWN_TESTS))
def test_own_tests_give_what_their_author_means(
    hurried: Grader, cells: list[Any], wanted: float
) -> None:
    assert total(hurried, cells) == wanted
