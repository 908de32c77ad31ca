"""What a gradebook says, for tests to compare."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import SubmittedAssignment

from autograder.classroom.course import Course


@dataclass(frozen=True)
class Score:
    """What the gradebook says of one submission.

    `cells` holds the points of each test cell (None: not graded), `by_hand` counts the answers
    that a person still has to grade.
    """

    student: str
    cells: dict[str, float | None]
    points: float
    max_points: float
    by_hand: int


def scored(course: Course, assignment: str) -> dict[str, Score]:
    """Return what the gradebook says of an assignment, by student."""
    automatic = course.automatic(assignment)
    with course.gradebook() as book:
        return {
            submission.student.id: score(submission, automatic)
            for submission in book.assignment_submissions(assignment)
        }


def score(submission: SubmittedAssignment, automatic: set[str]) -> Score:
    """Return one submission's points as the gradebook has them."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    tested = [grade for grade in grades if grade.name in automatic]
    return Score(
        student=submission.student.id,
        cells={grade.name: grade.auto_score for grade in tested},
        points=sum(grade.auto_score or 0.0 for grade in tested),
        max_points=sum(grade.max_score for grade in tested),
        by_hand=sum(grade.needs_manual_grade for grade in grades),
    )
