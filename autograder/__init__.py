"""Loss Functions from Scratch: what a notebook imports, and the grader."""

from typing import Any

from autograder.notebook import check, flashcards, hint, quiz

__all__ = ["Grader", "check", "flashcards", "hint", "load_tasks", "quiz"]


def __getattr__(name: str) -> Any:
    """Load the grader and the tasks only when they are asked for."""
    if name == "Grader":
        from autograder.grader import Grader

        return Grader
    if name == "load_tasks":
        from autograder.tasks import load_tasks

        return load_tasks
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
