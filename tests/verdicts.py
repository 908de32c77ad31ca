"""Judge a source in this process: quick, for our own tables of solutions; never for students."""

from __future__ import annotations

import copy
import linecache
from pathlib import Path

import numpy as np

from autograder import dev
from autograder.judge import Answer, Verdict, judge
from autograder.sandbox.inside.ask import ask
from autograder.tasks import TASKS

HERE = Path(__file__).parent


def verdict_of(task_name: str, source: str, seed: int = 0) -> Verdict:
    """Return the verdict on a source that defines the task's function; `np` is imported."""
    task, names = TASKS[task_name], {"np": np}
    filename = f"<{task_name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    exec(compile(source, filename, "exec"), names)
    calls = task.calls(seed)
    # Asked with copies: a function that changes its arguments must not change the reference's.
    answers = [Answer(**ask(names[task_name], copy.deepcopy(call.args), {})) for call in calls]
    return judge(task, calls, answers, ["import numpy as np", source])


def expected(title: str) -> set[str]:
    """Return the slugs that a section of tests/wrong should be named with: "a+b | in words"."""
    return set(title.split("|")[0].strip().split("+"))


def sections(folder: str, task_name: str) -> list[tuple[str, str]]:
    """Return (title, source) of every section of tests/<folder>/ for a task."""
    return dev.sections(HERE / folder, task_name)


def run_cell(source: str, names: dict[str, object]) -> None:
    """Run a cell of a notebook that has these names."""
    exec(source, names)
