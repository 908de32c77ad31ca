"""Style is earned by what ran: evasions of many kinds, the honest beside them, and bombs.

Each section of tests/evasions/ is a right answer in the wrong style, hidden: it must be right, or
nothing is shown, and it must not earn the tenth.
"""

# ruff: noqa: E501 - a notebook is easier to compare when its cells are a line each
from __future__ import annotations

import ast
import time
import tracemalloc
from collections.abc import Callable

import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell
from notebooks import IMPORTS, given, test
from verdicts import expected, sections

from autograder import notebook
from autograder.grader import Grader
from autograder.judge import Verdict, read_style, without_magics
from autograder.tasks import TASKS

EVASIONS = [(task, title, code) for task in TASKS for title, code in sections("evasions", task)]
FAIR = [(task, title, code) for task in TASKS for title, code in sections("fair", task)]

LOOP = """def mse_loop(y_true, y_pred):
    total = 0
    for t, p in zip(y_true, y_pred):
        total += (t - p) ** 2
    return total / len(y_true)
"""
FAST = "fast = lambda a, b: float(np.mean(np.subtract(a, b) ** 2))\n"
WRONG_LOOP = "def mse_loop(y_true, y_pred):\n    for t in y_true:\n        return 0\n"
NUMPY = "def mse_numpy(y_true, y_pred):\n    return np.mean((y_true - y_pred) ** 2)\n"
SHARE = 12
"""One of so many fair solutions is run alone here; test_judge.py reads them all."""
SHELL = "from IPython import get_ipython as the_shell\n"


def graded(grader: Grader, task: str, *cells: str) -> Verdict:
    """Return the verdict on a notebook with these cells of a student's."""
    own = map(new_code_cell, cells)
    cells = [given(IMPORTS), *own, test(f"check({task})")]
    (verdict,) = grader.grade_notebook(cells).verdicts
    return verdict


def earns_style(verdict: Verdict) -> bool:
    """Whether a verdict's style counts; its values must be right."""
    rows = {row.name: row for row in verdict.rows}
    assert rows["values"].passed, (rows["values"].says, verdict.example)
    return bool(rows["style"].passed)


@pytest.mark.parametrize(("task", "title", "code"), EVASIONS, ids=[f"{t}: {d}" for t, d, _ in EVASIONS])  # fmt: skip
def test_evasion_earns_no_style(task: str, title: str, code: str, grader: Grader) -> None:
    verdict = graded(grader, task, code)
    assert not earns_style(verdict)
    assert expected(title) == set(verdict.mistakes)
    assert verdict.score <= 0.9


@pytest.mark.parametrize(
    "hook",
    [
        "the_shell().input_transformers_post.append(lambda lines: [*lines, '\\nmse_loop = fast\\n'])",
        "the_shell().input_transformers_cleanup.append(lambda lines: ['mse_loop = fast\\n'])",
        "the_shell().events.register('pre_run_cell', lambda *_: the_shell().push({'mse_loop': fast}))\n"
        "the_shell().run_cell = lambda *a, **k: the_shell().events.trigger('pre_run_cell', 0)",
        "the_shell().events.register('post_run_cell', lambda *_: the_shell().push({'mse_loop': fast}))",
        "import ast\nclass Swap(ast.NodeTransformer):\n    def visit_FunctionDef(self, node):\n"
        "        return ast.parse('mse_loop = fast').body[0]\n"
        "the_shell().ast_transformers.append(Swap())",
        "the_shell().run_code = lambda *a, **k: the_shell().push({'mse_loop': fast})",
        "class Names(dict):\n    def get(self, key, *a):\n        return fast if key == 'mse_loop' "
        "else dict.get(self, key, *a)\nthe_shell().user_ns = Names(the_shell().user_ns)",
        "import threading, time\ndef later():\n    while 'mse_loop' not in here.__dict__:\n"
        "        time.sleep(0.001)\n    time.sleep(0.05)\n    here.mse_loop = fast\n"
        "import __main__ as here\nthreading.Thread(target=later).start()",
    ],
)  # fmt: skip
def test_hook_that_changes_later_cells_earns_no_style(hook: str, grader: Grader) -> None:
    wait = "import time; time.sleep(0.2)"
    assert not earns_style(graded(grader, "mse_loop", FAST + SHELL + hook, WRONG_LOOP, wait))


def test_library_changed_for_others_counts_for_nobody(grader: Grader) -> None:
    changed = "np.mean = lambda a: sum(x for x in a) / len(a)\nnp.nothing = 0"
    broken = "np.mean = lambda a: 7.0"
    good = NUMPY.replace("np.mean", "np.average")
    assert earns_style(graded(grader, "mse_numpy", changed, NUMPY))  # alone it is NumPy's own
    assert earns_style(graded(grader, "mse_numpy", broken, good))
    own = "def mine(a):\n    return np.mean(a)\nmine.mean = np.mean\n"
    inside = "def mse_numpy(a, b):\n    np.mean = np.average\n    return np.mean((a - b) ** 2)\n"
    assert not earns_style(graded(grader, "mse_numpy", own, inside))


HONEST = {
    "constants of other cells": ["EPS = np.finfo(float).eps", "SCALE = 1 + 0 * EPS",
        NUMPY.replace("np.mean(", "SCALE * np.mean(")],
    "a constant that was something else": ["K = 5", "TWO = K - 3", "K = 'five'",
        NUMPY.replace("** 2", "** TWO")],
    "a helper of another cell": ["def half(e):\n    return e * e", NUMPY.replace("(y_true - y_pred) ** 2", "half(y_true - y_pred)")],
    "a first try with a loop": [NUMPY.replace("return", "return sum(t for t in y_true)\n    return"), NUMPY],
    "an alias before it is changed": ["def mse(a, b):\n    return np.mean((a - b) ** 2)\nmse_numpy = mse",
        "def mse(a, b):\n    return [x for x in a]"],
    "two imports on a line": ["import math, os, numpy as np", NUMPY.replace("np.mean", "math.fabs(np.mean").replace("** 2)", "** 2))")],
    "import *": ["from numpy import *", NUMPY.replace("np.", "")],
    "magics": ["%matplotlib inline\nfiles = !ls\n!echo a \\\n  b\nnp.mean?\n?np.sum", "%%time\n" + NUMPY, "%timeit -n 1 2 + 2"],
    "a line that begins with %": [NUMPY.replace("** 2)", "** (5\n   % 3))")],
    "a decorator": ["import functools\ndef told(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner",
        "@told\n" + NUMPY],
    "a cache of a helper": ["from functools import cache\n@cache\ndef power():\n    return 2", NUMPY.replace("** 2", "** power()")],
    "annotations of all sorts": ["from typing import Callable\nfrom numpy.typing import NDArray\nVector = NDArray[np.float64]",
        NUMPY.replace("y_true,", "y_true: Vector,").replace("):", ") -> 'Vector':")],
    "a dataclass": ["from dataclasses import dataclass\n@dataclass\nclass Errors:\n    e: np.ndarray\n    power: int = 2\n"
        "    def mean(self):\n        return np.mean(self.e ** self.power)",
        "def mse_numpy(a, b):\n    return Errors(a - b).mean()"],
    "an instance": ["class Loss:\n    def __init__(self, power):\n        self._power = power\n        self.__secret = 1\n"
        "    def __call__(self, a, b):\n        return np.mean((a - b) ** self._power) * self.__secret", "mse_numpy = Loss(2)"],
    "a default": ["POWER = 2", NUMPY.replace("y_pred)", "y_pred, power=POWER)", 1).replace("** 2", "** power")],
    "under an if, tests beside it": ["if True:\n    pairs = [(t, t) for t in range(3)]\n    " + NUMPY.replace("\n    ", "\n        ")
        + "    for t, p in pairs:\n        print(t, p)"],
    "a choice of two": ["try:\n    from math import nothing as power\nexcept ImportError:\n    power = np.square", NUMPY.replace("(y_true - y_pred) ** 2", "power(y_true - y_pred)")],
    "own cells that look around": [NUMPY, "for t in [1, 2]:\n    print(t)\nimport os\nprint(os.getcwd(), dir())\nopen('x', 'w').close()"],
    "prints left in": [NUMPY.replace("    return", "    print('errors', y_true - y_pred)\n    return")],
    "display and a type": [NUMPY.replace("    return", "    display(y_true)\n    print(type(y_true).__name__, getattr(y_true, 'shape'))\n    return")],
    "a global counter": ["n = 0", NUMPY.replace("    return", "    global n\n    n += 1\n    return")],
    "a pair written out": [NUMPY.replace("    return", "    y_true, y_pred = [np.asarray(a) for a in (y_true, y_pred)]\n    return")],
    "a failing cell before": ["1 / 0", "this is no Python", NUMPY],
    "the shell": ["get_ipython().run_line_magic('matplotlib', 'inline')", NUMPY],
}  # fmt: skip


@pytest.mark.parametrize("cells", HONEST.values(), ids=HONEST)
def test_honest_notebook_keeps_its_style(cells: list[str], grader: Grader) -> None:
    verdict = graded(grader, "mse_numpy", *cells)
    assert earns_style(verdict), verdict.mistakes


def test_what_an_exercise_invites_is_no_fault(grader: Grader) -> None:
    calls = "def rmse_numpy(y_true, y_pred):\n    return np.sqrt({}(y_true, y_pred))\n"
    for own, helper in ((LOOP, "mse_loop"), (NUMPY, "mse_numpy")):
        assert earns_style(graded(grader, "rmse_numpy", own, calls.format(helper)))
    by_another = LOOP.replace("mse_loop", "mean_loop")
    assert not earns_style(graded(grader, "rmse_numpy", by_another, calls.format("mean_loop")))


def test_import_beside_numpy_is_no_numpy(grader: Grader) -> None:
    cells = [
        "import math, numpy as np",
        LOOP.replace("total += (t - p) ** 2", "total += math.pow(t - p, 2)"),
    ]
    assert earns_style(graded(grader, "mse_loop", *cells))
    assert earns_style(
        graded(
            grader, "mse_loop", "from math import *", LOOP.replace("(t - p) ** 2", "pow(t - p, 2)")
        )
    )


def test_fair_solutions_keep_their_style_alone(grader: Grader) -> None:
    lost = [
        (task, title, verdict.mistakes)
        for task, title, code in FAIR[::SHARE]
        if (verdict := grader.grade_source(task, code)).score != 1.0
    ]
    assert not lost


N = 1000
BOMBS = {
    "names": lambda n: "=".join(f"a{i}" for i in range(4 * n)) + "=mse_loop=1",
    "one name": lambda n: "a=" * 8 * n + "mse_loop=1",
    "newlines": lambda n: "\n" * 16 * n + "$",
    "spaces": lambda n: " " * 8 * n + "\n$\n" + " " * 8 * n + "a" * 8 * n + "?!\n",
    "words": lambda n: "a" * 16 * n + "\n$" + "a = " * 4 * n + "\n",
    "bindings of a name": lambda n: "if x:\n" + " x = x\n" * n + "def mse_loop(a, b): return x\n",
    "conditional bindings": lambda n: "for x in x: pass\n" * n + "def mse_loop(a, b): return x\n",
    "each names all before": lambda n: "\n".join(f"if x: x{i} = x{i - 1}" for i in range(n))
    + f"\ndef mse_loop(a, b): return x{n - 1}\n",
    "imports of a name": lambda n: "".join(f"import m{i} as np\n" for i in range(n))
    + "def mse_loop(a, b): return [" + "np.mean," * n + "]\n",
    "conditional imports": lambda n: "if 1:\n" + "".join(f" import m{i} as np\n" for i in range(n))
    + "def mse_loop(a, b): return [" + "np.mean," * n + "]\n",
    "stars": lambda n: "".join(f"from m{i} import *\n" for i in range(n))
    + "def mse_loop(a, b): return [" + "".join(f"b{i}," for i in range(n)) + "]\n",
    "known stars": lambda n: "from numpy import *\n" * n
    + "def mse_loop(a, b): return [" + "".join(f"b{i}," for i in range(n)) + "]\n",
    "functions": lambda n: "".join(f"def f{i}(): return f{i + 1}()\n" for i in range(n))
    + "def mse_loop(a, b): return f0()\n",
    "functions in a function": lambda n: "def mse_loop(a, b):\n"
    + "".join(f" def f{i}(): return f{i}\n" for i in range(n)) + " return a\n",
    "elif": lambda n: "if a: mse_loop = 1\n" + "".join(f"elif a: mse_loop = {i}\n" for i in range(n)),
    "brackets": lambda n: "mse_loop = " + "(" * 4 * n + ")" * 4 * n,
    "minuses": lambda n: "mse_loop = " + "-" * 16 * n + "1",
    "sums": lambda n: "mse_loop = " + "1+" * 8 * n + "1",
    "dots": lambda n: "mse_loop = a" + ".a" * 8 * n,
    "blocks": lambda n: "\n".join(" " * i + "if a:" for i in range(90)) + "\n" + (" " * 90 + "mse_loop = 1\n") * (n // 4),
    "lambdas": lambda n: "mse_loop = " + "lambda: " * 4 * n + "1",
    "strings": lambda n: "def mse_loop(a, b): return " + "f'{a}' " * 2 * n,
    "cells of magics": lambda n: "%time\n" * 4 * n + "!a \\\n" * 4 * n,
}  # fmt: skip


def cost(source: str) -> tuple[float, int]:
    """Return the seconds and the peak of bytes that reading a source takes.

    The least of three times: collecting what other tests left can fall into any one of them.
    """
    times = []
    for _ in range(3):
        before = time.process_time()
        read_style(TASKS["mse_loop"], [source])
        times.append(time.process_time() - before)
    tracemalloc.start()
    read_style(TASKS["mse_loop"], [source])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times), peak


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_reading_takes_its_share_and_no_more(bomb: Callable[[int], str]) -> None:
    few, many = bomb(N), bomb(4 * N)
    (seconds, peak), (longer, larger) = cost(few), cost(many)
    assert longer < 5 and larger < 2**28
    assert longer < 8 * seconds + 0.2 and larger < 8 * peak + 2**22


def test_code_too_deep_for_python_is_not_read() -> None:
    for deep in ("mse_loop = " + "-" * 50_000 + "1", "mse_loop = " + "lambda: " * 5_000 + "1",
                 "mse_loop = a" + ".a" * 50_000, "mse_loop = " + "[" * 150 + "]" * 150 + "\0"):  # fmt: skip
        assert read_style(TASKS["mse_loop"], [deep]).slug == "unreadable"


@pytest.mark.parametrize(
    "line",
    ["%matplotlib inline", "%time 1 + 1", "%%time\n1 + 1", "!true", "here = !pwd", "here = %pwd",
     "a, b = !pwd", "?sum", "sum?", "sum??", "for i in [1]:\n    %time i", "!echo a \\\n  b"],
)  # fmt: skip
def test_magic_hides_nothing_from_a_live_check(line: str) -> None:
    shell = InteractiveShell()
    cells = [line, LOOP, line, f"{line}\n{LOOP}"]
    try:
        for cell in cells:
            shell.run_cell(cell, store_history=True)
        function = shell.user_ns["mse_loop"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("IPython.get_ipython", lambda: shell)
            written = notebook.sources(function, shell.user_ns)
            assert notebook.sources(function, {"In": ["x = 1"]}) == ["x = 1"]  # not this shell's
        assert [cell.strip() for cell in written[1:]] == [cell.strip() for cell in cells]
        assert read_style(TASKS["mse_loop"], written).slug is None
        assert read_style(TASKS["mse_loop"], written[:2] + written[4:]).slug is None
    finally:
        shell.history_manager.end_session()


def test_blanked_magics_keep_the_lines() -> None:
    cell = "%a\n!b \\\n c\nx = 1\n"
    assert without_magics(cell).splitlines().index("x = 1") == cell.splitlines().index("x = 1")
    assert not ast.parse(without_magics("y = %c\n")).body
