"""What several tests share: one warm grader, and courses of their own to grade in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.classroom.course import Course
from autograder.classroom.release import release
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
    return copy_of_ours(tmp_path)


def copy_of_ours(root: Path) -> Course:
    """Copy the course into a folder."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return Course(root)


@pytest.fixture(scope="session")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose second assignment is released, which takes seconds; only to be copied."""
    root = tmp_path_factory.mktemp("released")
    release(copy_of_ours(root), "02_mse")
    return root


@pytest.fixture
def released(released_once: Path, tmp_path: Path) -> Course:
    """A copy of the course whose second assignment is released already."""
    shutil.copytree(released_once, tmp_path, dirs_exist_ok=True)
    return Course(tmp_path)
