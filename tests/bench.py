"""How much a submission costs, ours beside its peers in one run: `make bench`.

    python tests/bench.py              30 submissions each, and 300 of ours
    python tests/bench.py 30 300       30 and 300 of each; ours also at the largest times ten

An honest class with plain asserts, which all can grade. CPU is that of every process of a run,
children of children included; wall is the run's; memory is the largest process's peak.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console
from rich.table import Table

from autograder.classroom.course import Course
from autograder.classroom.sample import sample_students

ROOT = Path(__file__).parent.parent
NAME = "bench"
FUNCTIONS = ("mse_loop", "mse_numpy", "rmse_numpy")
EXPECTED = {"mse_loop": 5 / 3, "mse_numpy": 5 / 3, "rmse_numpy": (5 / 3) ** 0.5}
STOCK = 'c = get_config()\nc.CourseDirectory.source_directory = "solutions"\n' + "".join(
    f'c.CourseDirectory.{step}_directory = "{folder}"\n'
    for step, folder in [
        ("release", "exercises"), ("submitted", "grading/submitted"),
        ("autograded", "grading/autograded"), ("feedback", "grading/feedback"),
    ]
) + """
from pathlib import Path

c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).parent}/grading/gradebook.db"
"""  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of CPU and of wall, and mebibytes."""

    cpu: float
    wall: float
    memory: float


def measure(command: list[str], folder: Path) -> Cost:
    """Run a command and return what it cost, orphans included."""
    prctl_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(prctl_set_child_subreaper, 1, 0, 0, 0)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (folder / "log").open("w") as log:
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=True)
    wall = time.perf_counter() - begun
    try:
        while True:
            os.wait()
    except ChildProcessError:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, after.ru_maxrss / 1024)


def marks(name: str, **more: object) -> dict[str, dict[str, object]]:
    """Return nbgrader's metadata of a cell."""
    base = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": base | {"grade_id": name, "schema_version": 3} | more}


def assignment(folder: Path, plot: bool) -> None:
    """Write the source notebook: three functions, a plain assert cell for each."""
    cells = [
        new_markdown_cell("# A class to measure with"),
        new_code_cell("import numpy as np", metadata=marks("setup", locked=True)),
    ]
    for name in FUNCTIONS:
        solved = "\n".join(sample_students("02_mse")[0].answers[name].splitlines()[1:])
        cells += [
            new_code_cell(
                f"def {name}(y_true, y_pred):\n    ### BEGIN SOLUTION\n{solved}\n"
                "    ### END SOLUTION",
                metadata=marks(name, solution=True),
            ),
            new_code_cell(
                f"assert abs({name}(*{arguments(name)}) - {EXPECTED[name]!r}) < 1e-9",
                metadata=marks(f"test_{name}", locked=True, grade=True, points=2),
            ),
        ]
    if plot:
        drawing = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2, 3])\nplt.show()"
        cells.append(new_code_cell(drawing))
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


def arguments(name: str) -> str:
    """Return the arguments of a test, lists or arrays."""
    if name == "mse_loop":
        return "([3, 5, 2], [2, 5, 4])"
    return "(np.array([3.0, 5.0, 2.0]), np.array([2.0, 5.0, 4.0]))"


def classroom(folder: Path, size: int, plot: bool, settings: str) -> Course:
    """Make a course with one assignment and `size` honest submissions."""
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(settings)
    assignment(folder / "solutions" / NAME, plot)
    course = Course(folder)
    course.release(NAME)
    honest = [s for s in sample_students("02_mse") if "infinite-loop" not in str(s.mistakes)]
    released = nbformat.read(folder / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
    for number in range(size):
        submission = nbformat.from_dict(released)
        answers = honest[number % len(honest)].answers
        own = "\n\n".join(answers[n] for n in answers if n == "squared_errors")
        for cell in submission.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            cell.source = answers.get(name, cell.source)
            if name == FUNCTIONS[0]:
                cell.source = f"{own}\n\n\n{cell.source}"
        target = course.submitted(f"s{number:04}", NAME)
        target.mkdir(parents=True)
        nbformat.write(submission, target / f"{NAME}.ipynb")
    return course


def run(peer: str, size: int, plot: bool) -> tuple[Cost, dict[str, float]]:
    """Let a peer grade a class; return its cost and the points it gave."""
    with tempfile.TemporaryDirectory() as home:
        settings = STOCK if peer == "nbgrader" else (ROOT / "nbgrader_config.py").read_text()
        course = classroom(Path(home) / "course", size, plot, settings)
        tools = Path(sys.executable).parent
        command = {
            "nbgrader": [str(tools / "nbgrader"), "autograde", NAME],
            "ours": [str(tools / "autograder"), "grade", NAME],
        }[peer]
        cost = measure(command, course.root)
        return cost, {name: score.points for name, score in course.scores(NAME).items()}


def main() -> None:
    """Print the table."""
    sizes = [int(text) for text in sys.argv[1:]] or [30]
    console = Console()
    for plot in (False, True):
        table = Table(
            "grader", "submissions", "CPU s each", "wall s each", "CPU ratio", "wall ratio", "MiB",
            title=f"One submission, {'with one plot' if plot else 'without plots'}",
        )  # fmt: skip
        for size in sizes:
            stock, theirs = run("nbgrader", size, plot)
            ours, points = run("ours", size, plot)
            differ = {
                name: (theirs[name], points.get(name))
                for name in theirs
                if theirs[name] != points.get(name)
            }
            assert theirs and not differ, f"nbgrader and we disagree: {differ}"
            row(table, "nbgrader autograde", size, stock, stock)
            row(table, "autograder grade", size, ours, stock)
        if not plot:
            large = max(sizes) * 10
            row(table, "autograder grade", large, run("ours", large, plot)[0], None)
        console.print(table)


def row(table: Table, name: str, size: int, cost: Cost, peer: Cost | None) -> None:
    """Add a line; ratios are those of the peer's cost in the same run."""
    ratios = [f"{peer.cpu / cost.cpu:.1f}", f"{peer.wall / cost.wall:.1f}"] if peer else ["", ""]
    each = [f"{cost.cpu / size:.3f}", f"{cost.wall / size:.3f}"]
    table.add_row(name, str(size), *each, *ratios, f"{cost.memory:.0f}")


if __name__ == "__main__":
    shutil.which("bwrap") or print("(without bubblewrap: the rung is a plain process)")
    main()
