"""What a student's own slips with `check` and `hint` lead to: one kind line, no traceback."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from verdicts import run_cell, verdict_of

from autograder import check, hint
from autograder.judge import written_wrongly
from autograder.notebook import CheckFailed


def mse_loop(y_true: list[float], y_pred: list[float]) -> float:
    return sum((t - p) ** 2 for t, p in zip(y_true, y_pred, strict=True)) / len(y_true)


def mse_lop(y_true: list[float], y_pred: list[float]) -> float:
    return mse_loop(y_true, y_pred)


def test_name_will_do_in_place_of_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    check("mse_loop")
    assert "mse_loop: passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (3.0, "without brackets"),
        (np.array([1.0, 2.0]), "without brackets"),
        (None, "without brackets"),
        (mse_lop, "did you mean mse_loop?"),
        ("mse_lop_", "did you mean mse_loop?"),
        ("nothing like it", "checks and hints are for the functions that a cell"),
    ],
)
def test_what_is_no_task_is_told(given: object, says: str) -> None:
    with pytest.raises(CheckFailed, match=r".") as told:
        check(given)
    assert says in str(told.value) and "Traceback" not in str(told.value)


def test_hint_takes_the_function_too(capsys: pytest.CaptureFixture[str]) -> None:
    hint(mse_loop)
    assert capsys.readouterr().out.startswith("Hint 1 of 3")
    with pytest.raises(CheckFailed, match="did you mean mse_numpy"):
        hint("mse_nump")


@pytest.mark.parametrize("place", ["first", "last"])
def test_raise_that_was_left_in_is_the_first_thing_told(place: str) -> None:
    code = ["total = 0", "for t, p in zip(y_true, y_pred):", "    total += (t - p) ** 2"]
    lines = ["raise NotImplementedError()", *code] if place == "first" else [
        *code, "raise NotImplementedError()", "return total / len(y_true)"
    ]  # fmt: skip
    source = "def mse_loop(y_true, y_pred):\n    " + "\n    ".join(lines)
    verdict = verdict_of("mse_loop", source)
    assert verdict.mistakes == ("raise-left-in",)
    assert "NotImplementedError: ," not in verdict.rows[0].says


def test_nothing_written_yet_is_told_as_that() -> None:
    empty = 'def mse_loop(y_true, y_pred):\n    """Mean."""\n    # YOUR CODE HERE\n'
    verdict = verdict_of("mse_loop", empty + "    raise NotImplementedError()")
    assert verdict.mistakes == ("not-implemented",)


def test_warnings_of_the_judge_do_not_reach_the_student(recwarn: pytest.WarningsRecorder) -> None:
    def mae_loop(y_true: list[float], y_pred: list[float]) -> float:
        return float("nan") * len(y_true)

    with pytest.raises(CheckFailed):
        check(mae_loop)
    assert not recwarn.list


def test_no_placeholder_is_shown() -> None:
    source = "def quantile_numpy(t, p, tau=0.9):\n    r = t - p\n"
    source += "    return np.mean(np.maximum(tau * r, (tau - 1) * r))"
    verdict = verdict_of("quantile_numpy", source)
    assert verdict.mistakes == ("default-changed",)
    (finding,) = verdict.findings
    assert "{" not in finding.says + finding.asks and "tau" in finding.asks


def test_endless_loop_is_stopped_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def forever(y_true: list[float], y_pred: list[float]) -> None:
        asked.append(1)
        while y_true:
            pass

    forever.__name__ = "mse_loop"
    monkeypatch.setattr("autograder.notebook.SECONDS", 0.2)
    with pytest.raises(CheckFailed, match="did not come to an end in time"):
        check(forever)
    assert len(asked) == 1, "one endless answer is enough"
    assert "must change in each turn" in capsys.readouterr().out


def test_time_that_is_left_strikes_nobody_later() -> None:
    check("mse_loop")
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


@pytest.mark.parametrize(
    ("cells", "wrongly"),
    [
        (["def mse_loop(t, p):\n    return 1", "def mse_loop(t, p)\n    return 2"], True),
        (["def mse_loop(t, p)\n    return 2", "def mse_loop(t, p):\n    return 1"], False),
        (["def mse_loop(t, p):\n    return 1", "def mae_loop(t, p)\n    return 2"], False),
        (["%matplotlib inline\ndef mse_loop(t, p):\n    return 1"], False),
        (["%%writefile x.py\ndef mse_loop(t, p) ..."], False),
        (["x = 1"], False),
    ],
)
def test_cell_that_python_cannot_read_is_told(cells: list[str], wrongly: bool) -> None:
    assert written_wrongly("mse_loop", cells) is wrongly
    names = {"In": ["", *cells], "mse_loop": mse_loop, "check": check}
    if wrongly:
        with pytest.raises(CheckFailed, match="what you wrote before"):
            run_cell("check(mse_loop)", names)
