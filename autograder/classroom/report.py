"""What an instructor reads after a run: a table in the terminal, the same as a page, and CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.classroom.course import Course
from autograder.classroom.rebuild import whole
from autograder.classroom.record import Line


def mistakes(line: Line) -> list[str]:
    """Return a submission's mistakes as text, such as "mse_loop: sum-not-mean"."""
    return [f"{task}: {', '.join(slugs)}" for task, slugs in line["mistakes"].items()]


def show(report: list[Line], console: Console) -> None:
    """Print the table."""
    table = Table("student", "score", "mistakes and notes", "time", title=None)
    for line in report:
        points = "–" if line["points"] is None else f"{line['points']:g} / {line['max_points']:g}"
        says = "\n".join([*mistakes(line), *(f"! {note}" for note in line["notes"])])
        table.add_row(line["student"], points, says, f"{line['seconds'] * 1000:.0f} ms")
    console.print(table, markup=False)
    for line in report:
        for cell, (old, new) in line["changed"].items():
            console.print(f"changed: {line['student']}, {cell}: {old} is now {new}")
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
            rows.writerow(
                [
                    line["student"],
                    line["points"],
                    line["max_points"],
                    *values,
                    *texts,
                    line["seconds"],
                ]
            )
    return page, table
