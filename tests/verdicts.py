"""Judge a source in this process: quick, for our own tables of solutions; never for students."""

from __future__ import annotations

import copy
import linecache
import re
from pathlib import Path

import numpy as np

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
    """Return (title, source) of every section of tests/<folder>/<task>.txt.

    Tasks of one loss may share a file that is called like it; "poisson_loop: zip" is then of that
    task. A section "forms: loop" is what comes to one sample; it becomes one section for each way
    of tests/fair/forms.txt to take the mean of it.
    """
    path, shared = (HERE / folder / f"{name}.txt" for name in (task_name, task_name.split("_")[0]))
    told = parts(path.read_text("utf-8")) if path.exists() else []
    mine = f"{task_name}: "
    for title, source in parts(shared.read_text("utf-8")) if shared.exists() else ():
        told += [(title.removeprefix(mine), source)] if title.startswith(mine) else []
    found = []
    for title, source in told:
        if title.startswith("forms: "):
            forms = parts((HERE / "fair" / "forms.txt").read_text("utf-8"))
            kind = title.removeprefix("forms: ")
            found += [
                (name, source + "\n\n" + form.replace("NAME", task_name))
                for name, form in forms
                if name.startswith(f"{kind}: ")
            ]
        else:
            found.append((title, source))
    return found


def parts(text: str) -> list[tuple[str, str]]:
    """Return (title, source) of every section of a text."""
    _, *found = re.split(r"^# %% (.+)\n", text, flags=re.MULTILINE)
    return list(zip(found[::2], found[1::2], strict=True))
