"""What students do to their file, none of it wrong: nobody loses points for it, and it is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import LEVEL, ROOT
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from autograder.classroom.companions import companions, unfit
from autograder.classroom.course import Course
from autograder.classroom.grade import grade_class
from autograder.classroom.rebuild import grade_id
from autograder.classroom.reduced import pictures
from autograder.classroom.release import release
from autograder.classroom.results import Line
from autograder.classroom.run import Job
from autograder.classroom.sample import write_sample
from autograder.cli import app
from autograder.grader import Grader, Limits
from autograder.sandbox.inside.caps import MAX_BESIDE, MAX_COMPANIONS

NAME = "02_mse"
WRONG = "def mse_loop(a, b):\n    return 0"
COMPANIONS = '\nc.Execute.companions = ["helpers.py", "random.py", "scipy/*", "*.csv", "link*"]\n'


def place(notebook: NotebookNode, name: str) -> int:
    """Return where the cell with this grade_id is."""
    return next(n for n, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return notebook.cells[place(notebook, name)]


def retype(notebook: NotebookNode, name: str) -> None:
    """Put a new cell with the same text in the place of an answer."""
    old = cell(notebook, name)
    made = new_code_cell if old.cell_type == "code" else new_markdown_cell
    notebook.cells[place(notebook, name)] = made(old.source)


def without_marks(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        each.metadata = {}


def as_colab(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        each.metadata = {"id": each.pop("id")}
    notebook.nbformat_minor = 0


def bare(notebook: NotebookNode) -> None:
    without_marks(notebook)
    for number, each in enumerate(notebook.cells):
        each.id = f"new-{number}"


def older_hand_out(notebook: NotebookNode) -> None:
    retype(notebook, "mse_loop")
    made = next(c for c in notebook.cells if c.source.startswith("def mse_loop"))
    made.metadata["nbgrader"] = {"grade_id": "mse", "solution": True, "grade": False}


def at_the_end(notebook: NotebookNode) -> None:
    notebook.cells.append(new_code_cell(notebook.cells.pop(place(notebook, "mse_loop")).source))


def several(notebook: NotebookNode) -> None:
    """First a wrong version, then the right one, and after the test one to see what happens."""
    retype(notebook, "mse_loop")
    notebook.cells.insert(place(notebook, "test_mse_loop") - 1, new_code_cell(WRONG))
    notebook.cells.insert(place(notebook, "by_hand") + 1, new_code_cell(WRONG))


def merged(notebook: NotebookNode) -> None:
    source = notebook.cells.pop(place(notebook, "mse_numpy")).source
    cell(notebook, "mse_loop").source += "\n" + source


def unreadable(notebook: NotebookNode) -> None:
    retype(notebook, "mse_loop")
    made = next(c for c in notebook.cells if c.source.startswith("def mse_loop"))
    made.source = "def mse_loop(y_true, y_pred):\n    return ("


def forgotten(notebook: NotebookNode) -> None:
    notebook.cells.pop(place(notebook, "mse_loop"))
    notebook.cells.insert(0, new_code_cell("x = 1"))


def written_in_two(notebook: NotebookNode) -> None:
    retype(notebook, "written")
    number = next(n for n, c in enumerate(notebook.cells) if grade_id(c) == "weighted_mse")
    notebook.cells.insert(number - 1, new_markdown_cell("And one more thing."))


def written_in_a_copy(notebook: NotebookNode) -> None:
    copied = nbformat.from_dict(cell(notebook, "written"))
    copied.id = "copy"
    notebook.cells.insert(place(notebook, "written") + 1, copied)
    cell(notebook, "written").source = "YOUR ANSWER HERE"


def written_left(notebook: NotebookNode) -> None:
    cell(notebook, "written").source = "YOUR ANSWER HERE"
    retype(notebook, "written")


def written_below(notebook: NotebookNode) -> None:
    cell(notebook, "written").source = "YOUR ANSWER HERE"
    notebook.cells.insert(place(notebook, "written") + 1, new_markdown_cell("Because."))


def magics(notebook: NotebookNode) -> None:
    loop, arrays = cell(notebook, "mse_loop"), cell(notebook, "mse_numpy")
    loop.source = "!pip install pandas\n%pip install nosuch\n" + loop.source
    arrays.source = "%%time\n" + arrays.source
    cell(notebook, "rmse_numpy").source += "\n%conda install pandas\nfiles = !ls\n?rmse_numpy"
    for source in ("%matplotlib widget", "%timeit -n1 -r1 mse_loop([1], [2])", "mse_loop?"):
        notebook.cells.insert(place(notebook, "test_mse_numpy"), new_code_cell(source))


def own_first(source: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells.insert(0, new_code_cell(source))


def package(notebook: NotebookNode) -> None:
    cell(notebook, "mse_loop").source = "import nosuch.deep\n" + cell(notebook, "mse_loop").source


def asks(notebook: NotebookNode) -> None:
    cell(notebook, "mse_loop").source = "def mse_loop(a, b):\n    return float(input('?'))"


def opens(notebook: NotebookNode) -> None:
    source = "def mse_numpy(a, b):\n    return np.loadtxt('/home/me/weights.csv')[0]"
    cell(notebook, "mse_numpy").source = source


def raises_much(notebook: NotebookNode) -> None:
    source = "for n in range(200):\n    try:\n        raise ModuleNotFoundError\n    except: pass\n"
    notebook.cells.insert(0, new_code_cell(source))
    for n in range(40):
        letter = chr(ord("a") + n % 26) * (n + 1)
        error = f"raise ModuleNotFoundError(\"No module named '{letter}'\")"
        notebook.cells.insert(0, new_code_cell(error))
    rude = "raise FileNotFoundError(\"No: '\\x1b[2J\\u202e\" + 'x' * 99 + \"'\")"
    notebook.cells.insert(0, new_code_cell(rude))


def uses_helpers(notebook: NotebookNode) -> None:
    source = "from helpers import total\ndef mse_loop(a, b):\n    return total(a, b) / len(a)"
    cell(notebook, "mse_loop").source = source
    notebook.cells.insert(0, new_code_cell("import random, scipy_data\nopen('own.csv')"))


KINDS: dict[str, tuple[Callable[[NotebookNode], None], float, int, list[str]]] = {
    "without marks": (
        without_marks,
        12,
        1,
        ["the answer mse_loop had lost its name; it was found by its cell id"],
    ),
    "colab": (as_colab, 12, 1, ["the answer written had lost its name; it was found by its cell"]),
    "bare": (
        bare,
        12,
        1,
        [
            "the answer mse_loop had lost its name; it was found by its function",
            "the answer written had lost its name; it was found by its place",
        ],
    ),
    "retyped": (
        lambda n: retype(n, "mse_loop"),
        12,
        1,
        ["the answer mse_loop had lost its name; it was found by its function"],
    ),
    "older": (
        older_hand_out,
        12,
        1,
        ["mse_loop had lost its name; it was found by its function"],
    ),
    "at the end": (at_the_end, 12, 1, ["mse_loop had lost its name; it was found by its function"]),
    "several": (several, 12, 1, ["found by its function, the last of 3 cells with it"]),
    "merged": (merged, 12, 1, ["mse_numpy is missing; it was put back empty, for another cell"]),
    "unreadable": (unreadable, 7, 1, ["mse_loop had lost its name; it was found by its function"]),
    "forgotten": (forgotten, 7, 1, ["the cell mse_loop is missing; it was put back"]),
    "written retyped": (
        lambda n: retype(n, "written"),
        12,
        1,
        ["the answer written had lost its name; it was found by its place"],
    ),
    "written in two": (written_in_two, 12, 1, ["by its place, the last of 2 cells there"]),
    "written in a copy": (written_in_a_copy, 12, 1, ["the cell written is there more than once"]),
    "written left": (written_left, 12, 0, ["answer written had lost its name"]),
    "written below": (
        written_below,
        12,
        0,
        ["the answer written is as it was handed out, but beside it is a text of the"],
    ),
    "magics": (
        magics,
        12,
        1,
        ["!pip install pandas: skipped, nothing can be installed where this is graded"],
    ),
    "package": (
        package,
        7,
        1,
        ["needs the package nosuch, which is not installed where this is graded"],
    ),
    "own package": (own_first("import nosuch"), 12, 1, ["needs the package nosuch, which is not"]),
    "network": (
        own_first("import urllib.request as r\nr.urlopen('http://example.org/a.csv')"),
        12,
        1,
        ["asks for the network, which is not there where this is graded"],
    ),
    "asks": (asks, 7, 1, ["asks for input(), which nobody can answer here"]),
    "opens": (opens, 8, 1, ["opens weights.csv, which is not beside the notebook"]),
    "raises much": (raises_much, 12, 1, ["opens \ufffd[2J\ufffdxxx", "lines more like these"]),
    "helpers": (
        uses_helpers,
        12 - 0.4,  # a helper's code is not in the notebook, so that it earns no style
        1,
        [
            "random.py beside the notebook was not used: it would take the place of the module ran",
            "scipy/__init__.py beside the notebook was not used: it would take the place of the mo",
            "link.csv beside the notebook was not used: a link, and links are not followed",
            "not used, but beside the notebook: notes.txt, scipy_data.py; c.Execute.companions can",
        ],
    ),
}
"""For each: what is done to a right notebook, its points, answers left to a person, and notes."""


def companions_of(folder: Path) -> None:
    (folder / "helpers.py").write_text(
        "def total(a, b):\n    return sum((x - y) ** 2 for x, y in zip(a, b))\n"
    )
    (folder / "random.py").write_text("raise SystemExit('shadowed')")
    (folder / "scipy_data.py").write_text("x = 1")
    (folder / "own.csv").write_text("1,2")
    (folder / "notes.txt").write_text("mine")
    (folder / "scipy").mkdir()
    (folder / "scipy" / "__init__.py").write_text("")


def course_in(root: Path) -> Course:
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name / NAME, root / name / NAME)
    settings = (ROOT / "nbgrader_config.py").read_text() + COMPANIONS
    (root / "nbgrader_config.py").write_text(settings)
    course = Course(root)
    release(course, NAME)
    return course


def hand_in(course: Course, *names: str) -> None:
    """Hand in a right notebook with what each student does to it."""
    right = nbformat.read(write_sample(course, NAME, 1)[0], as_version=4)
    for name in names:
        made = nbformat.from_dict(right)
        KINDS[name][0](made)
        path = course.submitted(name, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(nbformat.writes(made))
        if name == "helpers":
            companions_of(path.parent)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Line]:
    """Grade one class in which everybody has done something else to their file."""
    course = course_in(tmp_path_factory.mktemp("course"))
    hand_in(course, *KINDS)
    (course.submitted("helpers", NAME) / "link.csv").symlink_to("/etc/passwd")
    graded = grade_class(course, NAME, list(KINDS), workers=1, level=LEVEL)
    return {line.student: line for line in graded}


@pytest.mark.parametrize("name", KINDS)
def test_what_a_student_did_to_the_file_is_told_and_costs_nothing(
    name: str, lines: dict[str, Line]
) -> None:
    _, points, by_hand, says = KINDS[name]
    line = lines[name]
    assert (line.points, line.by_hand) == (pytest.approx(points), by_hand), line
    for said in says:
        assert any(said in note for note in line.notes), "\n".join(line.notes)
    assert len(line.notes) <= 21 and all(n.isprintable() and len(n) < 300 for n in line.notes)


def marked(source: str, name: str, kind: str = "code", **marked: object) -> NotebookNode:
    """Return a cell of a source notebook as nbgrader marks it."""
    made = (new_code_cell if kind == "code" else new_markdown_cell)(source, id=name)
    flags = {"grade": False, "locked": False, "solution": False, "task": False}
    made.metadata["nbgrader"] = {**flags, "grade_id": name, "schema_version": 3, **marked}
    return made


def homework(course: Course) -> None:
    """Write an assignment of two notebooks with every kind of cell that a person grades."""
    stub = "def {}():\n    ### BEGIN SOLUTION\n    return {}\n    ### END SOLUTION"
    plot = "### BEGIN SOLUTION\nplot = 1\n### END SOLUTION"
    first = [
        marked(stub.format("one", 1), "one", solution=True),
        marked("assert one() == 1", "test_one", grade=True, locked=True, points=2),
        marked(plot, "plot", solution=True, grade=True, points=3),
        marked("Make your code tidy.", "tidy", "markdown", task=True, locked=True, points=4),
        new_markdown_cell("Why?", id="why"),
        marked("because", "because", "markdown", solution=True, grade=True, points=5),
        marked("therefore", "therefore", "markdown", solution=True, grade=True, points=5),
    ]
    second = [
        marked(stub.format("two", 2), "two", solution=True),
        marked("assert two() == 2", "test_two", grade=True, locked=True, points=1),
        marked("so", "so", "markdown", solution=True, grade=True, points=5),
    ]
    for name, cells in {"a": first, "b": second}.items():
        path = course.root / "solutions" / "hw" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=cells), path)
    release(course, "hw")


ANSWERS = {
    "one": "from helpers import one",
    "two": "%pip install x\ndef two():\n    return 2",
    "plot": "plot = 2",
    "because": "since",
    "therefore": "thus",
    "so": "hence",
}


def rows(course: Course) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """Return what the gradebook holds on every cell of every student."""
    with course.gradebook() as book:
        return {
            (submission.student.id, type(row).__name__, row.name): (
                getattr(row, "auto_score", None),
                getattr(row, "needs_manual_grade", None),
                getattr(row, "auto_comment", None),
            )
            for submission in book.assignment_submissions("hw")
            for notebook in submission.notebooks
            for row in [*notebook.grades, *notebook.comments]
        }


@pytest.mark.slow
def test_nbgrader_by_hand_finds_the_same_and_leaves_the_same_to_a_person(tmp_path: Path) -> None:
    course = course_in(tmp_path)
    homework(course)
    for student in ("lost", "one missing", "nothing", "left"):
        folder = course.submitted(student, "hw")
        folder.mkdir(parents=True)
        for name in ("a", "b"):
            made = nbformat.read(course.released("hw") / f"{name}.ipynb", as_version=4)
            for each in made.cells:
                if student != "left":
                    each.source = ANSWERS.get(grade_id(each), each.source)
            if student == "lost":
                bare(made)
            nbformat.write(made, folder / f"{name}.ipynb")
        (folder / "helpers.py").write_text("def one():\n    return 1")
    (course.submitted("one missing", "hw") / "b.ipynb").rename(
        course.submitted("one missing", "hw") / "b final.ipynb"
    )
    for name in ("a", "b"):
        path = course.submitted("nothing", "hw") / f"{name}.ipynb"
        path.rename(path.with_name(f"my {name}.ipynb"))
    names = ["left", "lost", "nothing", "one missing"]
    lines = {line.student: line for line in grade_class(course, "hw", names, 1, LEVEL)}
    ours = rows(course)
    manual = {"plot", "tidy", "because", "therefore", "so"}
    assert {(s, c) for (s, _, c), row in ours.items() if row[1]} == {
        *(("lost", name) for name in manual),
        *(("one missing", name) for name in manual - {"so"}),
        ("left", "tidy"),
    }
    for student, one, two in [("lost", 2, 1), ("one missing", 2, 0), ("left", 0, 0)]:
        assert ours[student, "Grade", "test_one"][0] == one
        assert ours[student, "Grade", "test_two"][0] == two
    missing = "b.ipynb was not handed in; what is there instead is b final.ipynb"
    assert missing in lines["one missing"].notes
    assert lines["nothing"].points is None and lines["nothing"].notes == (
        "a.ipynb, b.ipynb were not handed in; what is there instead is my a.ipynb, my b.ipynb",
    )
    says = "had lost its name; it was found by its"
    for name, how in {"one": "function", "because": "place", "therefore": "place"}.items():
        assert f"the answer {name} {says} {how}" in lines["lost"].notes
    shutil.rmtree(course.root / "grading/autograded")
    course.database.unlink()
    release(Course(course.root), "hw")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    said = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", "hw"],
        cwd=course.root, env=environment, capture_output=True, text=True, timeout=120,
    ).stderr  # fmt: skip
    graded = {key: row for key, row in rows(Course(course.root)).items() if key[0] != "nothing"}
    assert graded == ours, said
    assert f"lost: the answer because {says} place" in said
    assert "%pip install x: skipped" in said


def test_companions_reach_not_what_was_read(grader: Grader) -> None:
    """A library may look for a module of such a name by itself, as pandas does for numexpr."""
    session = grader.sandbox.session(False, {"numexpr_of_mine.py": b"x = 1"})
    asks = "def asked():\n    import numexpr_of_mine\n    return 1"
    (reply,) = session.alone(asks, "asked", [()], 5)
    assert reply["error"] == "ModuleNotFoundError"
    (shown,) = session.run("import numexpr_of_mine; print(numexpr_of_mine.x)", 5)
    session.close()
    assert shown["text"] == "1\n"


def test_companions_reach_neither_the_tests_nor_the_next_student(grader: Grader) -> None:
    test = marked("import adas_own", "test", grade=True, locked=True, points=1)
    reads = marked("open('own.csv')", "reads", grade=True, locked=True, points=1)
    own = "import adas_own\nprint(adas_own.x, open('own.csv').read())"
    beside = {"adas_own.py": b"x = 1", "own.csv": b"2"}
    cells = [new_code_cell(own), test, reads]
    assert grader.grade_notebook(cells, "ada", companions=beside).lacks == []
    assert cells[0].outputs[0].text == "1 2\n"
    raised = [c.outputs[-1].get("ename", c.outputs) for c in cells[1:]]
    assert raised == ["ModuleNotFoundError", "FileNotFoundError"]
    assert grader.grade_notebook([new_code_cell(own)], "bo").lacks == [
        "needs the package adas_own, which is not installed where this is graded"
    ]


def test_what_is_hidden_is_no_lack(grader: Grader) -> None:
    own = "def f(x):\n    raise ModuleNotFoundError(f\"No module named '{x}'\")"
    test = marked("f('shown')", "test", grade=True, locked=True, points=1)
    hidden = "### BEGIN HIDDEN TESTS\nf('secret')\n### END HIDDEN TESTS"
    secret = marked(hidden, "hidden", grade=True, locked=True, points=1)
    judged = grader.grade_notebook([new_code_cell(own), secret, test])
    assert judged.lacks == ["needs the package shown, which is not installed where this is graded"]


EXPORT = """#!/usr/bin/env python
# coding: utf-8

# In[ ]:


get_ipython().run_line_magic('matplotlib', 'inline')


# In[1]:


def squared_errors(y_true, y_pred):
    raise NotImplementedError()


# In[2]:


assert squared_errors([3, 5, 2], [2, 5, 4]) == [1, 0, 4]


# In[ ]:


def mse_loop(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)


# In[ ]:


check(mse_loop)
"""


@pytest.mark.parametrize("source", [EXPORT, EXPORT.replace("In[ ]:", "%%"), "\ufeff" + EXPORT])
def test_exported_notebook_is_checked_cell_by_cell(source: str, tmp_path: Path) -> None:
    (tmp_path / "export.py").write_text(source, "utf-8")
    arguments = ["check", "mse_loop", str(tmp_path / "export.py"), "--level", LEVEL]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    (tmp_path / "mine.ipynb").write_text("{}")
    done = CliRunner().invoke(app, ["check", "mse_loop", str(tmp_path / "mine.ipynb")])
    assert "is a notebook; export it first (jupyter nbconvert" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("name", "shadows"),
    [
        ("numpy.py", "numpy"),
        ("random.py", "random"),
        ("statistics/__init__.py", "statistics"),
        ("autograder.py", "autograder"),
        ("ipykernel_launcher.py", "ipykernel_launcher"),
        ("pandas.cpython-311-x86_64-linux-gnu.so", "pandas"),
        ("helpers.py", ""),
        ("calendar.csv", ""),
        ("my-data.v2.csv", ""),
        ("parts/more.py", ""),
    ],
)
def test_no_companion_takes_the_place_of_a_module(name: str, shadows: str) -> None:
    assert unfit(name) == (f"it would take the place of the module {shadows}" if shadows else "")


def test_companions_are_few_and_small_and_change_the_digest(tmp_path: Path) -> None:
    folder, released = tmp_path / "submitted", tmp_path / "released"
    for path in (folder, released):
        path.mkdir()
        (path / "given.csv").write_text(path.name)
    for number in range(MAX_COMPANIONS + 1):
        (folder / f"{number:03}.csv").write_text("1")
    (folder / "huge.csv").write_bytes(bytes(MAX_BESIDE))
    os.mkfifo(folder / "pipe.csv")
    found, notes = companions(folder, ["*.csv"], released)
    assert sorted(found) == [f"{number:03}.csv" for number in range(MAX_COMPANIONS)]
    names = [note.split(" ")[0] for note in notes]
    assert names == [f"{MAX_COMPANIONS:03}.csv", "huge.csv", "pipe.csv"], notes
    job = Job("hw", {"a": new_notebook()}, released, "seed", Limits(), LEVEL, (), ("*.csv",))
    before = job.digest(folder)
    (folder / "000.csv").write_text("2")
    assert job.digest(folder) != before


def test_half_a_character_in_a_pictures_name_is_mended() -> None:
    """No file can hold it, and it ended the run of a whole class."""
    png = {"image/png": "iVBORw0KGgo="}
    (name,) = pictures({"\ud800.png": png})
    assert name.encode() and name.endswith(".png")
