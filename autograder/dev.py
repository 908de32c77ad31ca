"""What a new loss, task, exercise or lesson still lacks, in a checkout of this project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode

from autograder.judge import sentences
from autograder.judge.compare import close
from autograder.tasks import TASKS, Task

FAIR = 25
"""Right solutions, of different forms, before we believe that a task takes no mark for a form."""
PARTS = (
    *(
        "**You will do**",
        "**You will learn**",
        "**You need**",
        "Predict, then run",
        "> **Student:**",
    ),
    *("## In one sentence", "## In five bullets", "## On one page"),
)
"""What every lesson has in its prose; the first has no such prose."""


def lacking(root: Path) -> Iterator[str]:
    """Yield a line for everything that is not there yet, in the order in which one makes it."""
    exercises = {
        path.name: cells(path / f"{path.name}.ipynb")
        for path in sorted((root / "solutions").iterdir())
        if path.is_dir()
    }
    asked = {cell.source for found in exercises.values() for cell in found}
    for task in TASKS.values():
        yield from (f"{task.name}: {what}" for what in of_task(task))
        if (fair := len(sections(root / "tests" / "fair", task.name))) < FAIR:
            yield f"{task.name}: {FAIR - fair} of {FAIR} right solutions in tests/fair/"
        if not course_has(task.name, asked):
            yield f"{task.name}: an exercise with check({task.name})"
    yield from unwitnessed(root / "tests" / "wrong")
    lessons = {path.stem: cells(path) for path in sorted((root / "lessons").glob("*.ipynb"))}
    prose = "\n".join(c.source for found in lessons.values() for c in found)
    for name in exercises:
        yield from (f"{name}: {what}" for what in of_exercise(name, root, prose))
        yield from honest(name, cells(root / "exercises" / name / f"{name}.ipynb"))
    glossary = (root / "docs" / "glossary.md").read_text("utf-8")
    start = "\n".join(cell.source for cell in lessons.get("00_start_here", []))
    for name, found in lessons.items():
        yield from (f"{name}: {what}" for what in of_lesson(name, found, root / "lessons"))
        yield from honest(name, found)
        if not name.startswith("00"):
            number = name.partition("_")[0]
            if f"{name}.ipynb" not in start:
                yield f"{name}: a place on the map of lesson 00"
            if not re.search(rf"\|[ \d,]*\b{number}\b[ \d,]*\|$", glossary, re.MULTILINE):
                yield f"{name}: a term in docs/glossary.md"


def cells(path: Path) -> list[NotebookNode]:
    """Return a notebook's cells; none where it is not there."""
    return list(nbformat.read(path, as_version=4).cells) if path.exists() else []


def course_has(task: str, sources: set[str]) -> bool:
    """Whether some cell checks a task."""
    return any(re.search(rf"\bcheck\({task}\b", source) for source in sources)


def of_task(task: Task) -> Iterator[str]:
    """Yield what a task itself lacks."""
    try:
        task.program.load()
    except ValueError as problem:
        yield f"a row that compiles ({problem})"
        return
    for call in task.calls(0):
        with np.errstate(all="ignore"):
            steps = task.program.run((), call.args)
        if not close(steps, task.right(*call.args), task.tolerance):
            yield f"steps that give what the reference gives on {call.name}"
    if not all(task.hints):
        yield "three hints"
    for edge in task.edges:
        if edge.vary is None:
            yield f"another question for the edge “{edge.name}” (vary)"
    said = sentences()
    slugs = dict.fromkeys([*(m.slug for m in task.program.mistakes), *(e.slug for e in task.edges)])
    for slug in slugs:
        if slug not in said:
            yield f"a sentence for {slug} in judge/sentences.toml"


def unwitnessed(folder: Path) -> Iterator[str]:
    """Yield the kinds of mistakes that nobody wrote a wrong solution for, once for all tasks.

    Rows that several tasks share need one in any of them.
    """
    seen: dict[tuple[str, str], list[str]] = {}
    for task in TASKS.values():
        for mistake in task.program.mistakes:
            seen.setdefault((mistake.slug, mistake.detail), []).append(task.name)
    named = {
        (name, slug)
        for name in TASKS
        for title, _ in sections(folder, name)
        for slug in title.partition("|")[0].strip().split("+")
    }
    told = set()
    for (slug, _), names in seen.items():
        if slug not in told and not any((name, slug) in named for name in names):
            told.add(slug)
            yield f"{names[0]}: a wrong solution for {slug} in tests/wrong/"


def of_exercise(name: str, root: Path, prose: str) -> Iterator[str]:
    """Yield what an exercise lacks."""
    if not (root / "exercises" / name / f"{name}.ipynb").exists():
        yield f"exercises/{name}/: run autograder release {name}"
    if f"exercises/{name}/" not in prose:
        yield "a link from a lesson"


def of_lesson(name: str, found: list[NotebookNode], folder: Path) -> Iterator[str]:
    """Yield what a lesson lacks."""
    for kind in ("quiz", "cards"):
        path = folder / f"{name}.{kind}.json"
        if not path.exists() or not json.loads(path.read_text("utf-8")):
            yield f"{name}.{kind}.json"
    outputs = [output for cell in found for output in cell.get("outputs", [])]
    pictures = [output["data"] for output in outputs if "image/png" in output.get("data", {})]
    if silent := sum(len(data.get("text/plain", "")) < 40 for data in pictures):
        yield f"the text beside {silent} of its pictures"
    text = "\n".join(cell.source for cell in found if cell.cell_type == "markdown")
    yield from (f"“{part}”" for part in PARTS if part not in text and not name.startswith("00"))


def minutes(found: list[NotebookNode]) -> int:
    """Return how long a notebook takes who reads it for the first time, to five minutes.

    110 words and seven lines of code a minute, two minutes a prediction, four a blank or a function
    to write; the summary on one page is for later. Fitted to what cold readers of lessons 00 to 09
    needed, or said that a first-year student would.
    """
    prose = [c.source for c in found if c.cell_type == "markdown" and "On one page" not in c.source]
    code = [cell.source for cell in found if cell.cell_type == "code"]
    lines = sum(bool(line.strip()) for source in code for line in source.split("\n"))
    tasks = sum(" = None" in source or "NotImplementedError" in source for source in code)
    predictions = sum("Predict, then run" in text for text in prose)
    words = sum(len(text.split()) for text in prose)
    return 5 * round((words / 110 + lines / 7 + 2 * predictions + 4 * tasks) / 5)


def honest(name: str, found: list[NotebookNode]) -> Iterator[str]:
    """Yield what a notebook should say of its minutes, if it says something else."""
    says = "ten-minute" if minutes(found) == 10 else f"about {minutes(found)} minutes"
    if found and says not in "\n".join(cell.source for cell in found):
        yield f"{name}: “{says}”, as long as it takes"


def sections(folder: Path, task: str) -> list[tuple[str, str]]:
    """Return (title, source) of every section of <folder>/<task>.txt.

    Tasks of one loss may share a file that is called like it; "poisson_loop: zip" is then of that
    task. A section "forms: loop" is what comes to one sample; it becomes one section for each way
    of tests/fair/forms.txt to take the mean of it.
    """
    own, shared = (folder / f"{name}.txt" for name in (task, task.partition("_")[0]))
    told = parts(own)
    told += [
        (title.removeprefix(f"{task}: "), source)
        for title, source in parts(shared)
        if title.startswith(f"{task}: ")
    ]
    found = []
    for title, source in told:
        if title.startswith("forms: "):
            kind = title.removeprefix("forms: ")
            found += [
                (name, f"{source}\n\n{form.replace('NAME', task)}")
                for name, form in parts(folder.parent / "fair" / "forms.txt")
                if name.startswith(f"{kind}: ")
            ]
        else:
            found.append((title, source))
    return found


def parts(path: Path) -> list[tuple[str, str]]:
    """Return (title, source) of every section of a file; none where it is not there."""
    text = path.read_text("utf-8") if path.exists() else ""
    _, *found = re.split(r"^# %% (.+)\n", text, flags=re.MULTILINE)
    return list(zip(found[::2], found[1::2], strict=True))
