"""What students get: a zip of a released assignment, the same bytes whenever it is made."""

from __future__ import annotations

import zipfile
from pathlib import Path

from autograder.classroom.course import Course, CourseError
from autograder.classroom.rebuild import whole

SECRETS = (b"BEGIN SOLUTION", b"BEGIN HIDDEN TESTS", b"BEGIN MARK")
"""What nbgrader takes out of notebooks; other files it copies as they are."""


def hand_out(course: Course, assignment: str) -> Path:
    """Write a released assignment, its data files included, into a zip; return where that is.

    Raises CourseError rather than hand out a solution.
    """
    folder = course.released(assignment)
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    target = course.home / "release" / f"{assignment}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not compressed: that depends on the machine.
    with whole(target) as file, zipfile.ZipFile(file, "w") as archive:
        for inside in sorted(files, key=Path.as_posix):
            if any(part.startswith((".", "__")) for part in inside.parts):
                continue
            content = files[inside].read_bytes()
            if any(secret in content for secret in SECRETS):
                raise CourseError(f"{assignment}/{inside} holds a solution; no zip was written")
            entry = zipfile.ZipInfo(f"{assignment}/{inside.as_posix()}")
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    return target
