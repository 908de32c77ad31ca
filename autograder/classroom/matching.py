"""Which cell of a submission is which cell of the hand-out, also where it has lost its name.

By its grade_id; else by its cell id, which the hand-out gave it; else by its text, where nobody
was to change that; else an answer by the function that it defines; else by its place, between the
same neighbours. Whatever of these a student makes up, it can only say which of their own cells
is the answer: nothing locked is ever taken from them.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from autograder.grader import is_locked, marks
from autograder.grader.cells import without_hidden
from autograder.sandbox.inside.caps import MAX_SOURCE

DEFINITION = re.compile(r"^(?:async[ \t]++)?+(?:def|class)[ \t]++(\w++)", re.MULTILINE)
ASSIGNMENT = re.compile(r"^(\w++)[ \t]*+=(?!=)", re.MULTILINE)
IMPORT = re.compile(r"^(?:from[ \t]++[\w.]++[ \t]++)?+import[ \t]++(.++)$", re.MULTILINE)
"""Read, not parsed: code that Python cannot read is somebody's answer as well."""


def grade_id(cell: NotebookNode) -> str:
    """Return the name by which nbgrader knows a cell, or ""."""
    return str(marks(cell).get("grade_id", ""))


def is_answer(cell: NotebookNode) -> bool:
    """Whether a cell of the hand-out is the student's to write."""
    return bool(grade_id(cell)) and not is_locked(cell)


def code_of(cell: NotebookNode) -> str:
    """Return a cell's code as far as it would be run."""
    return str(cell.source[:MAX_SOURCE]) if cell.cell_type == "code" else ""


def asked(cell: NotebookNode) -> set[str]:
    """Return the functions and classes that an answer should define, or else what it assigns."""
    source = code_of(cell)
    return set(DEFINITION.findall(source) or ASSIGNMENT.findall(source))


def defined(cell: NotebookNode) -> set[str]:
    """Return the names that a cell of code binds, as far as one sees at the first sight."""
    source = code_of(cell)
    imported = {word for names in IMPORT.findall(source) for word in re.findall(r"\w+", names)}
    return {*DEFINITION.findall(source), *ASSIGNMENT.findall(source), *imported}


class Matching:
    """`found` holds, by place in the hand-out, the place in the submission; `notes` what to tell.

    `extra` are the places of cells whose name an earlier cell of the submission has already,
    `bound` the names of answers that were not found at once, which any submitted cell binds.
    """

    def __init__(self, submitted: list[NotebookNode], handed_out: list[NotebookNode]) -> None:
        self._submitted, self._handed_out = submitted, handed_out
        self.found: dict[int, int] = {}
        self.extra: set[int] = set()
        self.bound: set[str] = set()
        self.notes: list[str] = []
        self._by_name()
        self._by_id()
        self._by_text()
        self._by_function()
        self._by_place()
        self._beside()

    def _left(self) -> list[int]:
        """Return the answers of the hand-out that are still not found."""
        cells = enumerate(self._handed_out)
        return [place for place, cell in cells if is_answer(cell) and place not in self.found]

    def _free(self) -> list[int]:
        """Return the submitted cells that are nothing of the hand-out's so far."""
        taken = self.extra | set(self.found.values())
        return [place for place in range(len(self._submitted)) if place not in taken]

    def _is_stub(self, place: int, cell: NotebookNode) -> bool:
        """Whether a submitted cell is an answer as it was handed out, or empty."""
        source = cell.source.strip()
        return source in ("", self._handed_out[place].source.strip())

    def _by_name(self) -> None:
        """Of cells with the same name the first counts that is not as it was handed out."""
        places = {grade_id(cell): n for n, cell in enumerate(self._handed_out) if grade_id(cell)}
        for number, cell in enumerate(self._submitted):
            if (place := places.get(grade_id(cell))) is None:
                continue
            if place not in self.found:
                self.found[place] = number
                continue
            self.notes.append(f"the cell {grade_id(cell)} is there more than once")
            first = self.found[place]
            answered = not self._is_stub(place, cell)
            if self._is_stub(place, self._submitted[first]) and answered:
                self.found[place], number = number, first
            self.extra.add(number)

    def _by_id(self) -> None:
        places = {
            cell.id: place
            for place, cell in enumerate(self._handed_out)
            if "id" in cell and place not in self.found
        }
        for number in self._free():
            place = places.pop(self._submitted[number].get("id", ""), None)
            if place is not None:
                self._find(place, number, "by its cell id")

    def _by_text(self) -> None:
        """Find what nobody was to change: the neighbours by which a place is known."""
        free: dict[str, list[int]] = {}
        for number in reversed(self._free()):
            free.setdefault(shown(self._submitted[number]), []).append(number)
        for place, cell in enumerate(self._handed_out):
            if place not in self.found and not is_answer(cell) and free.get(shown(cell)):
                self.found[place] = free[shown(cell)].pop()

    def _by_function(self) -> None:
        """Find code by what it defines; of several the last in the cell's place, else the last."""
        lost = {place: asked(self._handed_out[place]) for place in self._left()}
        names = {name for wanted in lost.values() for name in wanted}
        if not names:
            return
        binds = [defined(cell) & names for cell in self._submitted]
        self.bound = {name for bound in binds for name in bound}
        for place, wanted in lost.items():
            same = [number for number in self._free() if binds[number] & wanted]
            written = [n for n in same if not self._is_stub(place, self._submitted[n])] or same
            if not written:
                continue
            after, before = self._gap(place)
            number = ([n for n in written if after < n < before] or written)[-1]
            how = f", the last of {len(written)} cells with it" if len(written) > 1 else ""
            self._find(place, number, f"by its function{how}")

    def _by_place(self) -> None:
        """Find what defines nothing between the same neighbours, where what was lost there is."""
        lost: dict[tuple[bool, tuple[int, int]], list[int]] = {}
        for place in self._left():
            if not asked(self._handed_out[place]):
                is_code = self._handed_out[place].cell_type == "code"
                lost.setdefault((is_code, self._gap(place)), []).append(place)
        for (is_code, (after, before)), places in lost.items():
            there = [
                number
                for number in self._free()
                if after < number < before and self._submitted[number].source.strip()
                if (self._submitted[number].cell_type == "code") == is_code
            ]
            if len(there) > len(places):
                stubs = {self._handed_out[place].source.strip() for place in places}
                texts = {number: self._submitted[number].source.strip() for number in there}
                there = [number for number in there if texts[number] not in stubs] or there
            how = f", the last of {len(there)} cells there" if len(there) > len(places) else ""
            for place, number in zip(reversed(places), reversed(there), strict=False):
                self._find(place, number, f"by its place{how}")

    def _beside(self) -> None:
        """Tell of a written answer that was left as it was, while its neighbour is the student's.

        It stays unanswered, as in nbgrader, but somebody should look.
        """
        theirs = {number for number in self._free() if is_text(self._submitted[number])}
        for place, number in sorted(self.found.items()):
            cell = self._handed_out[place]
            left = self._is_stub(place, self._submitted[number]) and is_answer(cell)
            if left and is_text(cell) and {number - 1, number + 1} & theirs:
                says = "is as it was handed out, but beside it is a text of the student's own"
                self.notes.append(f"the answer {grade_id(cell)} {says}")

    def _gap(self, place: int) -> tuple[int, int]:
        """Return between which cells of the submission a cell of the hand-out has its place."""
        before = max((other for other in self.found if other < place), default=-1)
        after = min((other for other in self.found if other > place), default=-1)
        return self.found.get(before, -1), self.found.get(after, len(self._submitted))

    def _find(self, place: int, number: int, how: str) -> None:
        """Note that a cell is found without its name; what is locked is ours whatever it says."""
        self.found[place] = number
        cell = self._handed_out[place]
        if is_answer(cell):
            self.notes.append(f"the answer {grade_id(cell)} had lost its name; it was found {how}")


def is_text(cell: NotebookNode) -> bool:
    """Whether a cell holds anything, and no code."""
    return cell.cell_type != "code" and bool(cell.source.strip())


def shown(cell: NotebookNode) -> str:
    """Return the text of a cell as students got it, without its empty lines."""
    lines = without_hidden(cell.source).splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip())
