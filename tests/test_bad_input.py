"""Submissions that are not as they should be: each one clear line, and the run goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import LEVEL, ROOT
from gradebooks import scored
from nbformat import NotebookNode

from autograder.classroom.course import Course
from autograder.classroom.grade import grade_class
from autograder.classroom.rebuild import grade_id
from autograder.classroom.release import release
from autograder.classroom.sample import handed_in, sample_students, write_sample
from autograder.grader import marks

NAME = "02_mse"


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with this grade_id."""
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def spoilt(notebook: NotebookNode, spoil: Callable[[NotebookNode], None]) -> NotebookNode:
    """Return a copy with a fault."""
    made = nbformat.from_dict(notebook)
    spoil(made)
    return made


def drop(notebook: NotebookNode, name: str) -> None:
    notebook.cells.remove(cell(notebook, name))


def double(notebook: NotebookNode, name: str) -> None:
    place = notebook.cells.index(cell(notebook, name))
    notebook.cells.insert(place, nbformat.from_dict(notebook.cells[place]))


def more_points(notebook: NotebookNode) -> None:
    marks(cell(notebook, "test_mse_loop"))["points"] = 400


def own_test(notebook: NotebookNode) -> None:
    cell(notebook, "test_mse_loop").source = "4.0"


def other_kernel(notebook: NotebookNode) -> None:
    notebook.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}


def retyped(notebook: NotebookNode) -> None:
    cell(notebook, "test_mse_loop").cell_type = "markdown"


def unlocked(notebook: NotebookNode) -> None:
    marks(cell(notebook, "test_mse_loop"))["locked"] = False
    own_test(notebook)


def stranger(notebook: NotebookNode) -> None:
    marks(cell(notebook, "test_mse_loop"))["grade_id"] = "unknown"


def no_cell_type(notebook: NotebookNode) -> None:
    del cell(notebook, "mse_loop")["cell_type"]


def half_a_character(notebook: NotebookNode) -> None:
    cell(notebook, "mse_loop").source += "\n# \ud800"
    cell(notebook, "written").source = "because \udfff"
    notebook.cells.append(nbformat.v4.new_markdown_cell("mine \udc80"))


def terminal_commands(notebook: NotebookNode) -> None:
    notebook.metadata.kernelspec = {"language": "\x1b[2J\u202e" + "x" * 10**6}


def silly_metadata(notebook: NotebookNode) -> None:
    cell(notebook, "mse_loop").metadata["nbgrader"]["solution"] = "perhaps"
    notebook.cells[0].metadata["nbgrader"] = "none of your business"


FRAMES: dict[str, tuple[Callable[[NotebookNode], None], float, str]] = {
    "missing test": (lambda n: drop(n, "test_mse_loop"), 12, "test_mse_loop is missing"),
    "missing answer": (lambda n: drop(n, "mse_loop"), 7, "mse_loop is missing"),
    "doubled test": (lambda n: double(n, "test_mse_loop"), 12, "more than once"),
    "doubled answer": (lambda n: double(n, "mse_loop"), 12, "more than once"),
    "changed points": (more_points, 12, ""),
    "changed test": (own_test, 12, ""),
    "foreign kernel": (other_kernel, 12, "kernel of R"),
    "retyped cell": (retyped, 12, "turned into markdown"),
    "unlocked test": (unlocked, 12, ""),
    "unknown cell": (stranger, 12, ""),
    "half a character": (half_a_character, 12, ""),
    "terminal commands": (
        terminal_commands,
        12,
        "kernel of \ufffd[2J\ufffdxxxxxxxxxxxxxxxxxxxxxxxx…;",
    ),
    "silly metadata": (silly_metadata, 12, ""),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float | None, str]]:
    """Grade one class in which everybody's notebook has another fault: (points, notes)."""
    root = tmp_path_factory.mktemp("course")
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    course = Course(root)
    right = nbformat.read(write_sample(course, NAME, 1)[0], as_version=4)
    files: dict[str, bytes] = {
        "empty file": b"",
        "no JSON": b"def mse_loop(): pass",
        "cut off": nbformat.writes(right)[:900].encode(),
        "other JSON": b'{"cells": 3}',
        "no text": b"\xff\xfe\x00",
        "no cell type": json.dumps(spoilt(right, no_cell_type)).encode(),
        "other notebook": nbformat.writes(nbformat.v4.new_notebook()).encode(),
    }
    for name, (spoil, _, _) in FRAMES.items():
        files[name] = json.dumps(spoilt(right, spoil)).encode()
    for name, content in files.items():
        path = course.submitted(name, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    course.submitted("no file", NAME).mkdir(parents=True)
    release(course, NAME)
    names = [*files, "no file", "ada"]
    lines = list(grade_class(course, NAME, names, workers=2, level=LEVEL))
    for name, content in files.items():  # what was handed in stays as it was
        assert (course.submitted(name, NAME) / f"{NAME}.ipynb").read_bytes() == content
    return {line.student: (line.points, "; ".join(line.notes)) for line in lines}


@pytest.mark.parametrize("name", FRAMES)
def test_frame_is_ours_whatever_was_handed_in(
    name: str, results: dict[str, tuple[float | None, str]]
) -> None:
    _, points, says = FRAMES[name]
    assert results[name][0] == pytest.approx(points), results[name]
    assert says in results[name][1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("empty file", "not a notebook"),
        ("no JSON", "not a notebook"),
        ("cut off", "not a notebook"),
        ("other JSON", "not a notebook"),
        ("no text", "not UTF-8"),
        ("other notebook", "no cell of this assignment"),
        ("no cell type", "one of its cells is broken"),
        ("no file", "was not handed in"),
    ],
)
def test_unreadable_is_one_line(
    name: str, says: str, results: dict[str, tuple[float | None, str]]
) -> None:
    points, notes = results[name]
    assert points is None
    assert says in notes and "\n" not in notes


def test_the_others_are_graded(results: dict[str, tuple[float | None, str]]) -> None:
    assert results["ada"][0] == 12


def test_read_refuses_what_is_too_large_without_its_outputs(tmp_path: Path) -> None:
    from autograder.classroom.rebuild import Unreadable, read
    from autograder.sandbox.inside.caps import MAX_FILE, MAX_RAW, MAX_SKIPPED

    path = tmp_path / "large.ipynb"
    for content, says in [
        (b'{"cells": ["' + bytes(MAX_FILE) + b'"]}', "larger than 20 MB without its outputs"),
        (
            b'{"cells": [{"outputs": [' + b"[]," * MAX_SKIPPED + b"]}]}",
            "have too many parts",
        ),
        (b'{"cells": [{"outputs": [' + b'"' * 9, "its JSON is broken"),
        (b'{"cells": [{"outputs": [}', "its JSON is broken"),
    ]:
        path.write_bytes(content)
        with pytest.raises(Unreadable, match=says):
            read(path)
    os.truncate(path, MAX_RAW + 1)
    with pytest.raises(Unreadable, match="larger than 100 MB; clear its outputs first"):
        read(path)


def test_read_skips_outputs_and_nothing_else(tmp_path: Path) -> None:
    from autograder.classroom.rebuild import read

    source = ['"outputs": [', "\\", '"', "outputs", "]}"]
    others = {"outputs ": [1], "metadata": {"note": '"outputs": ['}, "x": {"outputs": 3}}
    output = {"data": {"image/png": "A" * 11 * 2**20, "outputs": [[{"]": "\\"}], "}"]}}
    cells = [{"source": source, "outputs": [output, {"text": ['"]', "\\"]}], **others}] * 2
    path = tmp_path / "large.ipynb"
    for layout in ({"indent": 1}, {"separators": (",", ":")}, {"separators": ("\n, ", "\t: ")}):
        path.write_text(json.dumps({"cells": cells, "outputs": []}, **layout))
        assert path.stat().st_size > 21 * 2**20
        kept = {"source": source, "outputs": [], **others}
        assert read(path) == {"cells": [kept, kept], "outputs": []}


def test_read_opens_nothing_but_ordinary_files(tmp_path: Path) -> None:
    from autograder.classroom.rebuild import Unreadable, read

    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(ROOT / "solutions" / NAME / f"{NAME}.ipynb")
    os.mkfifo(tmp_path / "pipe")
    for name, says in [
        ("folder", "it cannot be opened: Is a directory"),
        ("link", "a link, and links are not followed; the file itself is needed"),
        ("pipe", "a pipe or a device, not a file"),
        ("nothing", "it cannot be opened: No such file or directory"),
    ]:
        with pytest.raises(Unreadable, match=f"^{says}$"):
            read(tmp_path / name)


def test_our_own_notebooks_may_be_links(tmp_path: Path) -> None:
    from autograder.classroom.rebuild import template

    paths = [tmp_path / name for name in ("solutions", "exercises")]
    for path in paths:
        path.symlink_to(ROOT / path.name / NAME / f"{NAME}.ipynb")
    assert template(*paths).cells


def test_submission_that_gets_its_worker_killed_ends_nobody_else(course: Course) -> None:
    source = course.root / "solutions" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(source, as_version=4)
    test = next(cell for cell in notebook.cells if cell.id == "test_squared_errors")
    deadly = "import os, signal\nif squared_errors([1], [1]) == 'die': os.kill(os.getpid(), 9)\n"
    test.source = deadly + test.source  # as when the machine has no memory left
    nbformat.write(notebook, source)
    release(course, NAME)
    paths = write_sample(course, NAME, 4)
    dies = nbformat.read(paths[2], as_version=4)
    for cell in dies.cells:
        if cell.id == "squared_errors":
            cell.source = "def squared_errors(*a): return 'die'"
    nbformat.write(dies, paths[2])
    names = [path.parent.parent.name for path in paths]
    lines = {
        line.student: line for line in grade_class(course, NAME, names, workers=2, level=LEVEL)
    }
    assert lines.keys() == set(names)
    assert lines[names[2]].points is None and "was ended" in lines[names[2]].notes[0]
    assert all(lines[name].points is not None for name in names if name != names[2])


def test_nbgrader_by_hand_follows_nothing_that_was_handed_in(released: Course) -> None:
    submitted, secret = released.submitted(".", ".").resolve(), released.root / "secret"
    secret.write_text("SECRET")
    names = ["ada", "cleo", "far", "long", "nested", "pipe", "stamp"]
    by_name = {student.name: student for student in sample_students(NAME)}
    good = handed_in(released, NAME, by_name["ada"])
    for name in names:
        (submitted / name / NAME / "sub").mkdir(parents=True)
        (submitted / name / NAME / f"{NAME}.ipynb").write_bytes(good)
        (submitted / name / NAME / "sub" / "timestamp.txt").write_text("not the stamp")
    (submitted / "far" / NAME / f"{NAME}.ipynb").unlink()
    (submitted / "far" / NAME / f"{NAME}.ipynb").symlink_to(released.source(NAME) / f"{NAME}.ipynb")
    (submitted / "nested" / NAME / "sub" / "data.csv").symlink_to(secret)
    (submitted / "stamp" / NAME / "timestamp.txt").symlink_to(secret)
    (submitted / "cleo" / NAME / "timestamp.txt").write_text("2026-10-01 12:00:00 UTC")
    (submitted / "long" / NAME / "timestamp.txt").write_text("2026-10-01 12:00:00 UTC" + " " * 200)
    os.mkfifo(submitted / "pipe" / NAME / "timestamp.txt")
    (submitted / "fay").mkdir()
    (submitted / "fay" / NAME).symlink_to(f"../ada/{NAME}")
    (submitted / "gus").symlink_to("ada")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", NAME],
        cwd=released.root, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    refused = ["far", "fay", "gus", "nested", "pipe", "stamp"]
    for name in refused:
        assert f"There was an error processing assignment '{NAME}' for student '{name}'" in (
            done.stderr
        )
    ended = [line for line in done.stderr.splitlines() if "Unreadable: " in line]
    assert len(ended) == len(refused), done.stderr
    scores = scored(released, NAME)
    assert {name: scores[name].points for name in scores} == {"ada": 12, "cleo": 12, "long": 12}
    graded = released.folder(released.directory.autograded_directory).resolve()
    left = {str(path.relative_to(graded)) for path in graded.rglob("*") if not path.is_dir()}
    assert left == {f"{name}/{NAME}/{NAME}.ipynb" for name in scores} | {
        f"cleo/{NAME}/timestamp.txt"
    }


def test_what_replaces_a_graded_one_and_cannot_be_is_told_with_its_points(released: Course) -> None:
    (path,) = write_sample(released, NAME, 1)
    (first,) = grade_class(released, NAME, ["ada"], 1, LEVEL)
    path.write_text("broken")
    (again,) = grade_class(released, NAME, ["ada"], 1, LEVEL)
    assert first.points == scored(released, NAME)["ada"].points == 12 and again.points is None
    assert again.notes[-1] == (
        "not graded now; the gradebook still has 12 points of an earlier hand-in"
    )
