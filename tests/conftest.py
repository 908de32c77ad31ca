"""What several tests share: one warm grader, and courses of their own to grade in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.classroom.course import Course
from autograder.grader import Grader, Limits
from autograder.sandbox import levels

ROOT = Path(__file__).parent.parent
LEVEL = levels.settle(ours=True)
"""The strongest isolation level that this machine has."""
LOCKED = [
    pytest.param(level, marks=() if level == LEVEL else pytest.mark.slow)
    for level in levels.LEVELS[1:]
    if not levels.lacks(level)
]
"""The levels that hold something back; all but the strongest only in the whole suite."""


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """A grader whose sandbox is warm; a call may take a second."""
    with Grader("the tests", Limits(cell=2, call=1), LEVEL) as made:
        yield made


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the course, with an empty gradebook, in a folder of its own."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return Course(tmp_path)
