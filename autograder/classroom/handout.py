"""What students get: a zip of a released assignment, the same bytes whenever it is made."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import autograder
from autograder.classroom.course import Course, CourseError
from autograder.classroom.rebuild import whole

SECRETS = (b"BEGIN SOLUTION", b"BEGIN HIDDEN TESTS", b"BEGIN MARK")
"""What nbgrader takes out of notebooks; other files it copies as they are."""
PROJECT = "loss_functions_from_scratch"
NOT_THEIRS = ("classroom", "grader")
"""Rooms of the package that only grade: students get none of the sample's answers."""
START = """\
1. Python 3.11 or newer, with JupyterLab and NumPy:  pip install jupyterlab numpy
2. The checks of this course:                        pip install ./{wheel}
3. Open the notebook:                                jupyter lab {assignment}
4. Hand in the notebook from the folder {assignment}, under the name that it has.
"""


def hand_out(course: Course, assignment: str) -> Path:
    """Write a zip with a released assignment, its data files, and the checks; return where it is.

    Raises CourseError rather than hand out a solution.
    """
    folder = course.released(assignment)
    files: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if not path.is_file() or any(part.startswith((".", "__")) for part in inside.parts):
            continue
        content = path.read_bytes()
        if any(secret in content for secret in SECRETS):
            raise CourseError(f"{assignment}/{inside} holds a solution; no zip was written")
        files[f"{assignment}/{inside.as_posix()}"] = content
    name, checks = wheel()
    files |= {
        name: checks,
        "START_HERE.txt": START.format(wheel=name, assignment=assignment).encode(),
    }
    target = course.home / "release" / f"{assignment}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as file:
        file.write(packed(files))
    return target


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files, not compressed: how small that gets depends on the machine."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return raw.getvalue()


def wheel() -> tuple[str, bytes]:
    """Return the name and the bytes of a wheel with what students need of this package.

    It is made here and not by a build tool, for it is not the package: what grades is left out,
    it needs NumPy alone, and it has the same bytes on every machine. The format is that of
    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    number = version(PROJECT)
    home = Path(autograder.__file__).parent
    files = {
        f"autograder/{path.relative_to(home).as_posix()}": path.read_bytes()
        for path in home.rglob("*")
        if path.suffix in (".py", ".toml", ".typed") and is_theirs(path.relative_to(home))
    }
    about = f"{PROJECT}-{number}.dist-info"
    files[f"{about}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: {number}\n"
        "Summary: The checks of a course on loss functions\n"
        "Requires-Python: >=3.11\nRequires-Dist: numpy>=2.0\n"
    ).encode()
    files[f"{about}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    listed = [f"{name},sha256={checked(files[name])},{len(files[name])}" for name in sorted(files)]
    files[f"{about}/RECORD"] = "\n".join([*listed, f"{about}/RECORD,,", ""]).encode()
    return f"{PROJECT}-{number}-py3-none-any.whl", packed(files)


def is_theirs(inside: Path) -> bool:
    """Whether a file of the package is one that students need."""
    return inside.parts[0] not in (*NOT_THEIRS, "cli.py", "work.py")


def checked(content: bytes) -> str:
    """Return a file's digest as a wheel lists it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
