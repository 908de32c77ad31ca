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

from autograder.classroom.companions import TOO_MANY_BESIDE
from autograder.classroom.course import SETTINGS, Course
from autograder.classroom.files import EXCHANGE
from autograder.classroom.found import EARLIER, File
from autograder.classroom.rebuild import Unreadable, ordinary, printable, whole
from autograder.classroom.results import Notice
from autograder.classroom.whose import Claim, Look, Person
from autograder.grader import data_files
from autograder.sandbox.inside.caps import (
    MAX_BESIDE,
    MAX_COLLECTED,
    MAX_COMPANIONS,
    MAX_STAMP,
    MAX_TOLD,
    MAX_TOLD_OF,
)


@dataclass(frozen=True)
class Collected:
    """Whose submissions are there now, and what could not be taken or was chosen."""

    students: list[str]
    notices: list[Notice]


def collect(course: Course, assignment: str, paths: list[Path]) -> Collected:
    """Put what is in the paths into the submitted folder; return whose it is, and what to tell."""
    students = set()
    with ExitStack() as opened:
        looks = [Look(course, assignment, Path(os.path.abspath(p)), opened) for p in paths]
        handed_in = [claim for look in looks for claim in look.handed_in]
        names, numbered = told_apart(course, assignment, handed_in)
        for look in looks:
            look.sort(names)
        claims = [claim for look in looks for claim in look.claims]
        beside = [claim for look in looks for claim in look.beside]
        sure, doubts = unlike(course, claims)
        chosen, choices = latest(sure)
        chosen, times = stamped(course, assignment, chosen, beside)
        told = [notice for look in looks for notice in look.notices]
        told += [*numbered, *doubts, *choices, *times]
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
    return Collected(sorted(students), few(told))


def few(told: list[Notice]) -> list[Notice]:
    """Return so many notices that nobody's can hide another's."""
    of_one: dict[str, list[Notice]] = defaultdict(list)
    for notice in told:
        of_one[notice.about].append(notice)
    kept = []
    for about, notices in of_one.items():
        kept += notices[:MAX_TOLD_OF]
        if more := notices[MAX_TOLD_OF:]:
            ungraded = any(notice.ungraded for notice in more)
            kept.append(Notice(about, f"{len(more)} lines more", ungraded))
    more = kept[MAX_TOLD:]
    return kept[:MAX_TOLD] + ([Notice("…", f"{len(more)} lines more")] if more else [])


def told_apart(
    course: Course, assignment: str, claims: list[Claim]
) -> tuple[dict[Person, str], list[Notice]]:
    """Say how everybody is called here: namesakes get their LMS's number.

    It looks at all that was handed in, notebook or not: no file may become a namesake's.
    """
    there = submitters(course)
    known = course.journal(assignment).people()
    persons: dict[str, set[str]] = defaultdict(set)
    for student, number in [*known.items(), *(claim.who for claim in claims)]:
        persons[alike(student)] |= {number} - {""}
    names, taken, told = dict[Person, str](), set[str](), list[Notice]()
    everybody = {claim.who for claim in claims}
    for student, person in sorted(everybody, key=lambda who: (bool(who[1]), who)):
        longer = f"{student}_{person}"
        namesakes = len(persons[alike(student)]) > 1
        first = known.get(student) == person and student in there
        numbered = bool(person) and not first and (namesakes or longer in there)
        name = longer if numbered else student
        while person and (
            alike(name) in taken or known.get(name, person) != person
        ):  # somebody else is called like a namesake with this number
            name, numbered = f"{name}_{person}", True
        names[student, person] = name
        taken.add(alike(name))
        if numbered and name not in there:
            why = f"is not the only {student}, and got a number"
            told.append(Notice(name, why, ungraded=False))
    return names, told


def unlike(course: Course, claims: list[Claim]) -> tuple[list[Claim], list[Notice]]:
    """Leave out names that some systems take for one."""
    told = []
    spellings = defaultdict(set)
    for name in submitters(course) | {claim.student for claim in claims}:
        spellings[alike(name)].add(name)
    for claim in claims:
        if len(same := spellings[alike(claim.student)]) > 1:
            why = f"{' and '.join(sorted(same))} are too alike; rename one: {claim.file.shown}"
            told.append(Notice(claim.student, why))
    return [claim for claim in claims if len(spellings[alike(claim.student)]) == 1], told


def submitters(course: Course) -> set[str]:
    """Return the names in the submitted folder."""
    folder = course.submitted(".", ".")
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


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
    ours, left, told = data_files(course.released(assignment)), [], []
    room: dict[str, tuple[int, int]] = defaultdict(lambda: (MAX_COMPANIONS, MAX_BESIDE))
    for claim in beside:
        name = claim.inside
        handed_out = name in ours or name == "START_HERE.txt" or name.endswith(".whl")
        if is_nbgraders(name) or handed_out or claim.said.kind not in ("", "file"):
            continue
        if not any(fnmatch(name, pattern) for pattern in course.settings.companions):
            left.append(f"{name} of {claim.student}")
            continue
        number, size = room[claim.student]
        room[claim.student] = number - 1, size - claim.file.size
        try:
            if number < 1 or size < claim.file.size:
                raise Unreadable(TOO_MANY_BESIDE)
            write_beside(course.submitted(claim.student, assignment) / name, claim.file)
        except (Unreadable, OSError) as problem:
            told.append(Notice(claim.student, f"{claim.file.shown}: {printable(problem, 300)}"))
    if left:
        shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        why = f"left where they were: {shown}; c.Execute.companions can allow them"
        told.append(Notice("files beside notebooks", printable(why, 500), ungraded=False))
    return told


def is_nbgraders(name: str) -> bool:
    """Whether a file is one by which nbgrader is told something, on any system's disk."""
    last = PurePosixPath(name.casefold())
    return last.name in EXCHANGE or last.stem == PurePosixPath(SETTINGS).stem


def write_beside(target: Path, file: File) -> None:
    """Write a file of a student's beside the notebook."""
    if any(path.is_symlink() for path in (target, *target.parents)):
        raise Unreadable("it leads elsewhere; move that away first")
    content = file.read()
    if len(content) > MAX_BESIDE:
        raise Unreadable(TOO_MANY_BESIDE)
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as written:
        written.write(content)


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
