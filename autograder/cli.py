"""The command line: `autograder --help`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check functions, grade notebooks, and say which mistake is behind a wrong number.",
)
dev = typer.Typer(no_args_is_help=True, help="For whoever adds a loss, a task or a lesson.")
app.add_typer(dev, name="dev")
say = Console(stderr=True)

Level = Annotated[
    str, typer.Option(help="Isolation level to accept, if not the strongest; see doctor.")
]
Assignment = Annotated[str, typer.Argument(help="An assignment's folder, such as 02_mse.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def fail(message: str) -> typer.Exit:
    """Say in one line what is wrong; the command ends with status 1."""
    say.print(f"autograder: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open the course in JupyterLab: your own copy of it, in work/.

    What you write there stays when the course is updated. Other options are JupyterLab's own:

    \b
    autograder lab --no-browser --port 9000
    """
    from autograder.work import refresh

    root = Path.cwd()
    if not (root / "lessons").is_dir():
        raise fail("there is no lessons/ here: call this in the course's folder")
    for line in refresh(root):
        say.print(line, markup=False, highlight=False, soft_wrap=True)
    (root / "grading").mkdir(exist_ok=True)
    # It starts in the course's folder, for there formgrader finds its settings.
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", *context.args]
    command.append("work/lessons/00_start_here.ipynb")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = os.environ | {"PATH": path}
    if os.name == "posix":  # in our place, so that Ctrl-C is heard once
        os.execve(sys.executable, command, environment)
    raise typer.Exit(subprocess.call(command, env=environment))


@app.command()
def check(
    task: str,
    file: Path,
    tasks: Annotated[Path | None, typer.Option(help="A file with tasks of your own.")] = None,
    level: Level = "",
    as_json: AsJson = False,
) -> None:
    """Check the function TASK in FILE and say what is right and what is not yet.

    FILE is a Python file, or a notebook exported as one.
    """
    from autograder.grader import Grader
    from autograder.notebook import card
    from autograder.sandbox import NoSandbox, levels
    from autograder.tasks import TASKS, load_tasks

    try:
        load_tasks(tasks) if tasks else None
    except Exception as problem:  # it is anybody's Python
        raise fail(f"cannot use {tasks}: {type(problem).__name__}: {problem}") from None
    if task not in TASKS:
        raise fail(f"there is no task {task!r}; the tasks are {', '.join(TASKS)}")
    if file.suffix == ".ipynb":
        how = f"jupyter nbconvert --to python {file}"
        raise fail(f"{file.name} is a notebook; export it first ({how}), or grade it")
    try:
        source = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise fail(f"cannot read {file}: {problem}") from None
    try:
        with Grader(level=levels.settle(level)) as grader:
            verdict = grader.grade_source(task, source)
    except NoSandbox as problem:
        raise fail(str(problem)) from None
    print(json.dumps(verdict.to_dict()) if as_json else card(verdict)[1])
    raise typer.Exit(0 if verdict.passed else 1)


@app.command()
def sample(
    assignment: Assignment = "02_mse",
    size: Annotated[int, typer.Option("-n", min=1, help="How many students.")] = 30,
) -> None:
    """Write a synthetic class with known mistakes, to try everything on.

    It lives in a course of its own, in grading/sample/, and never touches a real class.

    \b
    autograder sample 02_mse -n 30
    autograder grade 02_mse --sample
    """
    from autograder.classroom.course import Course, CourseError
    from autograder.classroom.sample import sample_course, write_sample

    try:
        course = Course(Path.cwd())
        course.source(assignment)
        written = write_sample(sample_course(course), assignment, size)
    except CourseError as problem:
        raise fail(str(problem)) from None
    folder = written[0].parent.parent.parent
    print(f"{len(written)} submissions of {assignment} are in {shown(folder)}/")


@app.command()
def release(assignment: Assignment) -> None:
    """Make the students' notebooks in exercises/ from those in solutions/, and a zip of them.

    The solution itself is graded first: it has to earn every point.

    \b
    autograder release 02_mse      then upload grading/release/02_mse.zip
    """
    with say.status("Generating, then grading the solution itself"):
        from autograder.classroom.course import Course, CourseError
        from autograder.classroom.handout import hand_out
        from autograder.classroom.release import release as make
        from autograder.classroom.run import shortfalls
        from autograder.grader import Grader
        from autograder.sandbox import levels

        try:
            course = Course(Path.cwd())
            course.load_tasks()
            notices = make(course, assignment)
        except CourseError as problem:
            raise fail(str(problem)) from None
        with Grader(level=levels.settle(ours=True)) as grader:
            sources = sorted(course.source(assignment).glob("*.ipynb"))
            short = [line for source in sources for line in shortfalls(source, grader)]
    print(f"{assignment} is released in {shown(course.released(assignment))}/")
    for notice in notices:
        say.print(f"{notice.about}: {notice.says}", markup=False, soft_wrap=True)
    for line in short:
        say.print(f"The solution itself falls short: {line}", markup=False, soft_wrap=True)
    if short:
        raise fail("tests may send plain data to a student's functions and compare what comes back")
    try:
        print(f"For students: {shown(hand_out(course, assignment))}")
    except CourseError as problem:
        raise fail(str(problem)) from None


@app.command()
def grade(
    assignment: Assignment = "02_mse",
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Notebooks, folders, or an LMS's zips to collect first; only those are graded.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Submissions at a time.")] = (
        os.cpu_count() or 1
    ),
    resume: Annotated[bool, typer.Option(help="Skip what is graded already.")] = False,
    in_sample: Annotated[
        bool, typer.Option("--sample", help="Grade the synthetic class in grading/sample/.")
    ] = False,
    level: Level = "",
    as_json: AsJson = False,
) -> None:
    """Grade everybody who has submitted ASSIGNMENT and put the scores into the gradebook.

    With a PATH, first collect what it holds, and grade only that.
    It can be a zip from Moodle or Canvas as it is, a folder, or a notebook:
    ada.ipynb and ada/02_mse.ipynb are ada's.

    \b
    autograder grade 02_mse class.zip      collect and grade what is in class.zip
    autograder grade 02_mse                grade all that is in grading/submitted/

    \b
    Ends with status 0 when everything has a grade, 3 when something has not (the list
    below the table says what, and why), and 1 when nothing could be graded.
    """
    with say.status("Starting nbgrader"):
        from autograder.classroom import report
        from autograder.classroom.course import Course, CourseError
        from autograder.classroom.sample import sample_course
        from autograder.classroom.session import Session
        from autograder.sandbox import NoSandbox

    session: Session | None = None
    try:
        course = Course(Path.cwd())
        course = sample_course(course) if in_sample else course
        session = Session(course, assignment, paths or [], level)
        with say.status("Collecting" if paths else f"Preparing {assignment}"):
            session.prepare()
        with progress() as bar:
            step = bar.add_task("Grading", total=len(session.names))
            for _ in session.grade(workers, resume):
                bar.advance(step)
    except (CourseError, NoSandbox, KeyboardInterrupt) as problem:
        if session and not as_json:
            report.show([], session.notices, say)
        stopped = "stopped; what was graded is kept, --resume goes on from there"
        raise fail(str(problem) or stopped) from None
    if as_json:
        print(json.dumps(session.to_dict(), indent=1))
    else:
        report.show(session.lines, session.notices, Console())
        page, table = session.write()
        print(f"Report     {shown(page)}, {shown(table)}")
        print(f"Gradebook  {shown(course.database)}")
    if not session.names:
        raise fail(f"no notebook of {assignment} could be {'collected' if paths else 'graded'}")
    raise typer.Exit(0 if session.all_graded else 3)


@dev.command(name="check")
def dev_check() -> None:
    """Say what a loss, task, exercise or lesson still lacks, one line each.

    Call it in the project's folder; it ends with status 0 when nothing is lacking.
    """
    root = Path.cwd()
    if not (root / "tests" / "fair").is_dir():
        raise fail("there is no tests/fair/ here: call this in a checkout of the project")
    with say.status("Looking"):
        from autograder.dev import lacking
        from autograder.tasks import TASKS

        lacks = list(lacking(root))
    for line in lacks:
        print(line)
    if lacks:
        raise fail(f"{len(lacks)} things are lacking")
    print(f"Nothing is lacking in {len(TASKS)} tasks.")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine offers: how submissions are locked in, and which versions grade."""
    from importlib.metadata import version

    from autograder.sandbox import levels

    level, why = levels.best()
    names = ("nbgrader", "jupyterlab", "numpy", "matplotlib", "ipython")
    found = {"python": sys.version.split()[0], **{name: version(name) for name in names}}
    protects = levels.PROTECTS[level]
    if as_json:
        print(json.dumps({"level": level, "why": why, "protects": protects, "versions": found}))
        return
    print(f"Level     {level}: {protects}")
    if why:
        print(f"          No better one here: {why}")
    if root := levels.as_root():
        print(f"          {root}")
    print("Versions  " + ", ".join(f"{name} {number}" for name, number in found.items()))


class Rate(ProgressColumn):
    """How many submissions a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, once there is one."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def progress() -> Progress:
    """Return a progress bar with rate and time left; silent where nobody looks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=say, disable=not say.is_terminal)


def shown(path: Path) -> str:
    """Return a path as short as it can be written from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
