"""What an instructor reads after a run: a table in the terminal, the same as a page, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from autograder.classroom.course import Course, Score
from autograder.classroom.grade import Graded

Line = dict[str, Any]


def lines(graded: Iterable[Graded], scores: dict[str, Score]) -> list[Line]:
    """Return one line for each submission, by student; points are the gradebook's."""
    made = []
    for one in sorted(graded, key=lambda g: g.student):
        score = None if one.problem else scores.get(one.student)
        made.append(
            {
                "student": one.student,
                "points": score and round(score.points, 4),
                "max_points": score and score.max_points,
                "cells": score.cells if score else {},
                "by_hand": score.by_hand if score else 0,
                "mistakes": list(one.mistakes),
                "notes": [one.problem] if one.problem else list(one.notes),
                "seconds": round(one.seconds, 3),
            }
        )
    return made


def show(report: list[Line], console: Console) -> None:
    """Print the table."""
    table = Table("student", "score", "mistakes and notes", "time", title=None)
    for line in report:
        points = "–" if line["points"] is None else f"{line['points']:g} / {line['max_points']:g}"
        says = "\n".join([*line["mistakes"], *(f"! {note}" for note in line["notes"])])
        table.add_row(line["student"], points, says, f"{line['seconds'] * 1000:.0f} ms")
    console.print(table, markup=False)
    waiting = sum(line["by_hand"] for line in report)
    if waiting:
        console.print(f"{waiting} written answers wait for a person: open formgrader.")


def write(course: Course, assignment: str, report: list[Line]) -> tuple[Path, Path]:
    """Write the report as a page and as CSV beside the gradebook; return where."""
    folder = course.database.parent
    page, table = folder / f"{assignment}.html", folder / f"{assignment}.csv"
    console = Console(record=True, file=io.StringIO(), width=110)
    show(report, console)
    page.write_text(console.export_html(), "utf-8")
    cells = sorted({name for line in report for name in line["cells"]})
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["student", "points", "max_points", *cells, "mistakes", "notes", "seconds"])
        for line in report:
            values = [line["cells"].get(name) for name in cells]
            texts = ["; ".join(line["mistakes"]), "; ".join(line["notes"])]
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
