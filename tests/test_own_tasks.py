"""An instructor's own task, from a file outside the package, gets the same treatment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner
from verdicts import verdict_of

from autograder.cli import app
from autograder.tasks import TASKS, load_tasks

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "cosine.py"
RIGHT = "def cosine_similarity(u, v):\n    return (u @ v) / np.sqrt((u @ u) * (v @ v))"


@pytest.fixture(autouse=True)
def cosine() -> Iterator[None]:
    """The example's task, for one test."""
    load_tasks(EXAMPLE)
    yield
    del TASKS["cosine_similarity"]


@pytest.mark.parametrize(
    ("source", "score", "mistakes"),
    [
        (RIGHT, 1.0, ()),
        (RIGHT.replace("return", "return abs").replace("(u @ v) / ", "((u @ v) / ") + ")", 0, None),
        ("def cosine_similarity(u, v):\n    return u @ v", 0, ("no-division",)),
        (RIGHT.replace("np.sqrt", ""), 0, ("squared-lengths",)),
        (RIGHT.replace("return ", "return 1 - "), 0, ("a-distance",)),
        (RIGHT.replace("np.sqrt((u @ u) * (v @ v))", "np.sqrt(u @ u)"), 0, ("one-length",)),
    ],
)  # fmt: skip
def test_judged_like_any_other(source: str, score: float, mistakes: tuple[str, ...] | None) -> None:
    verdict = verdict_of("cosine_similarity", source)
    assert verdict.score == score
    assert verdict.mistakes == (("takes-the-size",) if mistakes is None else mistakes)


def test_findings_speak_the_instructors_words() -> None:
    verdict = verdict_of("cosine_similarity", "def cosine_similarity(u, v):\n    return u @ v")
    assert verdict.findings[0].says == "Yours is the dot product: long vectors get large values."


def test_from_the_command_line(tmp_path: Path) -> None:
    answer = tmp_path / "answer.py"
    answer.write_text("import numpy as np\n" + RIGHT)
    command = ["check", "cosine_similarity", str(answer), "--tasks", str(EXAMPLE), "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0 and json.loads(done.stdout)["score"] == 1.0


def test_steps_that_cannot_answer_their_own_questions_are_an_error_at_load(tmp_path: Path) -> None:
    path = tmp_path / "tasks.py"
    example = EXAMPLE.with_name("mape.py").read_text("utf-8")
    path.write_text(example.replace("name=", 'style="loop", name='))  # lists are not subtracted
    with pytest.raises(ValueError, match="mape: its own steps fail on the example"):
        load_tasks(path)
    assert "mape" not in TASKS
