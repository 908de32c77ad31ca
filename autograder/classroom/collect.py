"""Collect what was handed in from notebooks, folders and an LMS's archives, byte for byte.

Whose a notebook is, its name says; where it is written, the course says: no path of an archive is
ever written to. What cannot be taken is told in one line, and the others are taken.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from autograder.classroom.course import Course, CourseError
from autograder.classroom.found import EARLIER, File, files
from autograder.classroom.rebuild import Unreadable, ordinary, printable, whole
from autograder.classroom.results import Notice
from autograder.sandbox.inside.caps import MAX_COLLECTED, MAX_TOLD

MOODLE = re.compile(
    r"(?P<student_id>.+?)_(?P<person>\d{1,20})_assignsubmission_[a-z]+_(?P<file_id>.*)", re.A
)
CANVAS = re.compile(
    r"(?P<student_id>[^_]+)_(?:late_)?(?P<person>\d{1,20})_(?P<turn>\d{1,20})_(?P<file_id>.+)",
    re.A | re.I,
)
"""`person` tells namesakes apart; `turn` grows each time that something is handed in."""
AGAIN = re.compile(
    r"(?:[-_ ]*+\((\d{1,9})\)|-(\d{1,9})|[-_ ]copy(?:\ ?(\d{1,9}))?)++\ ?$", re.A | re.I
)
"""What an LMS, a browser or Jupyter adds to a second file's name. It never takes a step back."""
NO_STUDENT = re.compile(
    r"""^$ | [\\/:*?"<>|\[\]{}] | ^[-.~=+@\ ] | [.\ ]$ | ^(con|prn|aux|nul|com\d|lpt\d)(\.|$)""",
    re.I | re.X,
)
"""What some system cannot have as a folder's name, or nbgrader or a spreadsheet misreads."""
JOINERS = {0x200C: None, 0x200D: None}
"""Invisible letters that names in some scripts are written with, or without."""


@dataclass(frozen=True)
class Collected:
    """Whose submissions are there now, and what could not be taken or was chosen."""

    students: list[str]
    notices: list[Notice]


@dataclass(frozen=True)
class Claim:
    """A file, whose it is, and which notebook it answers. The one that counts has most `weight`."""

    file: File
    student: str
    person: str
    notebook: str
    weight: tuple[bool, int, float, int]


def collect(course: Course, assignment: str, paths: list[Path]) -> Collected:
    """Put what is in the paths into the submitted folder; return whose it is, and what to tell."""
    told: list[Notice] = []
    students = set()
    with ExitStack() as opened:
        claims: list[Claim] = []
        for path in paths:
            whole = Path(os.path.abspath(path))
            found = notebooks(whole, opened, told)
            claims += claimed(course, assignment, whole, found, told)
        left = MAX_COLLECTED
        chosen = latest(told_apart(course, claims, told), told)
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
    more = len(told) - MAX_TOLD
    left_out = [Notice("…", f"{more} lines more")] if more > 0 else []
    return Collected(sorted(students), told[:MAX_TOLD] + left_out)


def notebooks(path: Path, opened: ExitStack, told: list[Notice]) -> list[File]:
    """Return the notebooks in a path; tell what cannot be taken, and who handed in none."""
    found: list[File] = []
    others: dict[PurePosixPath, list[str]] = defaultdict(list)
    try:
        for file in files(path, opened):
            if file.is_leftover:
                continue
            if trouble := file.trouble():
                told.append(Notice(file.shown, trouble))
            elif file.is_notebook:
                found.append(file)
            else:
                others[PurePosixPath(file.inside).parent].append(file.parts[-1])
    except (Unreadable, OSError) as problem:
        told.append(Notice(printable(path.name), printable(problem, 200)))
    for folder in without(others, found):
        names = printable(", ".join(sorted(others[folder])))
        told.append(Notice(printable(f"{path.name}/{folder}"), f"no notebook in it, only {names}"))
    return found


def without(folders: Iterable[PurePosixPath], found: list[File]) -> list[PurePosixPath]:
    """Return which folders have no notebook in them, above or below them."""
    beside = {PurePosixPath(file.inside).parent for file in found}
    above = {folder for place in beside for folder in place.parents}
    top = PurePosixPath()
    return sorted(
        folder
        for folder in set(folders) - beside - above
        if beside.isdisjoint(set(folder.parents) - {top})
    )


def claimed(
    course: Course, assignment: str, path: Path, found: list[File], told: list[Notice]
) -> list[Claim]:
    """Return whose the notebooks of one path are; tell where nothing says it."""
    sources = list(course.source(assignment).parent.glob("*/*.ipynb"))
    ours = {source.stem for source in sources if source.parent.name == assignment}
    others = {name for s in sources for name in (s.stem, s.parent.name)} - ours - {assignment}
    found = [file for file in found if others.isdisjoint(file.parts[:-1])]
    claims, wrong = [], {}
    for file, groups in zip(found, named(course, assignment, ours, path, found), strict=True):
        title = stem(groups.get("file_id") or file.parts[-1], ours | others)
        name = groups.get("student_id") or ""
        student = student_id(name)
        notebook = title if title in ours else min(ours) if len(ours) == 1 else ""
        if not name:
            told.append(Notice(file.shown, "its name does not say whose it is"))
        elif not student:
            why = f"“{printable(name, 50)}” cannot be a student's name; rename it"
            told.append(Notice(file.shown, why))
        elif title in others:
            wrong[student] = f"{file.shown} is of another assignment"
        elif not notebook:
            told.append(Notice(student, f"{file.shown} is none of {', '.join(sorted(ours))}"))
        else:
            again = AGAIN.search(PurePosixPath(file.parts[-1]).stem)
            number = max((int(n or 0) for n in again.groups()), default=0) if again else 0
            weight = (title in ours, int(groups.get("turn") or 0), file.time, number)
            claims.append(Claim(file, student, groups.get("person") or "", notebook, weight))
    have = {claim.student for claim in claims}
    told += [Notice(student, why) for student, why in wrong.items() if student not in have]
    return claims


def named(
    course: Course, assignment: str, ours: set[str], path: Path, found: list[File]
) -> list[dict[str, str | None]]:
    """Return what names say of files, as nbgrader's zip_collect has it: student_id, file_id."""
    own = course.config.FileNameCollectorPlugin.get("named_regexp", "")
    if own:
        try:
            matches = [re.match(own, f"{path.with_suffix('')}/{file.inside}") for file in found]
        except re.error as problem:
            raise CourseError(f"FileNameCollectorPlugin.named_regexp: {problem}") from None
        return [match.groupdict() if match else {} for match in matches]
    where = [path.name if path.is_dir() else path.stem, *(folder.name for folder in path.parents)]
    home = next((name for name in where if stem(name, ours) not in {assignment, *ours}), "")
    places = [
        (*(folder for folder in file.parts[:-1] if folder != assignment), file.parts[-1])
        for file in found
    ]
    return [by_name(place, home, ours) for place in inner(places, home)]


def inner(places: list[tuple[str, ...]], home: str) -> list[tuple[str, ...]]:
    """Leave out a folder around everything: called like its archive, or with submissions in it."""
    tops = {place[0] for place in places}
    depth = min(map(len, places), default=0)
    if len(tops) != 1 or depth < 2 or by_lms(min(tops)):
        return places
    below = {place[1] for place in places}
    many = (depth > 2 and len(below) > 1) or all(map(by_lms, below))
    return [place[1:] for place in places] if many or tops == {home} else places


def by_name(place: tuple[str, ...], home: str, ours: set[str]) -> dict[str, str | None]:
    """Say whose a notebook is: by its first folder, by its own name, or by where it was found."""
    if len(place) > 1:
        return {**(by_lms(place[0]) or {"student_id": place[0]}), "file_id": place[-1]}
    if stem(place[0], ours) in ours:
        return {**(by_lms(home) or {"student_id": home}), "file_id": place[0]}
    name = PurePosixPath(place[0]).stem
    return by_lms(name) or {"student_id": name}


def by_lms(name: str) -> dict[str, str | None]:
    """Return what Moodle or Canvas says in a name, or nothing."""
    match = MOODLE.fullmatch(name) or CANVAS.fullmatch(name)
    return match.groupdict() if match else {}


def stem(name: str, known: set[str]) -> str:
    """Return a notebook's name without its ending, and without what marks it as a second one."""
    bare = name[:-6] if name.lower().endswith(".ipynb") else name
    return bare if bare in known else AGAIN.sub("", bare)


def student_id(name: str) -> str:
    """Return a name as nbgrader and every system's folders can have it, or nothing."""
    name = normalize("NFC", name.translate(JOINERS))
    fits = name.isprintable() and not NO_STUDENT.search(name) and len(name.encode()) <= 120
    return name if fits else ""


def told_apart(course: Course, claims: list[Claim], told: list[Notice]) -> list[Claim]:
    """Give namesakes their LMS's number; leave out names that some systems take for one."""
    folder = course.submitted(".", ".")
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    persons: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        persons[alike(claim.student)] |= {claim.person} - {""}
    for number, claim in enumerate(claims):
        longer = f"{claim.student}_{claim.person}"
        namesakes = len(persons[alike(claim.student)]) > 1
        if claim.person and (namesakes or longer in there):
            claims[number] = replace(claim, student=longer)
        if claim.person and namesakes and longer not in there:
            why = f"is not the only {claim.student}, and got a number"
            told.append(Notice(longer, why, ungraded=False))
    spellings = defaultdict(set)
    for name in there | {claim.student for claim in claims}:
        spellings[alike(name)].add(name)
    for claim in claims:
        if len(same := spellings[alike(claim.student)]) > 1:
            names = " and ".join(sorted(same))
            why = f"{names} are too alike; rename one: {claim.file.shown}"
            told.append(Notice(claim.student, why))
    return [claim for claim in claims if len(spellings[alike(claim.student)]) == 1]


def alike(name: str) -> str:
    """Return what names have in common that some systems take for the same."""
    return normalize("NFC", name).casefold()


def latest(claims: list[Claim], told: list[Notice]) -> list[Claim]:
    """Choose one of several files for the same notebook of the same student, and say so."""
    groups = defaultdict(list)
    for claim in sorted(claims, key=lambda claim: claim.weight):
        groups[claim.student, claim.notebook].append(claim)
    for (student, notebook), (*left, taken) in groups.items():
        if left:
            names = printable(", ".join(claim.file.shown for claim in left), 300)
            why = f"several {notebook}: {taken.file.shown} is taken, not {names}"
            told.append(Notice(student, why, ungraded=False))
    return [group[-1] for group in groups.values()]


def put(course: Course, assignment: str, claim: Claim) -> Notice | None:
    """Write a notebook where nbgrader expects it, and keep the one before; return what to tell."""
    folder = course.submitted(claim.student, assignment)
    target = folder / f"{claim.notebook}.ipynb"
    shown = os.path.relpath(target, course.root)
    replaced = folder.with_name(f"{assignment}{EARLIER}")
    if any(path.is_symlink() for path in (folder.parent, folder, replaced, target)):
        raise Unreadable(f"{shown} leads elsewhere; move that away first")
    new, note = claim.file.read(), ""
    handed_in = min(claim.file.time or time.time(), time.time())
    folder.mkdir(parents=True, exist_ok=True)
    if target.exists():
        before = target.stat().st_mtime
        with ordinary(target) as file:
            old = hashlib.file_digest(file, "sha256").hexdigest()
        if old == hashlib.sha256(new).hexdigest():
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
    return Notice(claim.student, note, ungraded=False) if note else None
