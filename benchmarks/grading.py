"""How much a submission costs, ours beside its peers in one run: `make bench`.

    python benchmarks/grading.py              30 submissions each, and 300 of ours
    python benchmarks/grading.py 30 300       30 and 300 of each: more than an hour

Ours is also run at ten times the largest, to show what grows. An honest class with plain asserts,
which all can grade. CPU is that of every process of a run, children of children included; wall is
the run's; memory is the largest process's peak. The peers are `nbgrader autograde`, and otter-
grader, installed into an environment of its own and called as its `run` does, but in one process,
so that it imports itself once. Each has graded one submission before it is measured, so that nobody
is charged for compiling Python's modules.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console
from rich.table import Table

from autograder.classroom.course import Course
from autograder.classroom.grade import students
from autograder.classroom.rebuild import read, rebuild
from autograder.classroom.record import Recorder
from autograder.classroom.release import release
from autograder.classroom.run import Job, grader
from autograder.classroom.run import run as run_job
from autograder.classroom.sample import sample_students
from autograder.grader import Limits
from autograder.sandbox import levels

ROOT = Path(__file__).parent.parent
NAME = "bench"
PEERS = {"nbgrader": "nbgrader autograde", "otter": "otter run", "ours": "autograder grade"}
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


def measure(command: Sequence[str | Path], folder: Path, tools: Path) -> Cost:
    """Run a command of an environment and return what it cost."""
    with get_context("spawn").Pool(1) as pool:  # a process that has had no other children
        return pool.apply(measured, (command, folder, tools))


def measured(command: Sequence[str | Path], folder: Path, tools: Path) -> Cost:
    """Run a command and return what this process's children cost, orphans of theirs included."""
    prctl_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(prctl_set_child_subreaper, 1, 0, 0, 0)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # it would compile them in every process
    begun = time.perf_counter()
    with (folder / "log").open("w") as log:
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=True)
    wall = time.perf_counter() - begun
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


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
                asserted(name),
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


def asserted(name: str) -> str:
    """Return the test of a function."""
    return f"assert abs({name}(*{arguments(name)}) - {EXPECTED[name]!r}) < 1e-9"


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
    release(course, NAME)
    # Those whose functions hang are not honest, and to otter a test that prints has failed.
    honest = [
        student
        for student in sample_students("02_mse")
        if "infinite-loop" not in str(student.mistakes) and "print(" not in str(student.answers)
    ]
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


OTTER = """
import json, sys
from pathlib import Path
from otter.api import grade_submission

points = {}
for path in sorted(Path("grading/submitted").glob("*/*/*.ipynb")):
    points[path.parts[2]] = grade_submission(str(path), "autograder.zip", quiet=True).total
Path("points.json").write_text(json.dumps(points))
"""


def otter_environment() -> Path:
    """Return the tools of an environment with otter-grader, made when it is not there yet."""
    tools = ROOT / "grading" / "otter" / "bin"
    if not (tools / "otter").exists():
        uv = Path(sys.executable).parent / "uv"
        packages = ["otter-grader==7.0.0", "ipykernel", "matplotlib", "--compile-bytecode"]
        subprocess.run([uv, "venv", "--quiet", "--seed", tools.parent], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", tools / "python", *packages]
        subprocess.run(install, check=True)
    return tools


def otter_tests(folder: Path, tools: Path) -> None:
    """Write the class's tests as otter wants them."""
    (folder / "tests").mkdir()
    for name in FUNCTIONS:
        suite = {"cases": [{"code": f">>> {asserted(name)}\n"}], "scored": True, "type": "doctest"}
        test = {"name": f"test_{name}", "points": 2, "suites": [suite]}
        code = f"OK_FORMAT = True\n\ntest = {test!r}\n"
        (folder / "tests" / f"test_{name}.py").write_text(code)
    generate = [tools / "otter", "generate", "-t", "tests", "-o", "autograder.zip"]
    path = f"{tools}:{os.environ['PATH']}"
    subprocess.run(
        generate, cwd=folder, env=os.environ | {"PATH": path}, check=True, capture_output=True
    )


def run(peer: str, size: int, plot: bool) -> tuple[Cost, dict[str, float]]:
    """Let a peer grade a class; return its cost and the points it gave."""
    ours = (ROOT / "nbgrader_config.py").read_text()
    with tempfile.TemporaryDirectory() as home:
        course = classroom(Path(home) / "course", size, plot, STOCK if peer == "nbgrader" else ours)
        tools = Path(sys.executable).parent
        if peer == "otter":
            tools = otter_environment()
            otter_tests(course.root, tools)
            cost = measure([tools / "python", "-c", OTTER], course.root, tools)
            return cost, json.loads((course.root / "points.json").read_text())
        command = ["nbgrader", "autograde"] if peer == "nbgrader" else ["autograder", "grade"]
        level = [] if peer == "nbgrader" else ["--level", levels.settle(ours=True)]
        cost = measure([tools / command[0], command[1], NAME, *level], course.root, tools)
        return cost, {name: score.points for name, score in course.scores(NAME).items()}


def compare(console: Console, sizes: list[int], plot: bool) -> None:
    """Print what each grader takes at each size, and ours at ten times the largest."""
    what = "with one plot" if plot else "without plots"
    columns = ("grader", "submissions", "CPU s each", "wall s each", "CPU ×", "wall ×", "MiB")
    table = Table(*columns, title=f"One submission, {what}")

    def graded(peer: str, size: int) -> tuple[Cost, dict[str, float]]:
        with console.status(f"{PEERS[peer]}, {size} submissions {what}"):
            cost, points = run(peer, size, plot)
        console.print(f"{PEERS[peer]}, {size} {what}: {cost.cpu:.1f} s CPU, {cost.wall:.1f} s wall")
        return cost, points

    for peer in PEERS:
        graded(peer, 1)
    for size in sizes:
        runs = {peer: graded(peer, size) for peer in PEERS}
        stock = runs["nbgrader"][1]
        for peer, (cost, points) in runs.items():
            assert len(points) == size and points == stock, f"{peer} gives other points"
            row(table, PEERS[peer], size, cost, runs["ours"][0])
    large = max(sizes) * 10
    row(table, PEERS["ours"], large, graded("ours", large)[0], None)
    console.print(table)


def row(table: Table, name: str, size: int, cost: Cost, ours: Cost | None) -> None:
    """Add a line; ratios say how many times our cost in the same run it is."""
    ratios = [f"{cost.cpu / ours.cpu:.1f}", f"{cost.wall / ours.wall:.1f}"] if ours else ["", ""]
    each = [f"{cost.cpu / size:.3f}", f"{cost.wall / size:.3f}"]
    table.add_row(name, str(size), *each, *ratios, f"{cost.memory:.0f}")


def where(console: Console, size: int = 200) -> None:
    """Print where the time of one submission goes, one after another in one process."""
    with tempfile.TemporaryDirectory() as home:
        settings = (ROOT / "nbgrader_config.py").read_text()
        course = classroom(Path(home) / "course", size, False, settings)
        job = Job(
            NAME,
            course.templates(NAME),
            course.released(NAME),
            "",
            Limits(),
            levels.settle(ours=True),
        )
        names = students(course, NAME)
        folders = [course.submitted(name, NAME) for name in names]
        notebooks = [
            rebuild(read(folder / f"{NAME}.ipynb"), job.handed_out[NAME])[0] for folder in folders
        ]
        with grader(job.course_seed, job.limits, job.level, job.tasks) as graded_by:
            graded = [run_job(job, *one) for one in zip(names, folders, strict=True)]  # warm

            def forked() -> None:
                graded_by.sandbox.session().close()

            steps: dict[str, Callable[[int], object]] = {
                "the student's code alone, in a bare interpreter": lambda i: bare(notebooks[i]),
                "a process of its own, made and ended": lambda i: forked(),
                "+ its cells, and the tests' calls": lambda i: graded_by.grade_notebook(
                    notebooks[i].cells, names[i]
                ),
                "+ read, rebuilt, written": lambda i: run_job(job, names[i], folders[i]),
            }
            times = {name: timed(step, size) for name, step in steps.items()}
        with Recorder(course, NAME) as recorder:
            record = timed(lambda i: recorder.record([graded[i]]), size)
        times["the gradebook and the autograded notebook"] = record
    table = Table("step", "ms", title="Where the time of one submission goes (wall, one process)")
    for name, seconds in times.items():
        table.add_row(name, f"{seconds * 1000:.1f}")
    console.print(table)


def bare(notebook: NotebookNode) -> None:
    """Execute a submission's own code without anything around it."""
    names: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, names)


def timed(step: Callable[[int], object], size: int) -> float:
    """Return the seconds that a step takes for one submission."""
    begun = time.perf_counter()
    for number in range(size):
        step(number)
    return (time.perf_counter() - begun) / size


def main() -> None:
    """Print the tables."""
    sizes = [int(text) for text in sys.argv[1:]] or [30]
    console = Console(width=100)
    if not shutil.which("bwrap"):
        console.print("(without bubblewrap: the level is a plain process)")
    otter_environment()
    where(console)
    compare(console, sizes, plot=False)
    compare(console, sizes, plot=True)


if __name__ == "__main__":
    main()
