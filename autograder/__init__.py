"""Loss Functions from Scratch: what a notebook imports, and the grader."""

from typing import Any

from autograder.notebook import check, flashcards, hint, quiz
from autograder.tasks import load_tasks

__all__ = ["Grader", "check", "flashcards", "hint", "load_tasks", "quiz"]


def __getattr__(name: str) -> Any:
    """Load the grader only when it is asked for: a notebook in the browser has no need of it."""
    if name == "Grader":
        from autograder.grader import Grader

        return Grader
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
