"""`autograder dev check` names what is lacking, and nothing that is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from autograder.cli import app
from autograder.dev import lacking, sections
from autograder.tasks import TASKS, Program, edge

NAME = "poisson_numpy"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is looked at."""
    for folder in ("solutions", "exercises", "lessons", "docs", "tests/fair", "tests/wrong"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def restored() -> Iterator[None]:
    """The tasks are as they were after the test."""
    before = dict(TASKS)
    yield
    TASKS.clear()
    TASKS.update(before)


def test_what_is_lacking_is_known(checkout: Path) -> None:
    """The exercises of lesson 10, whose tasks are there already."""
    lines = list(lacking(checkout))
    assert lines and all("gradient: an exercise with check(" in line for line in lines)


def test_each_thing_that_is_taken_away_is_named(checkout: Path) -> None:
    before = set(lacking(checkout))
    shutil.rmtree(checkout / "exercises" / "12_poisson")
    (checkout / "lessons" / "06_likelihood.quiz.json").write_text("[]")
    fair = checkout / "tests" / "fair" / "poisson.txt"
    fair.write_text(fair.read_text().replace("poisson_numpy: forms: arrays", "nothing: x"))
    wrong = checkout / "tests" / "wrong" / "poisson.txt"
    wrong.write_text(wrong.read_text().replace("turned-round |", "left-out |"))
    glossary = checkout / "docs" / "glossary.md"
    glossary.write_text(glossary.read_text().replace("| 09 |", "| 9 |"))
    lesson = checkout / "lessons" / "06_likelihood.ipynb"
    lesson.write_text(lesson.read_text().replace("exercises/12_poisson/", "exercises/12/"))
    assert set(lacking(checkout)) - before == {
        "12_poisson: exercises/12_poisson/: run autograder release 12_poisson",
        "12_poisson: a link from a lesson",
        "06_likelihood: 06_likelihood.quiz.json",
        "poisson_numpy: 23 of 25 right solutions in tests/fair/",
        "poisson_loop: a wrong solution for turned-round in tests/wrong/",
        "09_hinge: a term in docs/glossary.md",
    }


@pytest.mark.usefixtures("restored")
def test_what_a_task_lacks_is_named(checkout: Path) -> None:
    task, known = TASKS[NAME], set(lacking(checkout))
    program = task.program
    TASKS[NAME] = replace(
        task,
        hints=("", "", ""),
        edges=(edge("zeros", "no-such-slug", *task.example),),
        program=Program(
            program.given, program.steps.replace("each = 2 *", "each = 3 *"), "odd | e = 1"
        ),
    )
    lines = {line for line in lacking(checkout) if line not in known}
    assert f"{NAME}: a row that compiles (odd | {{'e': '1'}}: there is no step e)" in lines
    assert f"{NAME}: a wrong solution for odd in tests/wrong/" in lines
    TASKS[NAME] = replace(TASKS[NAME], program=replace(TASKS[NAME].program, table=""))
    lines = {line for line in lacking(checkout) if line not in known}
    assert {
        f"{NAME}: three hints",
        f"{NAME}: another question for the edge “zeros” (vary)",
        f"{NAME}: a sentence for no-such-slug in judge/sentences.toml",
        f"{NAME}: steps that give what the reference gives on the example",
    } <= lines


def test_command_says_where_it_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["dev", "check"])
    assert done.exit_code == 1 and "checkout of the project" in " ".join(done.output.split())
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["dev", "check"])
    assert done.exit_code == 1 and "mae_gradient: an exercise with" in done.stdout


def test_forms_become_solutions_of_a_task() -> None:
    titles = [title for title, _ in sections(ROOT / "tests" / "fair", "poisson_loop")]
    assert "loop: zip" in titles and "two parts" in titles and len(titles) >= 25
    assert all("NAME" not in source for _, source in sections(ROOT / "tests" / "fair", NAME))
