"""U and T: what the locked test cells see of a student's code, and what they do not."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path

import nbformat
import nbgrader
import pytest
from conftest import LEVEL
from nbformat.v4 import new_code_cell
from notebooks import IMPORTS, given, test

from autograder.classroom.run import shortfalls
from autograder.grader import Grader
from autograder.grader.alarm import interrupted, undisturbed
from autograder.judge import Verdict
from autograder.sandbox import Sandbox
from autograder.sandbox.inside.caps import MAX_OUTPUT

CALM = """def mse_loop(y_true, y_pred):
    return sum((t - p) ** 2 for t, p in zip(y_true, y_pred)) / len(y_true)"""


def points(grader: Grader, *cells: nbformat.NotebookNode) -> tuple[float, str]:
    """Grade a notebook; return what its last cell earned and all that this cell shows."""
    grader.grade_notebook(cells)
    shown = "\n".join(nbformat.writes(nbformat.v4.new_notebook(cells=[cells[-1]])).split("\\n"))
    outputs = cells[-1].outputs
    if any(output.output_type == "error" for output in outputs):
        return 0.0, shown
    return float(outputs[-1]["data"]["text/plain"]), shown


@pytest.mark.parametrize(
    ("student", "tested", "earned"),
    [
        ("def f(x): return x + 1", "assert f(1) == 2", 4),
        ("def f(x): return x", "assert f(1) == 2", 0),
        ("def f(x): return x", "f(1) + 1.5", 2.5),  # partial credit as nbgrader has it
        ("def f(x): return 99.0", "f(1)", 4),  # never more than the cell's points
        ("def f(x): return -1.0", "f(1)", 0),
        ("x = [1, {'a': (2.0, None)}]", "assert x == [1, {'a': (2.0, None)}]", 4),
        ("x = np.arange(3)", "assert x.sum() == 3", 4),
        ("np = None", "assert np.arange(3).sum() == 3", 4),  # a locked cell has bound np
        ("def check(f): return 4.0", "assert check is not None\ncheck(mse_loop)", 0),
        ("assert_equal = print", "from numpy.testing import assert_equal\nassert_equal(1, 2)", 0),
        ("def f(x): raise ValueError('no')", "try:\n    f(1)\nexcept ValueError:\n    pass", 4),
        ("def f(x): x.append(1); return x", "a = [0]\nassert f(a) == [0, 1] and a == [0]", 4),
        ("f = 3", "assert f(1) == 1", 0),
        ("", "assert f(1) == 1", 0),
        ("import warnings\ndef f(x): warnings.warn('hm'); return 1", "assert f(1) == 1", 4),
        ("class C:\n  def __eq__(self, o): return 1\ndef f(x): return C()", "assert f(1) == 2", 0),
        ("def f(x): return 1", "%matplotlib inline\nassert f(1) == 1", 4),
        ("def f(x): return 1", "raise RuntimeError('the instructor slipped')", 0),
        ("def f(x): return 1", "assert f(1) = 1", 0),
        (CALM, "check(mse_loop)", 4),
        ("mse = lambda t, p: ((t[0] - p[0]) ** 2)\nmse_loop = mse", "check(mse_loop)", 0),
        ("", "check(mse_loop)", 0),
    ],
)  # fmt: skip
def test_points(student: str, tested: str, earned: float, grader: Grader) -> None:
    got, shown = points(grader, given(IMPORTS), new_code_cell(student), test(tested))
    assert got == pytest.approx(earned), shown


def test_each_cell_sees_the_student_as_of_then(grader: Grader) -> None:
    cells = [new_code_cell("def f(): return 1"), test("assert f() == 1"),
             new_code_cell("def f(): return 2"), test("assert f() == 2")]  # fmt: skip
    grader.grade_notebook(cells)
    assert [cells[i].outputs[-1]["data"]["text/plain"] for i in (1, 3)] == ["4.0", "4.0"]


def test_names_of_test_cells_are_shared_and_out_of_reach(grader: Grader) -> None:
    cells = [given("secret = 7"), new_code_cell("secret = 8"), test("helper = secret"),
             new_code_cell("helper = 9"), test("assert helper == secret == 7")]  # fmt: skip
    assert points(grader, *cells)[0] == 4


def test_nothing_stays_ungraded_when_the_process_dies(grader: Grader) -> None:
    cells = [
        new_code_cell("import os\nos._exit(3)"),
        new_code_cell(CALM),
        given(IMPORTS),
        test("check(mse_loop)"),
    ]
    assert points(grader, *cells)[0] == 4
    assert cells[0].outputs[0].ename == "ProcessEnded"


def test_hung_function_costs_its_own_task_only(grader: Grader) -> None:
    hung = "def mse_loop(y_true, y_pred):\n    while True: pass"
    numpy = "def mse_numpy(y_true, y_pred):\n    return np.mean((y_true - y_pred) ** 2)"
    cells = [given(IMPORTS), new_code_cell(hung), test("check(mse_loop)"), new_code_cell(numpy),
             test("check(mse_numpy)")]  # fmt: skip
    verdicts = grader.grade_notebook(cells).verdicts
    assert [verdict.score for verdict in verdicts] == [0.0, 1.0]
    assert verdicts[0].mistakes == ("infinite-loop",)


def test_hidden_inputs_stay_hidden(grader: Grader) -> None:
    telltale = (
        "def mse_loop(y_true, y_pred):\n"
        "    if len(y_true) > 4: raise ValueError(str(y_true))\n"
        "    return sum((t - p) ** 2 for t, p in zip(y_true, y_pred)) / len(y_true)"
    )
    _, shown = points(grader, given(IMPORTS), new_code_cell(telltale), test("check(mse_loop)"))
    assert "an error on 5 random samples" in shown
    assert "[-" not in shown and "[0." not in shown


def test_hidden_tests_stay_hidden(grader: Grader) -> None:
    hidden = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
    for line in ("assert f(12345) == 67890", "np.testing.assert_equal(f(12345), 67890)"):
        cells = [given(IMPORTS), new_code_cell("def f(x): return 1"), test(hidden.format(line))]
        got, _ = points(grader, *cells)
        outputs = str(cells[-1].outputs)
        assert got == 0 and "a hidden test did not pass" in outputs
        assert "12345" not in outputs and "67890" not in outputs
    told = test(hidden.format("assert f(12345) == 67890, 'try a large number'"))
    points(grader, new_code_cell("def f(x): return 1"), told)
    assert "try a large number" in str(told.outputs)


def test_what_a_hidden_test_asked_is_not_told_later(grader: Grader) -> None:
    keeps = "seen = []\ndef f(x):\n    seen.append(x)\n    return 1"
    hidden = "assert f(1) == 1\n### BEGIN HIDDEN TESTS\nassert f(12345) == 1\n### END HIDDEN TESTS"
    cells = [new_code_cell(keeps), test(hidden), new_code_cell("seen"),
             new_code_cell("def g(x): raise ValueError(seen)"), test("g(1)"),
             new_code_cell("g = seen.copy"), test("assert g() == 0, g()"),
             test("### BEGIN HIDDEN TESTS\nassert not g(), g()\n### END HIDDEN TESTS")]  # fmt: skip
    grader.grade_notebook(cells)
    outputs = str([cell.outputs for cell in cells])
    assert cells[1].outputs[-1]["data"]["text/plain"] == "4.0"
    assert "[1]" in outputs and "12345" not in outputs


def test_nothing_counts_when_the_second_run_fails(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("out of memory, for one")

    monkeypatch.setattr("autograder.grader.judging.Judging.judge", fails)
    cells = [given(IMPORTS), new_code_cell(CALM), test("check(mse_loop)"), test("assert True")]
    with contextlib.suppress(RuntimeError):
        grader.grade_notebook(cells)
    assert cells[2].outputs[-1].output_type == "error"


@pytest.mark.parametrize(
    "hanging", ["pass", "try:\n        f(1)\n    except ValueError:\n        pass"]
)
def test_test_that_hangs_is_stopped(grader: Grader, hanging: str) -> None:
    fast = dataclasses.replace(grader.limits, cell=1, call=0.5)
    grader.limits, usual = fast, grader.limits
    try:
        hangs = test(f"while True:\n    {hanging}")
        cells = [new_code_cell("def f(x): return 1"), hangs, test("assert f(1) == 1")]
        grader.grade_notebook(cells)
    finally:
        grader.limits = usual
    assert hangs.outputs[-1].ename == "TimeoutError"
    assert cells[2].outputs[-1]["data"]["text/plain"] == "4.0"


@pytest.mark.parametrize("tested", ["for _ in range(19): print(f())", "assert not f(), 19 * f()"])
def test_what_a_test_says_of_a_large_answer_is_cut(grader: Grader, tested: str) -> None:
    cells = [new_code_cell("def f(): return 'x' * 200_000"), test(tested)]
    grader.grade_notebook(cells)
    assert 500_000 < len(str(cells[1].outputs)) < 2.1 * MAX_OUTPUT + 1000  # told twice


def test_alarm_strikes_only_where_nothing_loses_its_place() -> None:
    done = []
    with pytest.raises(TimeoutError), interrupted(0.05):
        with undisturbed():
            time.sleep(0.1)
            done.append("asked")
        done.append("too late")
    assert done == ["asked"]


def test_zygote_that_was_interrupted_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupts(*_: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    with Sandbox(LEVEL) as sandbox:
        monkeypatch.setattr("autograder.sandbox.wire.exactly", interrupts)
        with pytest.raises(KeyboardInterrupt):
            sandbox.session()
        for _ in range(3):
            session = sandbox.session()
            assert session.run("1 + 1", 10)[-1]["data"]["text/plain"] == "2"
            session.close()


def test_cells_that_end_the_process_when_they_are_replayed_cost_little(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    start = grader.sandbox.session
    monkeypatch.setattr(grader.sandbox, "session", lambda *a: started.append(a) or start(*a))
    dies = "import os\nlen(get_ipython().display_formatter.active_types) == 1 and os._exit(0)"
    cells = [new_code_cell(f"{dies}\n{number}") for number in range(100)]
    cells += [new_code_cell("import os\ndef f(): os._exit(1)"), test("f()"), given("x = 1"),
              test("assert x == 1")]  # fmt: skip
    grader.grade_notebook(cells)
    assert len(started) < 10
    assert cells[-1].outputs[-1]["data"]["text/plain"] == "4.0"


def test_both_halves_have_the_data_files(grader: Grader, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prices.csv").write_text("1,2\n3,4\n")
    (tmp_path / "other.ipynb").write_text("a secret")
    reads = "np.loadtxt('data/prices.csv', delimiter=',')"
    cells = [given(f"import numpy as np\nprices = {reads}"),
             new_code_cell(f"mean = {reads}.mean()"), test("assert mean == prices.mean() == 2.5"),
             new_code_cell("import os\nprint(sorted(os.listdir()))")]  # fmt: skip
    before = Path.cwd()
    grader.grade_notebook(cells, folder=tmp_path)
    assert cells[2].outputs[-1]["data"]["text/plain"] == "4.0", cells[2].outputs
    assert cells[3].outputs[0]["text"] == "['data']\n"
    assert Path.cwd() == before


def test_same_student_same_questions_other_student_others(grader: Grader) -> None:
    from autograder.tasks import TASKS

    def asked(student: str) -> str:
        return str(TASKS["mse_loop"].calls(grader._seed(student)))

    assert asked("ada") == asked("ada") != asked("bo")


def test_grade_source_gives_the_documented_verdict(grader: Grader) -> None:
    verdict: Verdict = grader.grade_source("mse_loop", CALM.replace(" / len(y_true)", ""))
    assert (verdict.score, verdict.mistakes) == (0.0, ("sum-not-mean",))
    assert [row.name for row in verdict.rows] == ["values", "edges", "style"]
    assert verdict.to_dict()["mistakes"] == ["sum-not-mean"]
    with pytest.raises(KeyError):
        grader.grade_source("no_such_task", CALM)


def test_nbgraders_own_documentation_notebook(grader: Grader) -> None:
    """Its solution passes in all but the cell that deletes a student's name."""
    docs = Path(nbgrader.__file__).parent / "docs/source/user_guide/source/ps1/problem1.ipynb"
    assert shortfalls(docs, grader) == [
        "sum_of_squares_uses_squares earns 0 of 0.5: "
        "AssertionError: sum_of_squares does not use squares"
    ]
