"""What an instructor reads after a run: a table in the terminal, the same as a page, and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.classroom.course import Course
from autograder.classroom.rebuild import printable, whole
from autograder.classroom.results import Line, Notice, open_points

LONGEST = 1_000
"""Characters of a name or a note; more would be no line."""


def mistakes(line: Line) -> list[str]:
    """Return a submission's mistakes as text, such as "mse_loop: sum-not-mean"."""
    return [f"{task}: {', '.join(slugs)}" for task, slugs in line.mistakes.items()]


def said(text: str) -> Text:
    """Return a text as a terminal and a page show it: what a student wrote is never markup."""
    return Text(printable(text, LONGEST))


def field(text: str) -> str:
    """Return a text for CSV; an apostrophe is in front of what a spreadsheet would compute.

    Also behind a semicolon, where some begin the next field.
    """
    shown = re.sub(r"(;\s*)(?=[=+@-])", r"\1'", printable(text, LONGEST))
    return f"'{shown}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else shown


def show(lines: Sequence[Line], notices: Sequence[Notice], console: Console) -> None:
    """Print the table, and below it the one list of what somebody has to look at."""
    if lines:
        console.print(table(lines))
    for line in lines:
        for cell, (old, new) in line.changed.items():
            now = "waiting for a person" if new is None else new
            console.print(said(f"changed: {line.student}, {cell}: {old} is now {now}"))
    if waiting := sum(line.by_hand for line in lines):
        console.print(f"{waiting} written answers wait for a person: open formgrader.")
    listed = open_points(lines, notices)
    ungraded = sum(notice.ungraded for notice in listed)
    if listed:
        console.print(f"To look at{f', {ungraded} of them not graded' if ungraded else ''}:")
    for notice in listed:
        mark = "✗" if notice.ungraded else "·"
        console.print(said(f"{mark} {notice.about}: {notice.says}"), soft_wrap=True)


def table(lines: Sequence[Line]) -> Table:
    """Return a row for each submission."""
    made = Table("student", "score", "mistakes and notes", "time", title=None)
    for line in lines:
        tested = f"{line.points:g} / {line.max_points:g}" if line.max_points else "no tests"
        points = tested if line.graded else "–"
        points += f"\nlate −{line.penalty:g}" if line.penalty else ""
        says = [*mistakes(line), *(f"! {note}" for note in line.notes)]
        time = f"{line.seconds * 1000:.0f} ms"
        made.add_row(said(line.student), points, Text("\n").join(map(said, says)), time)
    return made


def write(
    course: Course, assignment: str, lines: Sequence[Line], notices: Sequence[Notice]
) -> tuple[Path, Path]:
    """Write the report as a page and as CSV beside the gradebook; return where.

    What was not graded has its row in both.
    """
    page, rows = course.home / f"{assignment}.html", course.home / f"{assignment}.csv"
    console = Console(record=True, file=io.StringIO(), width=110)
    show(lines, notices, console)
    with whole(page) as file:
        file.write(console.export_html().encode())
    cells = sorted({name for line in lines for name in line.cells})
    others = [Line(notice.about, notes=(notice.says,)) for notice in notices]
    with whole(rows) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
        out = csv.writer(text)
        head = ["student", "points", "max_points", "penalty", *cells]
        out.writerow([*head, "mistakes", "notes", "seconds"])
        for line in [*lines, *others]:
            penalty = line.penalty if line.graded else None
            points = [line.points, line.max_points, penalty, *map(line.cells.get, cells)]
            texts = ["; ".join(mistakes(line)), "; ".join(line.notes)]
            out.writerow([field(line.student), *points, *map(field, texts), line.seconds])
    return page, rows
