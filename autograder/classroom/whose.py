"""Whose a file is that was found, and which notebook it answers: its name and its place say."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.classroom.course import Course, CourseError
from autograder.classroom.found import File, files, packed
from autograder.classroom.lms import Said, said_by, student_id, unfit
from autograder.classroom.rebuild import Unreadable, printable
from autograder.classroom.results import Notice
from autograder.sandbox.inside.caps import MAX_FOUND_OF, MAX_TOLD_OF

AGAIN = re.compile(
    r"(?:[-_ ]*+\((\d{1,9})\)|-(\d{1,9})|[-_ ]copy(?:\ ?(\d{1,9}))?)++\ ?$", re.A | re.I
)
"""What an LMS, a browser or Jupyter adds to a second file's name. It never takes a step back."""
DOUBTFUL = re.compile(r"(^|_)\d+_", re.A)
"""Numbers in a file's name that could be Canvas's own, after a person's name with others in it."""
INSTEAD = re.compile(r"\.(html?|pdf|py|zip|json|docx?|ipynb\.\w+)$", re.I)
"""What people hand in where a notebook was meant."""


Person = tuple[str, str]
"""A name, and the LMS's number where it gives one."""


@dataclass(frozen=True)
class Claim:
    """A file, whose it is, and which notebook it answers. The one that counts has most `weight`.

    `inside` is the file's path as its student knows it, `stamp` what goes into its timestamp.txt.
    """

    file: File
    student: str
    said: Said
    inside: str
    notebook: str = ""
    weight: tuple[bool, bool, int, float, int] = (False, False, 0, 0.0, 0)
    stamp: str = ""

    @property
    def who(self) -> Person:
        """The name and the number by which people are told apart."""
        return self.student, self.said.person

    @property
    def is_stray(self) -> bool:
        """Whether it lies there as nobody's, like a README beside the notebooks of a class."""
        lone = not self.said.lms and PurePosixPath(self.inside).stem == self.said.name
        return lone and (not INSTEAD.search(self.inside) or self.inside == "index.html")


class Look:
    """What is in one path: `handed_in`, which `sort` parts into `claims` on notebooks and what
    lies `beside` them; and `notices`.
    """

    def __init__(self, course: Course, assignment: str, path: Path, opened: ExitStack) -> None:
        self._path = path
        sources = list(course.source(assignment).parent.glob("*/*.ipynb"))
        self._ours = {s.stem for s in sources if s.parent.name == assignment}
        names = {name for s in sources for name in (s.stem, s.parent.name)}
        self._others = names - self._ours - {assignment}
        self.claims: list[Claim] = []
        self.beside: list[Claim] = []
        self.notices: list[Notice] = []
        found = [file for file in self._files(opened) if not self._is_others(file)]
        self.handed_in = self._claims(course, assignment, found)

    def sort(self, students: Mapping[Person, str]) -> None:
        """Part what was handed in, once it is known who is who."""
        claims = [replace(claim, student=students[claim.who]) for claim in self.handed_in]
        for claim in claims:
            if claim.file.is_notebook and not claim.said.other:
                self._notebook(claim)
            else:
                self.beside.append(claim)
        self._without(claims)

    def _is_others(self, file: File) -> bool:
        """Whether a file lies where another assignment's do; in what one person sent, none does."""
        sent = said_by(file.parts[0]) if len(file.parts) > 1 else None
        return not sent and not self._others.isdisjoint(file.parts[:-1])

    def _files(self, opened: ExitStack) -> Iterator[File]:
        """Yield what is there and can be taken; tell some of what cannot, of each who sent it."""
        troubles: Counter[str] = Counter()
        sent: Counter[str] = Counter()
        try:
            for file in files(self._path, opened):
                sent[sent_by(file)] += 1
                if sent[sent_by(file)] > MAX_FOUND_OF:
                    continue
                if trouble := "" if file.is_leftover else file.trouble():
                    troubles[sender := sent_by(file)] += 1
                    if troubles[sender] <= MAX_TOLD_OF:
                        self.notices.append(Notice(file.shown, trouble))
                elif not file.is_leftover:
                    yield file
        except (Unreadable, OSError) as problem:
            about = printable(self._path.name)
            self.notices.append(Notice(about, printable(problem, 200)))
        for sender, number in sent.items():
            if number > MAX_FOUND_OF:
                why = f"more than {MAX_FOUND_OF:,} files; the others were not looked at"
                self.notices.append(Notice(printable(sender, 160), why))
        for sender, number in troubles.items():
            if number > MAX_TOLD_OF:
                why = f"{number - MAX_TOLD_OF} more files that cannot be taken"
                self.notices.append(Notice(printable(sender, 160), why))

    def _claims(self, course: Course, assignment: str, found: list[File]) -> list[Claim]:
        """Return whose the files are; tell where nothing says it, if it is something to grade."""
        claims, troubles = [], defaultdict[str, list[Notice]](list)
        names = untitled(named(course, assignment, self._ours, self._path, found))
        for file, (said, inside) in zip(found, names, strict=True):
            meant = file.is_notebook or INSTEAD.search(file.inside)
            student = student_id(said.name)
            if student and not unfit(student):
                claims.append(Claim(file, student, said, inside))
            elif meant and not said.name:
                why = "its name does not say whose it is"
                troubles[sent_by(file)].append(Notice(file.shown, why))
            elif meant:
                why = f"“{printable(said.name, 50)}” {unfit(student)}"
                why += ", so it cannot be a student's name; rename it"
                troubles[sent_by(file)].append(Notice(file.shown, why))
        for sender, told in troubles.items():
            self.notices += told[:MAX_TOLD_OF]
            if more := len(told) - MAX_TOLD_OF if len(told) > MAX_TOLD_OF else 0:
                self.notices.append(Notice(printable(sender, 160), f"{more} more of these"))
        return claims

    def _notebook(self, claim: Claim) -> None:
        """Take a notebook if it is one of the assignment's."""
        name = PurePosixPath(claim.inside).name
        title = stem(name, self._ours | self._others)
        notebook = title if title in self._ours else min(self._ours) if len(self._ours) == 1 else ""
        if title in self._others:
            return
        if not notebook:
            why = f"{claim.file.shown} is none of {', '.join(sorted(self._ours))}"
            self.notices.append(Notice(claim.student, why))
            return
        again = AGAIN.search(PurePosixPath(claim.file.parts[-1]).stem)
        number = max((int(n or 0) for n in again.groups()), default=0) if again else 0
        right = title in self._ours
        doubtful = claim.said.lms == "Canvas" and not right and bool(DOUBTFUL.search(name))
        if doubtful:
            why = f"{claim.file.shown} can be read in several ways; see whether it is theirs"
            self.notices.append(Notice(claim.student, why, ungraded=False))
        weight = (right, not doubtful, claim.said.turn, claim.file.time, number)
        self.claims.append(replace(claim, notebook=notebook, weight=weight))

    def _without(self, claims: list[Claim]) -> None:
        """Look into the zips of those who have no notebook; tell what else they handed in."""
        have = {claim.student for claim in self.claims}
        told = {notice.about for notice in self.notices}
        others: dict[str, list[Claim]] = defaultdict(list)
        for claim in claims:
            if claim.student not in have | told:
                others[claim.student].append(claim)
        for student, handed_in in others.items():
            for outer in handed_in:
                self._unpack(outer)
            if all(claim.student != student for claim in self.claims):
                self.notices += told_of(student, handed_in)

    def _unpack(self, outer: Claim) -> None:
        """Take the notebook in a zip, if it is one with a single notebook."""
        inside = packed(outer.file) if outer.inside.lower().endswith(".zip") else []
        found = [file for file in inside if file.is_notebook and not file.is_leftover]
        if len(found) == 1 and not found[0].trouble():
            self._notebook(replace(outer, file=found[0], inside=found[0].parts[-1]))
            self.beside.remove(outer)


def sent_by(file: File) -> str:
    """Return what the files of one sender have in common in an LMS's archive."""
    said = said_by(file.inside.split("/")[0])
    return f"{said.name}_{said.person}" if said else file.inside.split("/")[0]


def told_of(student: str, handed_in: list[Claim]) -> list[Notice]:
    """Say what somebody handed in who has no notebook of this assignment."""
    kinds = sorted({claim.said.other for claim in handed_in} - {""})
    notebooks = [c.file.shown for c in handed_in if c.file.is_notebook and not c.said.other]
    if notebooks:
        return [Notice(student, f"{notebooks[0]} is of another assignment")]
    if kinds:
        return [Notice(student, f"handed in {' and '.join(kinds)}, no notebook")]
    if all(claim.is_stray for claim in handed_in):
        return []
    names = printable(", ".join(sorted({claim.inside for claim in handed_in})), 200)
    return [Notice(student, f"handed in no notebook, only {names}")]


def named(
    course: Course, assignment: str, ours: set[str], path: Path, found: list[File]
) -> list[tuple[Said, str]]:
    """Return what names say of files, and each file's path as its student knows it.

    nbgrader's own setting says how names are read, if it is set.
    """
    own = course.config.FileNameCollectorPlugin.get("named_regexp", "")
    if own:
        try:
            matches = [re.match(own, f"{path.with_suffix('')}/{file.inside}") for file in found]
        except re.error as problem:
            raise CourseError(f"FileNameCollectorPlugin.named_regexp: {problem}") from None
        groups = [match.groupdict() if match else {} for match in matches]
        return [
            (Said(group.get("student_id") or ""), group.get("file_id") or file.parts[-1])
            for group, file in zip(groups, found, strict=True)
        ]
    where = [path.name if path.is_dir() else path.stem, *(folder.name for folder in path.parents)]
    home = next((name for name in where if stem(name, ours) not in {assignment, *ours}), "")
    places = [
        (*(folder for folder in file.parts[:-1] if folder != assignment), file.parts[-1])
        for file in found
    ]
    around = outer([p for p, file in zip(places, found, strict=True) if file.is_notebook], home)
    return [by_name(p[1:] if p[:-1] and p[0] == around else p, home, ours) for p in places]


def untitled(names: list[tuple[Said, str]]) -> list[tuple[Said, str]]:
    """Return names without the title that is in front of all of them; no name where that is unsure.

    Of "x_a_b" and "x_c" the title is x, and the first one's name is a_b. Of "x_a_b" and "y_b"
    nobody can say it.
    """
    titles = {said.title for said, _ in names} - {""}
    common = min(titles, key=len, default="")
    sure = all(title == common or title.startswith(f"{common}_") for title in titles)
    return [
        (replace(said, name=f"{said.title}_{said.name}"[len(common) + 1 :] if sure else ""), inside)
        if said.title
        else (said, inside)
        for said, inside in names
    ]


def outer(places: list[tuple[str, ...]], home: str) -> str:
    """Return a folder around all notebooks: called like its archive, or with submissions in it."""
    tops = {place[0] for place in places}
    depth = min(map(len, places), default=0)
    if len(tops) != 1 or depth < 2 or said_by(min(tops)):
        return ""
    below = {place[1] for place in places}
    many = (depth > 2 and len(below) > 1) or all(map(said_by, below))
    return min(tops) if many or tops == {home} else ""


def by_name(place: tuple[str, ...], home: str, ours: set[str]) -> tuple[Said, str]:
    """Say whose a file is: by its first folder, by its own name, or by where it was found."""
    *_, last = place
    sender = said_by(home)
    if sender and home != PurePosixPath(last).stem:  # what lies in what one person sent is theirs
        return sender, "/".join(place)
    if len(place) > 1:
        return said_by(place[0]) or Said(place[0]), "/".join(place[1:])
    if stem(last, ours) in ours:
        return said_by(home) or Said(home), last
    if said := said_by(last):
        return said, said.file or last
    return Said(PurePosixPath(last).stem), last


def stem(name: str, known: set[str]) -> str:
    """Return a notebook's name without its ending, and without what marks it as a second one."""
    bare = name[:-6] if name.lower().endswith(".ipynb") else name
    return bare if bare in known else AGAIN.sub("", bare)
