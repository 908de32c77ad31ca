"""Collect what was handed in from notebooks, folders and an LMS's archives, byte for byte.

Whose a notebook is, its name says; where it is written, the course says: no path of an archive is
ever written to. What cannot be taken is told in one line, and the others are taken.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from nbgrader.utils import parse_utc

from autograder.classroom.course import SETTINGS, Course
from autograder.classroom.files import EXCHANGE
from autograder.classroom.found import EARLIER, File
from autograder.classroom.rebuild import Unreadable, ordinary, printable, whole
from autograder.classroom.results import Notice
from autograder.classroom.whose import Claim, Look
from autograder.grader import data_files
from autograder.sandbox.inside.caps import MAX_COLLECTED, MAX_STAMP, MAX_TOLD


@dataclass(frozen=True)
class Collected:
    """Whose submissions are there now, and what could not be taken or was chosen."""

    students: list[str]
    notices: list[Notice]


def collect(course: Course, assignment: str, paths: list[Path]) -> Collected:
    """Put what is in the paths into the submitted folder; return whose it is, and what to tell."""
    told: list[Notice] = []
    claims: list[Claim] = []
    beside: list[Claim] = []
    students = set()
    with ExitStack() as opened:
        for path in paths:
            look = Look(course, assignment, Path(os.path.abspath(path)), opened)
            claims += look.claims
            beside += look.beside
            told += look.notices
        sure, doubts = told_apart(course, assignment, claims)
        chosen, choices = latest(sure)
        chosen, times = stamped(course, assignment, chosen, beside)
        told += [*doubts, *choices, *times]
        left = MAX_COLLECTED
        for claim in sorted(chosen, key=lambda claim: claim.file.size):
            left -= claim.file.size
            try:
                if left < 0:
                    raise Unreadable(f"too much at once (over {MAX_COLLECTED // 2**30} GB)")
                note = put(course, assignment, claim)
                students.add(claim.student)
            except (Unreadable, OSError) as problem:
                note = Notice(claim.student, f"{claim.file.shown}: {printable(problem, 300)}")
            told += [note] if note else []
        people = {claim.student: claim.said.person for claim in chosen if claim.said.person}
        course.journal(assignment).know(people)
        told += keep(course, assignment, [claim for claim in beside if claim.student in students])
    more = len(told) - MAX_TOLD
    left_out = [Notice("…", f"{more} lines more")] if more > 0 else []
    return Collected(sorted(students), told[:MAX_TOLD] + left_out)


def told_apart(
    course: Course, assignment: str, claims: list[Claim]
) -> tuple[list[Claim], list[Notice]]:
    """Give namesakes their LMS's number; leave out names that some systems take for one."""
    folder = course.submitted(".", ".")
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    told = []
    known = course.journal(assignment).people()
    persons: dict[str, set[str]] = defaultdict(set)
    for student, number in known.items():
        persons[alike(student)].add(number)
    for claim in claims:
        persons[alike(claim.student)] |= {claim.said.person} - {""}
    apart = []
    for claim in claims:
        longer = f"{claim.student}_{claim.said.person}"
        namesakes = len(persons[alike(claim.student)]) > 1
        first = known.get(claim.student) == claim.said.person and claim.student in there
        if claim.said.person and namesakes and longer not in there and not first:
            why = f"is not the only {claim.student}, and got a number"
            told.append(Notice(longer, why, ungraded=False))
        numbered = claim.said.person and not first and (namesakes or longer in there)
        apart.append(replace(claim, student=longer) if numbered else claim)
    spellings = defaultdict(set)
    for name in there | {claim.student for claim in apart}:
        spellings[alike(name)].add(name)
    for claim in apart:
        if len(same := spellings[alike(claim.student)]) > 1:
            why = f"{' and '.join(sorted(same))} are too alike; rename one: {claim.file.shown}"
            told.append(Notice(claim.student, why))
    return [claim for claim in apart if len(spellings[alike(claim.student)]) == 1], told


def alike(name: str) -> str:
    """Return what names have in common that some systems take for the same."""
    return normalize("NFC", name).casefold()


def latest(claims: list[Claim]) -> tuple[list[Claim], list[Notice]]:
    """Choose one of several files for the same notebook of the same student, and say so."""
    groups, told = defaultdict(list), []
    for claim in sorted(claims, key=lambda claim: claim.weight):
        groups[claim.student, claim.notebook].append(claim)
    for (student, notebook), (*left, taken) in groups.items():
        if left:
            names = printable(", ".join(claim.file.shown for claim in left), 300)
            why = f"several {notebook}: {taken.file.shown} is taken, not {names}"
            told.append(Notice(student, why, ungraded=False))
    return [group[-1] for group in groups.values()], told


def stamped(
    course: Course, assignment: str, claims: list[Claim], beside: list[Claim]
) -> tuple[list[Claim], list[Notice]]:
    """Say when submissions were handed in, as far as something says so, and what is not known.

    A timestamp.txt beside the notebook says it, as nbgrader's own exchange has it; else the LMS's
    name or Moodle's zip, by this machine's clock; in an LMS's zip it would be the student's own.
    Canvas only marks what is late. A file's own time says nothing: it is when somebody copied it.
    """
    due = course.due(assignment) if any(claim.said.late for claim in claims) else None
    unknown = []
    stamps = {
        (c.student, c.file.source): stamp_in(c.file)
        for c in beside
        if c.inside == "timestamp.txt" and not c.said.lms
    }
    made = []
    for claim in claims:
        stamp = ""
        if given := stamps.get((claim.student, claim.file.source)):
            stamp = given
        elif claim.said.when:
            stamp = written(claim.said.when.astimezone(UTC))
        elif claim.said.lms == "Moodle" and claim.file.time and not claim.file.source.is_dir():
            stamp = written(datetime.fromtimestamp(claim.file.time, UTC))
        elif claim.said.late:
            unknown.append(claim.student)
            stamp = written(due + timedelta(seconds=1)) if due else ""
        made.append(replace(claim, stamp=stamp))
    counted = "counted as just after the due date" if due else "the assignment has no due date"
    why = f"Canvas says so of {', '.join(sorted(set(unknown)))}, but not how late: {counted}"
    told = [Notice("late", printable(why, 500), ungraded=False)] if unknown else []
    return made, told


def stamp_in(file: File) -> str:
    """Return what a timestamp.txt says, if it is a time."""
    try:
        said = file.read().decode() if file.size <= MAX_STAMP else ""
        return said if said and parse_utc(said.strip()) else ""
    except Exception:  # dateutil raises whatever the odd part happens to cause
        return ""


def written(when: datetime) -> str:
    """Return a time as nbgrader writes it."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def keep(course: Course, assignment: str, beside: list[Claim]) -> list[Notice]:
    """Put what may lie beside a notebook there; tell once what was left."""
    patterns = course.settings.companions
    ours, left, told = data_files(course.released(assignment)), [], []
    for claim in beside:
        name = claim.inside
        handed_out = name in ours or name == "START_HERE.txt" or name.endswith(".whl")
        if (
            PurePosixPath(name).name in (*EXCHANGE, SETTINGS)
            or handed_out
            or claim.said.kind not in ("", "file")
        ):
            continue
        if not any(fnmatch(name, pattern) for pattern in patterns):
            left.append(f"{name} of {claim.student}")
            continue
        try:
            target = course.submitted(claim.student, assignment) / name
            if any(path.is_symlink() for path in (target, *target.parents)):
                raise Unreadable("it leads elsewhere; move that away first")
            target.parent.mkdir(parents=True, exist_ok=True)
            content = claim.file.read()
            with whole(target) as file:
                file.write(content)
        except (Unreadable, OSError) as problem:
            told.append(Notice(claim.student, f"{claim.file.shown}: {printable(problem, 300)}"))
    if left:
        shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        why = f"left where they were: {shown}; c.Execute.companions can allow them"
        told.append(Notice("files beside notebooks", printable(why, 500), ungraded=False))
    return told


def put(course: Course, assignment: str, claim: Claim) -> Notice | None:
    """Write a notebook where nbgrader expects it, and keep the one before; return what to tell."""
    folder = course.submitted(claim.student, assignment)
    target, stamp = folder / f"{claim.notebook}.ipynb", folder / "timestamp.txt"
    shown = os.path.relpath(target, course.root)
    replaced = folder.with_name(f"{assignment}{EARLIER}")
    if any(path.is_symlink() for path in (folder.parent, folder, replaced, target, stamp)):
        raise Unreadable(f"{shown} leads elsewhere; move that away first")
    new, note = claim.file.read(), ""
    handed_in = min(claim.file.time or time.time(), time.time())
    folder.mkdir(parents=True, exist_ok=True)
    if target.exists():
        before = target.stat().st_mtime
        with ordinary(target) as file:
            old = hashlib.file_digest(file, "sha256").hexdigest()
        if old == hashlib.sha256(new).hexdigest():
            if not stamp.exists():
                write_stamp(stamp, claim.stamp)
            return None
        if handed_in < before:
            why = f"{claim.file.shown} is older than {shown}, which stays"
            return Notice(claim.student, why, ungraded=False)
        when = time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(before))
        kept = replaced / f"{target.stem}_{when}_{old[:8]}.ipynb"
        note = f"{claim.file.shown} is new; the earlier one is {os.path.relpath(kept, course.root)}"
    with whole(target) as file:
        file.write(new)
        file.flush()
        os.utime(file.fileno(), (handed_in, handed_in))
        if note:
            replaced.mkdir(exist_ok=True)
            os.replace(target, kept)
            if stamp.exists():
                os.replace(stamp, kept.with_suffix(".timestamp.txt"))
    write_stamp(stamp, claim.stamp)
    return Notice(claim.student, note, ungraded=False) if note else None


def write_stamp(path: Path, stamp: str) -> None:
    """Write when a submission was handed in, where that is known."""
    if stamp:
        with whole(path) as file:
            file.write(stamp.encode())
