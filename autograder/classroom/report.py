"""What an instructor reads after a run: a table in the terminal, the same as a page, and CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.classroom.course import Course
from autograder.classroom.rebuild import printable, whole
from autograder.classroom.record import Line

LONGEST = 1_000
"""Characters of a name or a note; more would be no line."""


def mistakes(line: Line) -> list[str]:
    """Return a submission's mistakes as text, such as "mse_loop: sum-not-mean"."""
    return [f"{task}: {', '.join(slugs)}" for task, slugs in line["mistakes"].items()]


def said(text: str) -> Text:
    """Return a text as a terminal and a page show it: what a student wrote is never markup."""
    return Text(printable(text, LONGEST))


def field(text: str) -> str:
    """Return a text for CSV; an apostrophe is in front of what a spreadsheet would compute."""
    shown = printable(text, LONGEST)
    return f"'{shown}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else shown


def show(report: list[Line], console: Console) -> None:
    """Print the table."""
    table = Table("student", "score", "mistakes and notes", "time", title=None)
    for line in report:
        points = "–" if line["points"] is None else f"{line['points']:g} / {line['max_points']:g}"
        says = [*mistakes(line), *(f"! {note}" for note in line["notes"])]
        time = f"{line['seconds'] * 1000:.0f} ms"
        table.add_row(said(line["student"]), points, Text("\n").join(map(said, says)), time)
    console.print(table)
    for line in report:
        for cell, (old, new) in line["changed"].items():
            console.print(said(f"changed: {line['student']}, {cell}: {old} is now {new}"))
    waiting = sum(line["by_hand"] for line in report)
    if waiting:
        console.print(f"{waiting} written answers wait for a person: open formgrader.")


def write(course: Course, assignment: str, report: list[Line]) -> tuple[Path, Path]:
    """Write the report as a page and as CSV beside the gradebook; return where."""
    folder = course.database.parent
    page, table = folder / f"{assignment}.html", folder / f"{assignment}.csv"
    console = Console(record=True, file=io.StringIO(), width=110)
    show(report, console)
    with whole(page) as file:
        file.write(console.export_html().encode())
    cells = sorted({name for line in report for name in line["cells"]})
    with whole(table) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["student", "points", "max_points", *cells, "mistakes", "notes", "seconds"])
        for line in report:
            values = [line["cells"].get(name) for name in cells]
            texts = ["; ".join(mistakes(line)), "; ".join(line["notes"])]
            points = [line["points"], line["max_points"], *values]
            seconds = line["seconds"]
            rows.writerow([field(line["student"]), *points, *map(field, texts), seconds])
    return page, table
