"""Every command of the instructor's guide does what it says, from a Moodle zip to feedback."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from traitlets.config import Config

from autograder.classroom.course import Course
from autograder.classroom.sample import sample_course, write_sample

GUIDE = (ROOT / "docs" / "instructors.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", GUIDE, re.M | re.S)
SETTINGS = re.findall(r"^    (c\.\w+\.\w+ = .*)$", GUIDE, re.M)
NAME = "02_mse"


def test_settings_in_the_guide_are_python() -> None:
    assert len(SETTINGS) >= 2
    for line in SETTINGS:
        exec(line, {"c": Config()})


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".venv").is_dir(), reason="make's own environment is not there")
def test_every_command_in_the_guide_works_in_its_order(course: Course, tmp_path: Path) -> None:
    """A class of four from Moodle; one of them, at three in the night, was late."""
    (course.root / ".venv").symlink_to(ROOT / ".venv")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, course.root)
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    written = write_sample(sample_course(course), NAME, 4)
    with zipfile.ZipFile(downloads / "class.zip", "w") as archive:
        for number, (path, who) in enumerate(
            zip(written, ("Ada Lovelace", "Anouk", "Bilal", "Bo"), strict=True)
        ):
            day = (2026, 10, 3, 3, 0, 0) if who == "Ada Lovelace" else (2026, 9, 30, 12, 0, 0)
            entry = zipfile.ZipInfo(f"{who}_{number}_assignsubmission_file/{NAME}.ipynb", day)
            archive.writestr(entry, path.read_bytes())
    shutil.rmtree(course.root / "grading")
    environment = os.environ | {
        "HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TZ": "UTC",
    }  # fmt: skip
    ran = 0
    for language, block in BLOCKS:
        lines = block.splitlines() if language == "sh" else [block]
        for line in lines:
            command = ["bash", "-c", line] if language == "sh" else [sys.executable, "-c", line]
            done = subprocess.run(
                command, cwd=course.root, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, line + done.stdout + done.stderr
            ran += 1
    assert ran >= 12
    with (course.root / "grades.csv").open() as file:
        points = {row["student_id"]: row["raw_score"] for row in csv.DictReader(file)}
    assert points["Ada Lovelace"] == "12.0" and len(points) == 4
    pages = course.root / "grading/feedback"
    assert len(list(pages.glob(f"*/{NAME}/{NAME}.html"))) == 4
    assert (course.root / "grading/sample/grading/gradebook.db").exists()
    with course.gradebook() as book:
        late = book.find_submission(NAME, "Ada Lovelace")
        assert late.extension.days == 2 and late.total_seconds_late == 0
