"""exercises/ is made from solutions/; unsolved fails, solved passes."""

from __future__ import annotations

import nbformat
import pytest
from notebooks import ASSIGNMENTS, ROOT, full_marks, points

from autograder.classroom.course import Course
from autograder.classroom.rebuild import grade_id, template
from autograder.classroom.release import release
from autograder.grader import Grader


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_released_is_what_nbgrader_makes_of_the_source(name: str, course: Course) -> None:
    committed = (ROOT / "exercises" / name / f"{name}.ipynb").read_text("utf-8")
    release(course, name)
    assert (course.root / "exercises" / name / f"{name}.ipynb").read_text("utf-8") == committed


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_release_shows_no_solution_and_no_hidden_test(name: str) -> None:
    released = (ROOT / "exercises" / name / f"{name}.ipynb").read_text("utf-8")
    for secret in ("BEGIN SOLUTION", "HIDDEN TESTS", "MARKING SCHEME"):
        assert secret not in released
        assert secret in (ROOT / "solutions" / name / f"{name}.ipynb").read_text("utf-8")


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_solution_gets_full_marks(name: str, grader: Grader) -> None:
    cells = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4).cells
    verdicts = grader.grade_notebook(cells, "teacher").verdicts
    assert points(cells) == full_marks(cells)
    assert all(verdict.mistakes == () for verdict in verdicts)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_unsolved_fails_in_every_cell(name: str, grader: Grader) -> None:
    paths = [ROOT / folder / name / f"{name}.ipynb" for folder in ("solutions", "exercises")]
    cells = template(*paths).cells
    grader.grade_notebook(cells, "nobody")
    assert set(points(cells)) == set(full_marks(cells))
    assert not any(points(cells).values())


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_source_cell_has_a_readable_id_and_no_output(name: str) -> None:
    cells = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4).cells
    assert all(cell.id == (grade_id(cell) or cell.id) and not cell.get("outputs") for cell in cells)
