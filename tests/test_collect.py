"""Submissions are collected from what an LMS gives, and whatever else is in it does no harm."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from gradebooks import scored
from typer.testing import CliRunner

from autograder.classroom import collect as collecting
from autograder.classroom.collect import collect
from autograder.classroom.companions import beside
from autograder.classroom.course import Course, CourseError
from autograder.classroom.files import nothing_odd
from autograder.classroom.found import STRAY
from autograder.classroom.lms import ANONYMOUS, CANVAS, FORBIDDEN, RESERVED
from autograder.classroom.lms import MOODLE as MOODLES
from autograder.classroom.rebuild import Unreadable, whole
from autograder.classroom.results import Notice
from autograder.classroom.sample import write_sample
from autograder.classroom.whose import AGAIN
from autograder.cli import app
from autograder.sandbox.inside.caps import MAX_CONTENTS, MAX_FOUND, MAX_FOUND_OF, MAX_RAW

NAME = "02_mse"
NOTEBOOK = f"{NAME}.ipynb"
BO = "Bo Honest_102_assignsubmission_file_"
HONEST = b'{"cells": "honest"}'
MOODLE = "Ada Lovelace_101_assignsubmission_file_"
NOON = (2026, 10, 1, 12, 0, 0)
COLLECT = f"""
import sys
from pathlib import Path
from autograder.classroom.collect import collect
from autograder.classroom.course import Course
collect(Course(Path(sys.argv[1])), {NAME!r}, [Path(sys.argv[2])])
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The course without notebooks' contents: collecting does not look into them."""
    root = tmp_path / "course"
    for assignment in ("01_mae", NAME):
        (root / "solutions" / assignment).mkdir(parents=True)
        (root / "solutions" / assignment / f"{assignment}.ipynb").write_text("ours")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return Course(root)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Where what was handed in lies."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


Entry = tuple[str | zipfile.ZipInfo, bytes]


def info(name: str, when: tuple[int, int, int, int, int, int] = NOON, mode: int = 0) -> Entry:
    """Return an entry of a zip."""
    made = zipfile.ZipInfo(name, when)
    made.external_attr = mode << 16
    return made, b'{"cells": "other"}'


def zipped(path: Path, *entries: Entry, packed: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip, and an honest student at its end."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # of the same name twice
        for name, content in [*entries, (f"{BO}/{NOTEBOOK}", HONEST)]:
            archive.writestr(name, content, packed)
    return path


def have(course: Course) -> dict[str, bytes]:
    """Return all that was collected but times, by its path in the submitted folder."""
    folder = course.submitted(".", ".").resolve()
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "timestamp.txt"
    }


def collected(course: Course, assignment: str, paths: list[Path]) -> tuple[list[str], list[Notice]]:
    """Collect, and return who and what is told."""
    done = collect(course, assignment, paths)
    return done.students, done.notices


def lines(told: list[Notice]) -> str:
    """Return what is told as a person sees it; nothing in it can command a terminal."""
    text = "\n".join(f"{notice.about}: {notice.says}" for notice in told)
    assert all(line.isprintable() for line in text.split("\n")), repr(text)
    assert len(text.split("\n")) == max(len(told), 1)
    return text


LAYOUTS: dict[str, dict[str, str]] = {
    "Moodle, folders": {
        f"{MOODLE}/{NOTEBOOK}": "Ada Lovelace",
        f"Li Na_7_assignsubmission_file_/{NOTEBOOK}": "Li Na",
    },
    "Moodle, no folders": {
        f"{MOODLE}{NOTEBOOK}": "Ada Lovelace",
        f"Li Na_7_assignsubmission_file_{NOTEBOOK}": "Li Na",
    },
    "Moodle, any name": {f"{MOODLE}/my answers.ipynb": "Ada Lovelace"},
    "Moodle, a student's own folders": {
        f"{MOODLE}/Bo_9_assignsubmission_file_/x/{NOTEBOOK}": "Ada Lovelace"
    },
    "Moodle, a folder around it": {
        f"all/{MOODLE}/{NOTEBOOK}": "Ada Lovelace",
        f"all/Li_7_assignsubmission_file_/{NOTEBOOK}": "Li",
    },
    "Moodle, a folder around one": {f"all/{MOODLE}{NOTEBOOK}": "Ada Lovelace"},
    "Canvas": {
        "lovelaceada_12345_67890_02_mse.ipynb": "lovelaceada",
        "nali_12346_67891_02_mse-1.ipynb": "nali",
    },
    "Canvas, late": {"lovelaceada_LATE_12345_67890_02_mse-1.ipynb": "lovelaceada"},
    "Canvas, any name": {"lovelaceada_12345_67890_Untitled.ipynb": "lovelaceada"},
    "Moodle since 4.1, folders": {
        f"Ada Lovelace_101_assignsubmission_file/{NOTEBOOK}": "Ada Lovelace",
        f"Li Na_7_assignsubmission_file/{NOTEBOOK}": "Li Na",
    },
    "Moodle, teams": {
        f"Group A_31_assignsubmission_file/{NOTEBOOK}": "Group A",
        f"Default group_assignsubmission_file/{NOTEBOOK}": "Default group",
    },
    "Moodle, teams before 4.1": {
        f"Group A_31_assignsubmission_file_/{NOTEBOOK}": "Group A",
        f"Default group_assignsubmission_file_/{NOTEBOOK}": "Default group",
    },
    "Moodle, blind": {
        f"Participant_101_assignsubmission_file/{NOTEBOOK}": "Participant_101",
        f"Participant_102_assignsubmission_file/{NOTEBOOK}": "Participant_102",
    },
    "Moodle, one blind": {f"Participant_7_assignsubmission_file_{NOTEBOOK}": "Participant_7"},
    "Canvas, anonymous": {
        "anon_aB3x9_67890_02_mse.ipynb": "anon_aB3x9",
        "anon_12345_67891_02_mse-1.ipynb": "anon_12345",
    },
    "folder of a student": {f"ada/{NOTEBOOK}": "ada", f"li/{NOTEBOOK}": "li"},
    "one student": {f"ada/{NOTEBOOK}": "ada"},
    "named like a student": {"ada.ipynb": "ada", "li-2.ipynb": "li-2"},
    "nbgrader's": {f"ada/{NAME}/{NOTEBOOK}": "ada", f"li/{NAME}/{NOTEBOOK}": "li"},
    "a folder around it": {f"class 4/ada/{NOTEBOOK}": "ada", f"class 4/li/{NOTEBOOK}": "li"},
    "its own folder around it": {"class/ada.ipynb": "ada", "class/li.ipynb": "li"},
    "the assignment's folder around it": {
        f"{NAME}/ada.ipynb": "ada",
        f"{NAME}/li/{NOTEBOOK}": "li",
    },
    "where it was found": {NOTEBOOK: "class"},
    "a second download": {"class/02_mse (1).ipynb": "class"},
    "names of the world": {
        f"Zoë Ó Núñez/{NOTEBOOK}": "Zoë Ó Núñez",
        "李娜.ipynb": "李娜",
        f"\u0639\u0644\u06cc\u200c\u0631/{NOTEBOOK}": "\u0639\u0644\u06cc\u0631",
    },
    "decomposed letters": {f"Zoe\u0308/{NOTEBOOK}": "Zoë"},
    "Blackboard": {
        f"Homework 2_ada01_attempt_2026-10-01-12-00-00_{NOTEBOOK}": "ada01",
        "Homework 2_ada01_attempt_2026-10-01-12-00-00.txt": "",
        f"Homework 2_li_attempt_2026-10-01-12-00-00_{NOTEBOOK}": "li",
    },
    "Brightspace": {
        f"12345-67890 - Ada Lovelace - Oct 1, 2026 1200 PM/{NOTEBOOK}": "Ada Lovelace",
        f"12346-67890 - Li Na - Oct 3, 2026 915 AM/{NOTEBOOK}": "Li Na",
        "index.html": "",
    },
    "Gradescope": {
        f"assignment_12_export/submission_1/{NOTEBOOK}": "submission_1",
        f"assignment_12_export/submission_2/{NOTEBOOK}": "submission_2",
        "assignment_12_export/submission_metadata.yml": "",
    },
    "a README beside a class": {
        f"class 4/ada/{NOTEBOOK}": "ada",
        f"class 4/li/{NOTEBOOK}": "li",
        "class 4/README.md": "",
    },
    "signs that nobody sees": {
        f"Jos\u00e9\u00a0N\u00fa\u00f1ez_7_assignsubmission_file/{NOTEBOOK}": "José Núñez",
        f"\u200eLovelace, Jr._8_assignsubmission_file/{NOTEBOOK}": "Lovelace, Jr",
    },
    "capital ending": {"ada/02_MSE.IPYNB": "ada"},
    "leftovers": {
        f"ada/{NOTEBOOK}": "ada",
        f"__MACOSX/ada/._{NOTEBOOK}": "",
        "ada/.DS_Store": "",
        "ada/data/x.csv": "",
        "ada/plot.png": "",
        "README.txt": "",
        "ada/.ipynb_checkpoints/02_mse-checkpoint.ipynb": "",
        f"__MACOSX/eve/{NOTEBOOK}": "",
    },
    "another assignment beside it": {
        f"ada/{NAME}/{NOTEBOOK}": "ada",
        "ada/01_mae/01_mae.ipynb": "",
        "ada/01_mae.ipynb": "",
        "ada/01_mae/notes.ipynb": "",
    },
}
"""Whose each file is; "": nobody's, and not worth a word."""


@pytest.mark.parametrize("kind", ["zip", "folder"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, kind: str, course: Course, inbox: Path) -> None:
    contents = {name: f"bytes of {name}\r\n\0".encode() for name in LAYOUTS[layout]}
    path = inbox / "class"
    if kind == "zip":
        path = path.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
    for name, content in contents.items() if kind == "folder" else ():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    owners = {student: contents[name] for name, student in LAYOUTS[layout].items() if student}
    students, told = collected(course, NAME, [path])
    assert all(notice.about in ("late", "files beside notebooks") for notice in told)
    assert students == sorted(owners)
    assert have(course) == {f"{who}/{NAME}/{NOTEBOOK}": owners[who] for who in students}
    assert collected(course, NAME, [path]) == (students, told)
    assert len(have(course)) == len(students)


def inner_zip(*names: str) -> bytes:
    """Return a zip with these notebooks in it."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name in names:
            archive.writestr(name, b"packed")
    return raw.getvalue()


OTHERS = {
    "ada_1_2_02_mse.html": b"<html>",
    "cleo_2_text.html": b"typed",
    "dora_LATE_3_link.html": b"linked",
    "eve_4_5_work.zip": inner_zip("x/02_mse.ipynb", "x/data.csv"),
    "fay_5_6_work.zip": inner_zip("01_mae.ipynb"),
    "gus_6_7_work.zip": b"no zip",
    "hal_7_8_02_mse.py": b"pass",
    "ian_8_9_01_mae.ipynb": b"another",
    "README.txt": b"",
    "ned.html": b"<html>",
}
TOLD = {
    "ada": "handed in no notebook, only 02_mse.html",
    "cleo": "handed in text typed into Canvas, no notebook",
    "dora": "handed in a link, no notebook",
    "fay": "handed in no notebook, only work.zip",
    "gus": "handed in no notebook, only work.zip",
    "hal": "handed in no notebook, only 02_mse.py",
    "ian": "class.zip/ian_8_9_01_mae.ipynb is of another assignment",
    "ned": "handed in no notebook, only ned.html",
}


def test_nobody_vanishes(course: Course, inbox: Path) -> None:
    path = zipped(inbox / "class.zip", *OTHERS.items())
    students, told = collected(course, NAME, [path])
    assert students == ["Bo Honest", "eve"]
    assert have(course)[f"eve/{NAME}/{NOTEBOOK}"] == b"packed"
    assert {notice.about: notice.says for notice in told} == TOLD
    assert all(notice.ungraded for notice in told)


def test_moodles_other_kinds_are_told(course: Course, inbox: Path) -> None:
    path = zipped(
        inbox / "class.zip",
        ("Ada_1_assignsubmission_onlinetext/onlinetext.html", b"typed"),
        ("Cleo_2_assignsubmission_onlinetext_/onlinetext.html", b"typed"),
        (f"Cleo_2_assignsubmission_file_/{NOTEBOOK}", b"and a file"),
        ("Dora_3_assignsubmission_file/essay.pdf", b"%PDF"),
    )
    students, told = collected(course, NAME, [path])
    assert students == ["Bo Honest", "Cleo"]
    assert {notice.about: notice.says for notice in told} == {
        "Ada": "handed in text typed into Moodle, no notebook",
        "Dora": "handed in no notebook, only essay.pdf",
    }


def stamps(course: Course) -> dict[str, str]:
    """Return what is said of when submissions were handed in."""
    folder = course.submitted(".", ".").resolve()
    return {
        path.relative_to(folder).parts[0]: path.read_text()
        for path in folder.glob(f"*/{NAME}/timestamp.txt")
    }


def test_times_of_lmss_become_timestamps(
    course: Course, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    path = zipped(
        inbox / "class.zip",
        info(f"{MOODLE}/{NOTEBOOK}"),
        info("cleo_12345_67890_02_mse.ipynb"),
        info("dora_LATE_12346_67891_02_mse.ipynb"),
        info("eve/02_mse.ipynb"),
        ("eve/timestamp.txt", b"2026-09-30 08:15:00 UTC"),
        info("fay/02_mse.ipynb"),
    )
    _, told = collected(course, NAME, [path])
    due = {"Ada Lovelace": "2026-10-01 10:00:00 UTC", "eve": "2026-09-30 08:15:00 UTC"}
    assert {name: said for name, said in stamps(course).items() if name != "Bo Honest"} == due
    assert lines(told) == (
        "late: Canvas says so of dora, but not how late: the assignment has no due date"
    )
    with course.gradebook() as book:
        book.add_assignment(NAME, duedate="2026-10-01 09:00:00 UTC")
    shutil.rmtree(course.submitted("dora", NAME))
    _, told = collected(course, NAME, [path])
    assert stamps(course)["dora"] == "2026-10-01 09:00:01 UTC"
    assert "counted as just after the due date" in lines(told)
    entry, _ = info("eve/02_mse.ipynb", (2026, 11, 1, 12, 0, 0))
    collected(course, NAME, [zipped(inbox / "newer.zip", (entry, b"newer"))])
    assert "eve" not in stamps(course)  # nothing says when the newer one was handed in
    (kept,) = course.submitted("eve", NAME).parent.rglob("*.timestamp.txt")
    assert kept.read_text() == "2026-09-30 08:15:00 UTC"
    monkeypatch.undo()
    time.tzset()


def test_a_student_cannot_say_when_and_as_whom_they_handed_in(course: Course, inbox: Path) -> None:
    """A timestamp of one's own, a huge one, a display name or file name like another's."""
    other = "lovelaceada_101_9999999_x_666_777_02_mse.ipynb"
    path = zipped(
        inbox / "class.zip",
        info(f"{MOODLE}/{NOTEBOOK}"),
        (f"{MOODLE}/timestamp.txt", b"2020-01-01 00:00:00 UTC"),
        info("cleo/02_mse.ipynb"),
        ("cleo/timestamp.txt", b" " * 10**6),
        info("dora/02_mse.ipynb"),
        ("dora/timestamp.txt", b"never"),
        ("lovelaceada_101_500_homework.ipynb", b"ada's own"),
        (other, b"mallory's"),
        ("hw_eve_attempt_2026-10-01-12-00-00_x_bo_attempt_2026-11-01-12-00-00_y.ipynb", b"eve's"),
    )
    students, told = collected(course, NAME, [path])
    assert stamps(course)["Ada Lovelace"].startswith("2026-10-01")
    assert {"cleo", "dora"}.isdisjoint(stamps(course))
    assert have(course)[f"lovelaceada/{NAME}/{NOTEBOOK}"] == b"ada's own"
    assert f"class.zip/{other} can be read in several ways" in lines(told)
    assert have(course)[f"eve/{NAME}/{NOTEBOOK}"] == b"eve's" and "bo" not in students


def test_a_namesake_in_a_later_zip_is_another_person(course: Course, inbox: Path) -> None:
    folder = f"Li Na_{{}}_assignsubmission_file/{NOTEBOOK}"
    for number, name in ((7, "first.zip"), (8, "late.zip"), (7, "again.zip")):
        collected(course, NAME, [zipped(inbox / name, (folder.format(number), b"%d" % number))])
    assert have(course)[f"Li Na/{NAME}/{NOTEBOOK}"] == b"7"
    assert have(course)[f"Li Na_8/{NAME}/{NOTEBOOK}"] == b"8"


def test_what_a_namesake_hands_in_beside_no_notebook_is_theirs(course: Course, inbox: Path) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Execute.companions = ['*.csv']\n")
    folder = "Li Na_{}_assignsubmission_file/{}"
    path = zipped(
        inbox / "class.zip",
        (folder.format(7, NOTEBOOK), b"7"),
        (folder.format(7, "data.csv"), b"of 7"),
        (folder.format(8, "data.csv"), b"of 8"),
    )
    students, told = collected(Course(course.root), NAME, [path])
    assert students == ["Bo Honest", "Li Na_7"]
    assert have(course)[f"Li Na_7/{NAME}/data.csv"] == b"of 7"
    assert "Li Na_8: handed in no notebook, only data.csv" in lines(told)


def test_what_lies_beside_is_bounded(
    course: Course, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.classroom.collect.MAX_COMPANIONS", 3)
    monkeypatch.setattr("autograder.classroom.collect.MAX_BESIDE", 100)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Execute.companions = ['*.csv']\n")
    path = zipped(
        inbox / "class.zip",
        (f"ada/{NOTEBOOK}", b"ada's"),
        *((f"ada/{n}.csv", b"1") for n in range(5)),
        (f"eve/{NOTEBOOK}", b"eve's"),
        ("eve/small.csv", b"x" * 60),
        ("eve/too much.csv", b"x" * 60),
    )
    _, told = collected(Course(course.root), NAME, [path])
    assert {name for name in have(course) if name.endswith(".csv")} == {
        *(f"ada/{NAME}/{n}.csv" for n in range(3)),
        f"eve/{NAME}/small.csv",
    }
    assert lines(told).count("more than 50 files or 8 MB in all") == 3


@pytest.mark.parametrize("kind", ["folders", "names"])
def test_nobody_hides_what_others_handed_in(kind: str, course: Course, inbox: Path) -> None:
    """One who hands in hundreds of odd files fills no list in which another would stand."""
    folder = {
        "folders": "{}_{}_assignsubmission_file/{}",
        "names": "{}_{}_77_{}",
    }[kind]
    path = zipped(
        inbox / "class.zip",
        *(info(folder.format("eve", 5, f"{n:03}.ipynb"), mode=0o120777) for n in range(300)),
        *((folder.format("eve", 5, f"empty {n:03}.ipynb"), b"") for n in range(300)),
        *((folder.format("eve", 5, f"note {n:03}.ipynb"), b"{}") for n in range(300)),
        info(folder.format("zoe", 6, NOTEBOOK), mode=0o120777),
    )
    told = lines(collected(course, NAME, [path])[1])
    assert f"{folder.format('zoe', 6, NOTEBOOK)}: a link" in told
    assert "595 more files that cannot be taken" in told
    assert len(told.splitlines()) < 20


def test_settings_are_never_collected(course: Course, inbox: Path) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Execute.companions = ['*']\n")
    path = zipped(
        inbox / "class.zip",
        info("eve/02_mse.ipynb"),
        ("eve/nbgrader_config.py", b"import os"),
        ("eve/x/nbgrader_config.py", b"import os"),
        ("eve/x/timestamp.txt", b"2020-01-01"),
        ("eve/NBGRADER_config.PY", b"import os"),
        ("eve/x/nbgrader_config.json", b"{}"),
        ("eve/Timestamp.TXT", b"2020-01-01"),
        ("eve/x/data.csv", b"1"),
    )
    collected(Course(course.root), NAME, [path])
    assert {n.split("/", 1)[1] for n in have(course) if n.startswith("eve")} == {
        f"{NAME}/{NOTEBOOK}",
        f"{NAME}/x/data.csv",
    }


def test_companions_are_collected_where_the_course_allows_them(course: Course, inbox: Path) -> None:
    entries = [
        (f"ada/{NOTEBOOK}", b"ada's"),
        ("ada/helpers.py", b"x = 1"),
        ("ada/data/x.csv", b"1"),
        ("ada/nbgrader_config.py", b"evil"),
        ("ada/big.bin", b"left"),
        ("cleo_1_2_02_mse.ipynb", b"cleo's"),
        ("cleo_1_3_helpers.py", b"y = 2"),
    ]
    path = zipped(inbox / "class.zip", *entries)
    _, told = collected(course, NAME, [path])
    assert {name for name in have(course) if not name.endswith(".ipynb")} == set()
    assert lines(told) == (
        "files beside notebooks: left where they were: helpers.py of ada, data/x.csv of ada, "
        "big.bin of ada, helpers.py of cleo; c.Execute.companions can allow them"
    )
    settings = course.root / "nbgrader_config.py"
    settings.write_text(settings.read_text() + "\nc.Execute.companions = ['*.py', '*.csv']\n")
    _, told = collected(Course(course.root), NAME, [path])
    assert {n: c for n, c in have(course).items() if not n.endswith(".ipynb")} == {
        f"ada/{NAME}/helpers.py": b"x = 1",
        f"ada/{NAME}/data/x.csv": b"1",
        f"cleo/{NAME}/helpers.py": b"y = 2",
    }
    assert "big.bin of ada; " in lines(told)


def test_notebooks_themselves(course: Course, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (inbox / "li").mkdir()
    for name in ("ada.ipynb", f"li/{NOTEBOOK}", "nali_12346_67891_02_mse-1.ipynb"):
        (inbox / name).write_bytes(name.encode())
    monkeypatch.chdir(inbox)
    given = [Path("ada.ipynb"), inbox / "li" / NOTEBOOK, *Path().glob("nali*")]
    assert collected(course, NAME, given) == (["ada", "li", "nali"], [])
    assert have(course)[f"li/{NAME}/{NOTEBOOK}"] == f"li/{NOTEBOOK}".encode()
    monkeypatch.chdir(inbox / "li")
    assert collected(course, NAME, [Path()]) == (["li"], [])
    assert collected(course, NAME, [course.submitted(".", ".")]) == (["ada", "li", "nali"], [])


def test_instructors_own_pattern(course: Course, inbox: Path) -> None:
    settings = course.root / "nbgrader_config.py"
    before = settings.read_text()
    pattern = r".*/hw-(?P<file_id>\w+)-by-(?P<student_id>\w+)\.ipynb"
    settings.write_text(f"{before}\nc.FileNameCollectorPlugin.named_regexp = r'{pattern}'\n")
    path = zipped(
        inbox / "class.zip", info(f"hw-{NAME}-by-ada.ipynb"), info("hw-01_mae-by-li.ipynb")
    )
    students, told = collected(Course(course.root), NAME, [path])
    assert students == ["ada"]
    assert "hw-01_mae-by-li.ipynb is of another assignment" in lines(told)
    assert "does not say whose it is" in lines(told)  # bo's, which is named otherwise
    settings.write_text(f"{before}\nc.FileNameCollectorPlugin.named_regexp = '('\n")
    with pytest.raises(CourseError, match=r"^FileNameCollectorPlugin\.named_regexp: "):
        collected(Course(course.root), NAME, [path])


def test_newer_file_replaces_the_earlier_one_which_is_kept(course: Course, inbox: Path) -> None:
    path = inbox / "ada.ipynb"
    for number, (content, says, now) in enumerate([
        (b"first", "", b"first"),
        (b"first", "", b"first"),
        (b"second", "the earlier one is grading/submitted/ada/02_mse.earlier/02_mse_", b"second"),
        (b"third", "is new", b"third"),
    ]):  # fmt: skip
        path.write_bytes(content)
        os.utime(path, (1e9 + number, 1e9 + number))
        students, told = collected(course, NAME, [path])
        assert students == ["ada"] and says in lines(told) and bool(told) == bool(says)
        assert have(course)[f"ada/{NAME}/{NOTEBOOK}"] == now
    path.write_bytes(b"second")
    os.utime(path, (1e9, 1e9))
    students, told = collected(course, NAME, [path])
    assert students == [
        "ada"
    ] and "is older than grading/submitted/ada/02_mse/02_mse.ipynb, which" in lines(told)
    assert have(course)[f"ada/{NAME}/{NOTEBOOK}"] == b"third"
    assert sorted(have(course).values()) == [b"first", b"second", b"third"]
    assert collected(course, NAME, [course.submitted(".", ".")]) == (["ada"], [])


@pytest.mark.parametrize(
    ("entries", "taken"),
    [
        (["a_1_11_02_mse.ipynb", "a_1_9_02_mse-1.ipynb"], 0),  # Canvas counts what is handed in
        (["a_1_8_02_mse.ipynb", "a_LATE_1_11_02_mse-1.ipynb"], 1),
        (["a/02_mse-1.ipynb", "a/02_mse.ipynb"], 0),
        (["a/02_mse-10.ipynb", "a/02_mse-9.ipynb"], 0),
        (["a/02_mse (2).ipynb", "a/02_mse.ipynb"], 0),
        (["a/02_mse.ipynb", "a/zzz.ipynb"], 0),
        (["a.ipynb", "a/02_mse.ipynb"], 1),
    ],
)
def test_of_several_the_last_is_taken(
    entries: list[str], taken: int, course: Course, inbox: Path
) -> None:
    for order in (entries, entries[::-1]):
        files = [(info(name)[0], name.encode()) for name in order]
        students, told = collected(course, NAME, [zipped(inbox / "class.zip", *files)])
        assert students == ["Bo Honest", "a"]
        assert have(course)[f"a/{NAME}/{NOTEBOOK}"] == entries[taken].encode()
        assert {notice.about for notice in told} - {"late"} == {"a"}
        assert f"{entries[taken]} is taken, not" in lines(told)


def test_of_several_the_newest_is_taken(course: Course, inbox: Path) -> None:
    later = info("a/02_mse.ipynb", (2026, 10, 1, 12, 0, 2))[0], b"later"
    path = zipped(inbox / "class.zip", later, info("a/02_mse (1).ipynb"))
    collected(course, NAME, [path])
    assert have(course)[f"a/{NAME}/{NOTEBOOK}"] == b"later"


def test_namesakes_are_not_mixed_up(course: Course, inbox: Path) -> None:
    names = [f"Li Na_{n}_assignsubmission_file_/{NOTEBOOK}" for n in (7, 8)]
    path = zipped(inbox / "class.zip", *((name, name.encode()) for name in names))
    students, told = collected(course, NAME, [path])
    assert students == ["Bo Honest", "Li Na_7", "Li Na_8"]
    assert lines(told).count("is not the only Li Na, and got a number") == 2
    assert have(course)[f"Li Na_8/{NAME}/{NOTEBOOK}"] == names[1].encode()
    again = zipped(inbox / "again.zip", (names[1], b"new"))
    assert collected(course, NAME, [again])[0] == ["Bo Honest", "Li Na_8"]
    assert have(course)[f"Li Na_8/{NAME}/{NOTEBOOK}"] == b"new"
    assert have(course)[f"Li Na_7/{NAME}/{NOTEBOOK}"] == names[0].encode()


def test_nobody_becomes_a_namesake_with_a_number(course: Course, inbox: Path) -> None:
    """Whoever may choose their name may choose one that others get a number for."""
    liar = f"Ada_101_102_assignsubmission_file/{NOTEBOOK}"
    two = [f"Ada_101_assignsubmission_file/{NOTEBOOK}", f"Ada_103_assignsubmission_file/{NOTEBOOK}"]
    for first, second in (([liar], two), (two, [liar]), ([], [liar, *two])):
        shutil.rmtree(course.submitted(".", "."), ignore_errors=True)
        (course.home / f"{NAME}.jsonl").unlink(missing_ok=True)
        for number, names in enumerate((first, second)):
            entries = [(name, name.encode()) for name in names]
            collected(course, NAME, [zipped(inbox / f"{number}.zip", *entries)])
        assert sorted(have(course).values()) == [*sorted(n.encode() for n in [liar, *two]), HONEST]


def test_a_name_with_underscores_is_not_another_ones(course: Course, inbox: Path) -> None:
    def blackboard(*names: str) -> list[str]:
        attempts = (f"{name}_attempt_2026-10-01-12-00-00_{NOTEBOOK}" for name in names)
        path = inbox / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in attempts:
                archive.writestr(name, name)
        return collected(course, NAME, [path])[0]

    assert blackboard("HW2_a_b", "HW2_b") == ["a_b", "b"]
    assert blackboard("HW2_a_d", "HW2_c_d") == []  # are both called d?


def test_what_lies_in_what_one_person_sent_is_theirs(course: Course, inbox: Path) -> None:
    folder = inbox / "Eve_102_assignsubmission_file"
    for name in f"Bob/{NOTEBOOK}", f"Ada_1_assignsubmission_file/{NOTEBOOK}":
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(HONEST)
    assert collected(course, NAME, [folder])[0] == ["Eve"]


def test_a_folder_called_like_another_assignment_hides_nobody(course: Course, inbox: Path) -> None:
    path = zipped(inbox / "x.zip", info(f"{MOODLE}/01_mae/{NOTEBOOK}"))
    assert collected(course, NAME, [path])[0] == ["Ada Lovelace", "Bo Honest"]


def test_folders_inside_each_other_end_nothing(course: Course, inbox: Path) -> None:
    for name in "eve", "bo":
        (inbox / "class" / name).mkdir(parents=True)
        (inbox / "class" / name / NOTEBOOK).write_bytes(HONEST)
    here = os.getcwd()
    try:
        os.chdir(inbox / "class" / "eve")
        for _ in range(1_500):
            os.mkdir("a")
            os.chdir("a")
    finally:
        os.chdir(here)
    try:
        assert collected(course, NAME, [inbox / "class"])[0] == ["bo", "eve"]
        assert len(list(itertools.islice(beside(inbox / "class" / "eve"), 10))) == 1
        with pytest.raises(Unreadable, match="folders inside each other"):
            nothing_odd(inbox / "class" / "eve")
    finally:
        subprocess.run(["rm", "-rf", inbox / "class" / "eve" / "a"], check=True)


def test_several_notebooks_are_told_apart(course: Course, inbox: Path) -> None:
    (course.source(NAME) / "part_2.ipynb").write_text("ours")
    names = [f"{MOODLE}/{NOTEBOOK}", f"{MOODLE}/part_2 (1).ipynb", f"{MOODLE}/notes.ipynb"]
    students, told = collected(course, NAME, [zipped(inbox / "class.zip", *map(info, names))])
    assert students == ["Ada Lovelace", "Bo Honest"]
    assert lines(told) == f"Ada Lovelace: class.zip/{names[2]} is none of 02_mse, part_2"
    assert {f"Ada Lovelace/{NAME}/part_2.ipynb", f"Ada Lovelace/{NAME}/{NOTEBOOK}"} < {
        *have(course)
    }


def patched(path: Path, local: int, central: int, value: bytes) -> Path:
    """Overwrite the same field of the first entry in its own and in the central header."""
    content = bytearray(path.read_bytes())
    for place in (local, content.index(b"PK\1\2") + central):
        content[place : place + len(value)] = value
    path.write_bytes(content)
    return path


def hostile(*entries: Entry, packed: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], Path]:
    """Return what writes an archive with these entries and an honest student."""
    return lambda inbox: zipped(inbox / "class.zip", *entries, packed=packed)


def named(*names: str) -> Callable[[Path], Path]:
    """Return what writes an archive with files of these names and an honest student."""
    return hostile(*map(info, names))


def broken(change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """Return what writes an archive of which nothing can be read."""

    def write(inbox: Path) -> Path:
        path = zipped(inbox / "class.zip", info(f"eve/{NOTEBOOK}"))
        path.write_bytes(change(path.read_bytes()))
        return path

    return write


def nested(inbox: Path) -> Path:
    inner = zipped(inbox / "inner.zip", info(f"eve/{NOTEBOOK}")).read_bytes()
    (inbox / "inner.zip").unlink()
    return zipped(inbox / "class.zip", ("Eve_1_assignsubmission_file_/all.zip", inner))


def lying(inbox: Path) -> Path:
    """An entry that says it has ten bytes and has 300 MB."""
    path = zipped(inbox / "class.zip", (f"eve/{NOTEBOOK}", bytes(300 * 2**20)))
    return patched(path, 22, 24, (10).to_bytes(4, "little"))


LONG_NAMES = [info(f"{number}{'x' * 60_000}.ipynb") for number in range(MAX_CONTENTS // 60_000 + 1)]
OUTSIDE = "a path that no archive should have"
WHOSE = "cannot be a student's name; rename it"
REFUSED = "class.zip: not a zip, or only a part of one; download it again"
HOSTILE: dict[str, tuple[Callable[[Path], Path], str, int]] = {
    "out of the folder": (named(f"../../eve/{NOTEBOOK}"), OUTSIDE, 1),
    "out of a student's folder": (named(f"eve/../../{NOTEBOOK}"), OUTSIDE, 1),
    "absolute": (named(f"/tmp/collect/eve/{NOTEBOOK}"), OUTSIDE, 1),
    "no name at all": (named("./.", "."), OUTSIDE, 2),
    "drive letter": (named(f"C:/eve/{NOTEBOOK}", f"C:{NOTEBOOK}"), OUTSIDE, 2),
    "backslashes": (named(f"..\\eve\\{NOTEBOOK}", f"eve\\{NOTEBOOK}"), OUTSIDE, 2),
    "NUL": (named(f"eve/{NOTEBOOK}@.png"), OUTSIDE, 1),
    "very long": (
        named(f"{'e' * 300}/{NOTEBOOK}", f"{'e' * 120}x/{NOTEBOOK}"),
        f"{OUTSIDE}|{WHOSE}",
        2,
    ),
    "deep": (named("eve/" * 300 + NOTEBOOK), OUTSIDE, 1),
    "control characters": (named(f"e\x1b[2Jve/{NOTEBOOK}", "e\nve.ipynb"), WHOSE, 2),
    "control characters in a file": (
        hostile(info("eve/\x1b[2J.ipynb"), info("eve/\x9b.ipynb")),
        "is taken, not",
        1,
    ),
    "bidi override": (named(f"e\u202eve/{NOTEBOOK}"), WHOSE, 1),
    "reserved": (named(f"CON/{NOTEBOOK}", "nul.ipynb", "com1.x.ipynb"), WHOSE, 3),
    "an option": (named(f"-rf/{NOTEBOOK}", "--help.ipynb"), WHOSE, 2),
    "patterns": (
        named("*.ipynb", "e?e.ipynb", f"[ab]/{NOTEBOOK}", f"{{student_id}}/{NOTEBOOK}"),
        WHOSE,
        4,
    ),
    "a formula": (named(f"=1+1/{NOTEBOOK}"), WHOSE, 1),
    "dots": (named(f".../{NOTEBOOK}", f"eve./{NOTEBOOK}", "~.ipynb"), WHOSE, 1),
    "capitals only": (named("eve.ipynb", "EVE.ipynb"), "EVE and eve are too alike; rename one", 2),
    "letters that are one": (named("ﬁ.ipynb", "fi.ipynb"), "fi and ﬁ are too alike", 2),
    "same name twice": (named(f"eve/{NOTEBOOK}", f"eve/{NOTEBOOK}"), "several 02_mse", 1),
    "link": (
        hostile(info(f"eve/{NOTEBOOK}", mode=stat.S_IFLNK | 0o777)),
        "a link, and links are not followed",
        1,
    ),
    "linked folder": (
        hostile(info("eve", mode=stat.S_IFLNK | 0o777), info(f"__MACOSX/eve/{NOTEBOOK}")),
        "a link",
        1,
    ),
    "pipe": (hostile(info(f"eve/{NOTEBOOK}", mode=stat.S_IFIFO | 0o666)), "a pipe or a device", 1),
    "folder of that name": (hostile((f"eve/{NOTEBOOK}/", b"")), "a folder, not a notebook", 1),
    "empty": (hostile((f"eve/{NOTEBOOK}", b"")), "an empty file", 1),
    "too large": (hostile((f"eve/{NOTEBOOK}", bytes(MAX_RAW + 1))), "larger than 100 MB", 1),
    "lies about its size": (lying, "damaged in the archive", 1),
    "nested": (nested, "handed in no notebook, only all.zip", 1),
    "locked": (
        lambda inbox: patched(named(f"eve/{NOTEBOOK}")(inbox), 6, 8, b"\1"),
        "locked with a password",
        1,
    ),
    "unusual packing": (
        lambda inbox: patched(named(f"eve/{NOTEBOOK}")(inbox), 8, 10, b"\x0e"),
        "packed in an unusual way",
        1,
    ),
    "damaged": (
        lambda inbox: patched(named(f"eve/{NOTEBOOK}")(inbox), 60, 0, b"PK\1\2"),
        "damaged in the archive",
        1,
    ),
    "no notebook": (
        named(f"{MOODLE}/report.pdf", f"{MOODLE}/02_mse.ipynb.txt"),
        "Ada Lovelace: handed in no notebook, only 02_mse.ipynb.txt, report.pdf",
        1,
    ),
    "wrong assignment": (
        named(f"{MOODLE}/01_mae.ipynb"),
        "01_mae.ipynb is of another assignment",
        1,
    ),
    "truncated": (broken(lambda content: content[:-30]), REFUSED, 1),
    "empty archive file": (broken(lambda content: b""), REFUSED, 1),
    "no archive": (broken(lambda content: b"<html>Please log in</html>"), REFUSED, 1),
    "scrambled contents": (
        broken(lambda content: content.replace(b"PK\1\2", b"PK\1\3")),
        REFUSED,
        1,
    ),
    "too many": (
        hostile(*((f"{n}", b"") for n in range(MAX_FOUND))),
        "more than 100,000 files",
        1,
    ),
    "too many of one": (
        hostile(*((f"eve/{n}.pdf", b"") for n in range(MAX_FOUND_OF + 1))),
        "eve: more than 20,000 files; the others were not looked at",
        1,
    ),
    "called like somebody else's file": (
        named(f"Ada_101_assignsubmission_file_x_102_assignsubmission_file/{NOTEBOOK}"),
        "its name does not say whose it is",
        1,
    ),
    "hidden": (named(f".eve_102_assignsubmission_file/{NOTEBOOK}"), WHOSE, 1),
    "ill-named, and many": (
        named(*(f"CON/{n}.pdf" for n in range(50))),
        f"{WHOSE}|45 more of these",
        6,
    ),
    "long contents": (hostile(*LONG_NAMES), "its table of contents is too long", 1),
    "five thousand odd ones": (
        named(*(f"{n}*.ipynb" for n in range(5000))),
        "4800 lines more|cannot be a student's name",
        201,
    ),
}
"""What writes it, what is told of it, and in how many lines."""
WHOLE = (
    "truncated",
    "empty archive file",
    "no archive",
    "scrambled contents",
    "too many",
    "long contents",
)
TAKEN = {"eve": ("same name twice", "control characters in a file", "dots")}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archive(name: str, course: Course, inbox: Path, tmp_path: Path) -> None:
    write, says, number = HOSTILE[name]
    path = write(inbox)
    if name == "NUL":
        path.write_bytes(path.read_bytes().replace(b"@.png", b"\0.png"))
    (inbox / "second.zip").write_bytes(zipped(inbox / "x.zip").read_bytes())
    given = [path, *([inbox / "second.zip"] if name in WHOLE else [])]
    before = outside(tmp_path, course)
    tracemalloc.start()
    students, told = collected(course, NAME, given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outside(tmp_path, course) == before
    assert peak < 100 * 2**20
    assert len(told) == number, lines(told)
    for line in lines(told).split("\n"):
        assert re.search(says, line), line
    taken = {f"Bo Honest/{NAME}/{NOTEBOOK}": HONEST}
    if name in TAKEN["eve"]:
        taken[f"eve/{NAME}/{NOTEBOOK}"] = info("")[1]
    assert have(course) == taken
    assert students == sorted(who.split("/")[0] for who in taken)
    assert collected(course, NAME, given) == (students, told)


def outside(folder: Path, course: Course) -> dict[Path, object]:
    """Return all that lies elsewhere than where submissions go."""
    ours = course.submitted(".", ".").resolve()
    return {
        path: path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path not in (ours, ours.parent) and ours not in path.parents
        if path != ours.parent / f"{NAME}.jsonl"  # who is known by which number
    }


def test_hostile_folder(course: Course, inbox: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret" / NOTEBOOK
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    folder = inbox / "class"
    for name in ("bo", "link", "pipe", f"folder/{NOTEBOOK}", "large"):
        (folder / name).mkdir(parents=True)
    (folder / "bo" / NOTEBOOK).write_bytes(HONEST)
    (folder / "link" / NOTEBOOK).symlink_to(secret)
    (folder / "linked").symlink_to(secret.parent)
    (folder / "loop").symlink_to(folder)
    (folder / "gone.ipynb").symlink_to(tmp_path / "gone")
    os.mkfifo(folder / "pipe" / NOTEBOOK)
    with (folder / "large" / NOTEBOOK).open("wb") as file:
        file.truncate(2**40)
    before = {*tmp_path.rglob("*")}
    students, told = collected(course, NAME, [folder, folder / "loop", folder / "link" / NOTEBOOK])
    assert students == ["bo"] and have(course) == {f"bo/{NAME}/{NOTEBOOK}": HONEST}
    assert {notice.about: notice.says.split(",")[0] for notice in told} == {
        f"class/link/{NOTEBOOK}": "a link",
        "class/linked": "a link",
        "class/loop": "a link",
        "class/gone.ipynb": "a link",
        f"class/pipe/{NOTEBOOK}": "a pipe or a device",
        f"class/folder/{NOTEBOOK}": "a folder",
        f"class/large/{NOTEBOOK}": "larger than 100 MB; clear its outputs first",
        "loop": "a link",
        NOTEBOOK: "a link",
    }
    grading = course.root / "grading"
    assert {*tmp_path.rglob("*")} - before == {grading, *grading.rglob("*")}


def test_what_is_not_there_or_no_archive(course: Course, inbox: Path) -> None:
    (inbox / "class.tar.gz").write_bytes(b"")
    (inbox / "ada.ipynb").write_bytes(HONEST)
    given = [inbox / name for name in ("nowhere.zip", "class.tar.gz", "ada.ipynb")]
    students, told = collected(course, NAME, given)
    assert students == ["ada"]
    assert lines(told) == (
        "nowhere.zip: there is no such file\n"
        "class.tar.gz: neither a notebook, nor a folder, nor a .zip"
    )


def test_no_more_than_a_disk_holds(
    course: Course, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "MAX_COLLECTED", 2000)
    path = zipped(inbox / "class.zip", *((f"{n}.ipynb", bytes(900)) for n in range(5)))
    students, told = collected(course, NAME, [path])
    assert students == ["0", "1", "Bo Honest"]
    assert [notice.about for notice in told] == ["2", "3", "4"] and "too much at once" in told[
        0
    ].says


def test_a_folder_that_leads_elsewhere_is_not_written_to(
    course: Course, inbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    course.submitted(".", ".").mkdir(parents=True)
    course.submitted("ada", ".").parent.joinpath("ada").symlink_to(tmp_path / "elsewhere")
    path = zipped(inbox / "class.zip", info("ada.ipynb"))
    students, told = collected(course, NAME, [path])
    assert students == ["Bo Honest"] and not any((tmp_path / "elsewhere").iterdir())
    assert "grading/submitted/ada/02_mse/02_mse.ipynb leads elsewhere" in lines(told)


def test_what_lies_there_may_be_large_or_a_link(
    course: Course, inbox: Path, tmp_path: Path
) -> None:
    for name in ("ada", "eve"):
        course.submitted(name, NAME).mkdir(parents=True)
    with (course.submitted("ada", NAME) / NOTEBOOK).open("wb") as file:
        file.truncate(MAX_RAW + 1)
    os.utime(course.submitted("ada", NAME) / NOTEBOOK, (1e9, 1e9))
    (course.submitted("eve", NAME) / NOTEBOOK).symlink_to(course.submitted("ada", NAME) / NOTEBOOK)
    path = zipped(inbox / "class.zip", info("ada.ipynb"), info("eve.ipynb"))
    students, told = collected(course, NAME, [path])
    assert students == ["Bo Honest", "ada"]
    assert "class.zip/ada.ipynb is new; the earlier one is grading/" in lines(told)
    assert "grading/submitted/eve/02_mse/02_mse.ipynb leads elsewhere" in lines(told)
    assert have(course)[f"ada/{NAME}/{NOTEBOOK}"] == info("")[1]


@pytest.mark.parametrize(("there", "new"), [("Ada", "ada"), ("Zoe\u0308", "zo\u00eb")])
def test_a_name_like_one_that_is_there(there: str, new: str, course: Course, inbox: Path) -> None:
    course.submitted(there, NAME).mkdir(parents=True)
    students, told = collected(course, NAME, [zipped(inbox / "class.zip", info(f"{new}.ipynb"))])
    assert students == ["Bo Honest"] and f"{there} and {new} are too alike" in lines(told)


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The whole course, to grade in, and the folder that commands are called in."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / "course" / name)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return Course(tmp_path / "course")


def test_command_collects_and_grades_those_alone(real: Course, inbox: Path) -> None:
    run = CliRunner().invoke
    ada, _, bilal = write_sample(real, NAME, 3)
    path = zipped(
        inbox / "class.zip",
        (f"{MOODLE}/{NOTEBOOK}", ada.read_bytes()),
        ("Bilal B_7_assignsubmission_file_/nothing.pdf", b"%PDF"),
        info(f"../{NOTEBOOK}"),
    )
    done = run(app, ["grade", NAME, str(path), "--json"])
    assert done.exit_code == 3, done.stderr
    said = json.loads(done.stdout)
    rows = {row["student"]: row for row in said["submissions"]}
    told = {notice["about"]: notice["says"] for notice in said["notices"]}
    assert rows["Ada Lovelace"]["points"] == 12 and rows["Ada Lovelace"]["notes"] == []
    assert rows["Bo Honest"]["notes"] == ["not a notebook: its JSON is broken or incomplete"]
    assert told[f"class.zip/../{NOTEBOOK}"] == "a path that no archive should have"
    assert len(rows) == 2 and told.keys() - rows.keys() - {"secret seed"} == {
        f"class.zip/../{NOTEBOOK}",
        "Bilal B",
    }
    assert {*scored(real, NAME)} == {"Ada Lovelace"}
    path = zipped(path, (f"{MOODLE}/{NOTEBOOK}", bilal.read_bytes()), info(f"../{NOTEBOOK}"))
    done = run(app, ["grade", NAME, str(path)])
    assert done.exit_code == 3 and "12 / 12" not in done.stdout
    assert f"✗ class.zip/../{NOTEBOOK}: a path that no archive should have\n" in done.stdout
    assert f"· Ada Lovelace: class.zip/{MOODLE}/{NOTEBOOK} is new; the earlier" in done.stdout
    assert {*scored(real, NAME)} == {"Ada Lovelace"}
    assert "anouk" in run(app, ["grade", NAME]).stdout  # and without paths everybody's


def test_command_says_when_nothing_could_be_collected(real: Course, inbox: Path) -> None:
    run = CliRunner().invoke
    (inbox / "class.zip").write_bytes(b"no zip")
    for arguments, says in [
        ([NAME, str(inbox / "class.zip")], f"{REFUSED}\n"),
        ([NAME, "nowhere"], "nowhere: there is no such file\n"),
        (
            ["class.zip"],
            "autograder: say the assignment first: autograder grade 02_mse class.zip\n",
        ),
    ]:
        done = run(app, ["grade", *arguments])
        assert done.exit_code == 1 and says in done.stdout + done.stderr, done.output
    done = run(app, ["grade", NAME, "nowhere", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["notices"][0]["says"] == "there is no such file"


def test_release_writes_a_zip_for_students(real: Course, inbox: Path) -> None:
    run = CliRunner().invoke
    data = real.root / "solutions" / NAME / "data" / "views.csv"
    data.parent.mkdir()
    data.write_bytes(b"1,2\n" * 9)
    (data.parent.parent / ".hidden").write_text("mine")
    made = set()
    for _ in range(2):
        done = run(app, ["release", NAME])
        assert done.exit_code == 0, done.stderr
        assert "For students: grading/release/02_mse.zip" in done.stdout
        made.add((real.root / "grading/release/02_mse.zip").read_bytes())
        os.utime(data)
    assert len(made) == 1
    with zipfile.ZipFile(real.root / "grading/release/02_mse.zip") as archive:
        assert archive.namelist()[:2] == [f"{NAME}/{NOTEBOOK}", f"{NAME}/data/views.csv"]
        notebook = archive.read(f"{NAME}/{NOTEBOOK}")
        assert archive.read(f"{NAME}/data/views.csv") == data.read_bytes()
    assert notebook == (ROOT / "exercises" / NAME / NOTEBOOK).read_bytes()
    assert not any(s in notebook for s in (b"BEGIN SOLUTION", b"HIDDEN TESTS", b"MARKING SCHEME"))
    (data.parent / "helper.py").write_text("### BEGIN SOLUTION\n")
    done = run(app, ["release", NAME])
    assert done.exit_code == 1
    assert "02_mse/data/helper.py holds a solution; no zip was written" in done.stderr
    assert {(real.root / "grading/release/02_mse.zip").read_bytes()} == made


def test_released_zip_comes_back_as_a_submission(real: Course, inbox: Path) -> None:
    assert CliRunner().invoke(app, ["release", NAME]).exit_code == 0
    shutil.copy(real.root / "grading/release/02_mse.zip", inbox / "ada.zip")
    assert collected(real, NAME, [inbox / "ada.zip"]) == (["ada"], [])


@pytest.mark.parametrize("lay", [os.mkfifo, "link"], ids=["pipe", "link"])
def test_nothing_that_lay_in_a_folder_is_written_through(
    lay: Callable[[Path], None] | str, course: Course, inbox: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    folder = course.submitted("ada", NAME)
    folder.mkdir(parents=True)
    for name in (f".{NAME}.new", f"{NAME}.new", f".{NOTEBOOK}.new"):
        if callable(lay):
            lay(folder / name)
        else:
            (folder / name).symlink_to(precious)
    path = zipped(inbox / "class.zip", info("ada.ipynb"))
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, course.root, path], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert (folder / NOTEBOOK).read_bytes() == info("")[1]
    assert precious.read_text() == "precious"
    assert stat.S_IMODE((folder / NOTEBOOK).stat().st_mode) == 0o644


@pytest.mark.parametrize("link", ["eve", f"eve/{NAME}", f"eve/{NAME}.earlier"])
def test_a_students_folder_is_no_link(link: str, course: Course, inbox: Path) -> None:
    """Not to another student's folder either, which is where submissions may be written."""
    ada = course.submitted("ada", NAME)
    ada.mkdir(parents=True)
    (ada / NOTEBOOK).write_bytes(HONEST)
    os.utime(ada / NOTEBOOK, (1e9, 1e9))
    if link.endswith(".earlier"):
        shutil.copytree(ada, course.submitted("eve", NAME))
    path = course.submitted(".", ".").resolve() / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(ada.parent if link == "eve" else ada)
    students, told = collected(course, NAME, [zipped(inbox / "class.zip", info("eve.ipynb"))])
    assert students == ["Bo Honest"] and "eve/02_mse/02_mse.ipynb leads elsewhere" in lines(told)
    assert [path.read_bytes() for path in ada.iterdir()] == [HONEST]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("as it was")
    with pytest.raises(OSError, match="full"), whole(tmp_path / "kept") as file:
        file.write(b"half of")
        raise OSError("the disk is full")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"kept": "as it was"}


@pytest.mark.parametrize("again", [" copy (1)", " copy", " (1)", "-1", " copy 1", "_-_(1)", "- "])
@pytest.mark.parametrize("end", ["", "b", "(", " copy("])
def test_a_long_file_name_takes_no_time(again: str, end: str) -> None:
    name = (again * 200)[:198] + end
    begun = time.perf_counter()
    for pattern in (AGAIN, MOODLES, CANVAS, ANONYMOUS, FORBIDDEN, RESERVED, STRAY):
        pattern.search(name)
    for pattern in (MOODLES, CANVAS, ANONYMOUS):
        pattern.fullmatch(name)
    assert time.perf_counter() - begun < 0.5
