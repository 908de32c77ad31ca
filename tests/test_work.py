"""A reader's own copy in work/: what they wrote stays, what they did not follows the course."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autograder import work
from autograder.work import refresh


def notebook(*sources: str, output: str = "") -> str:
    """Return a notebook with these cells of code."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    cells = [{"cell_type": "code", "source": source, "outputs": outputs} for source in sources]
    return json.dumps({"cells": cells, "nbformat": 4})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course with a lesson, its data, an exercise and its solution, copied once."""
    for name, text in {
        "lessons/01.ipynb": notebook("a", output="ours"),
        "lessons/data/x.csv": "1",
        "lessons/.ipynb_checkpoints/01.ipynb": "no",
        "exercises/01/01.ipynb": notebook("def f(): ..."),
        "solutions/01/01.ipynb": notebook("def f(): return 1"),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert refresh(tmp_path) == []
    return tmp_path


def there(root: Path) -> dict[str, str]:
    """Return what lies in work/."""
    found = (path for path in (root / "work").rglob("*") if path.is_file())
    return {
        path.relative_to(root / "work").as_posix(): path.read_text()
        for path in found
        if path.name != ".copied.json"
    }


def test_everything_that_links_lead_to_is_copied(root: Path) -> None:
    assert there(root).keys() == {
        "lessons/01.ipynb", "lessons/data/x.csv", "exercises/01/01.ipynb", "solutions/01/01.ipynb",
    }  # fmt: skip


def test_untouched_files_follow_the_course_and_written_ones_stay(root: Path) -> None:
    mine = root / "work/exercises/01/01.ipynb"
    mine.write_text(notebook("def f(): return 42"))
    for path in ("lessons/01.ipynb", "exercises/01/01.ipynb"):
        (root / path).write_text(notebook("newer"))
    (root / "lessons/data/x.csv").write_text("2")
    beside = "exercises/01/01 (new version).ipynb"
    assert refresh(root) == [
        "work/exercises/01/01.ipynb is yours; the new version is 01 (new version).ipynb"
    ]
    found = there(root)
    assert found["lessons/01.ipynb"] == found[beside] == notebook("newer")
    assert found["exercises/01/01.ipynb"] == notebook("def f(): return 42")
    assert found["lessons/data/x.csv"] == "2"
    (root / "work" / beside).unlink()
    assert refresh(root) == [] and beside not in there(root)  # it is said once


def test_a_lesson_that_was_only_run_counts_as_untouched(root: Path) -> None:
    ran = notebook("a", output="mine")
    (root / "work/lessons/01.ipynb").write_text(ran)
    (root / "lessons/01.ipynb").write_text(notebook("a", output="ours, drawn anew"))
    assert refresh(root) == [] and there(root)["lessons/01.ipynb"] == ran
    (root / "lessons/01.ipynb").write_text(notebook("b"))
    assert refresh(root) == [] and there(root)["lessons/01.ipynb"] == notebook("b")


def test_what_the_course_drops_goes_only_where_nobody_wrote(root: Path) -> None:
    (root / "work/lessons/data/x.csv").write_text("my own")
    (root / "lessons/data/x.csv").unlink()
    (root / "lessons/01.ipynb").unlink()
    assert refresh(root) == []
    assert there(root)["lessons/data/x.csv"] == "my own" and "lessons/01.ipynb" not in there(root)


@pytest.mark.parametrize("record", ["", "{", "[]", None])
def test_a_lost_record_loses_no_work(record: str | None, root: Path) -> None:
    kept = root / "work/.copied.json"
    kept.unlink() if record is None else kept.write_text(record)
    (root / "work/exercises/01/01.ipynb").write_text("{ broken, but mine")
    assert len(refresh(root)) == 1
    assert there(root)["exercises/01/01.ipynb"] == "{ broken, but mine"


def test_links_are_left_alone_and_read_only_files_replaced(root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    link = root / "work/lessons/data/x.csv"
    link.unlink()
    link.symlink_to(precious)
    os.chmod(root / "work/lessons/01.ipynb", 0o444)
    (root / "lessons/01.ipynb").write_text(notebook("b"))
    (root / "lessons/data/x.csv").write_text("3")
    refresh(root)
    assert precious.read_text() == "precious" and link.is_symlink()
    assert there(root)["lessons/01.ipynb"] == notebook("b")


def test_an_interrupted_refresh_is_made_good(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "work/exercises/01/01.ipynb").write_text(notebook("mine"))
    for name in ("lessons/01.ipynb", "solutions/01/01.ipynb"):
        (root / name).write_text(notebook("newer"))
    written, write = [], work.write

    def interrupted(path: Path, content: bytes) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    monkeypatch.setattr(work, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        refresh(root)
    monkeypatch.undo()
    assert refresh(root) == []
    found = there(root)
    assert found["lessons/01.ipynb"] == found["solutions/01/01.ipynb"] == notebook("newer")
    assert found["exercises/01/01.ipynb"] == notebook("mine")
