"""What a run has to say: a line for each submission, a notice for everything else, and the journal.

All of it is returned, shown in one list, and kept: nothing that was not graded is silent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Notice:
    """Something that was not graded or not understood, or was decided for the instructor.

    `about` is a student, a file or a setting. `ungraded` says that somebody's work has no grade
    because of it; the command's exit status tells so.
    """

    about: str
    says: str
    ungraded: bool = True


@dataclass(frozen=True)
class Line:
    """One submission after a run; `points` is None where it was not graded, and `notes` say why.

    `cells` holds the points of each automatic test, `changed` what they were and are, `by_hand`
    how many answers wait for a person, `penalty` the points lost for being late, `mistakes` the
    slugs of each task, `digest` what decided it all.
    """

    student: str
    digest: str = ""
    points: float | None = None
    max_points: float | None = None
    penalty: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)
    by_hand: int = 0
    changed: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    mistakes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def graded(self) -> bool:
        """Whether this submission has a grade now."""
        return self.points is not None


def open_points(lines: Iterable[Line], notices: Iterable[Notice]) -> list[Notice]:
    """Return the one list of what somebody has to look at: ungraded lines first, then notices."""
    ungraded = [Notice(line.student, "; ".join(line.notes)) for line in lines if not line.graded]
    return list(dict.fromkeys([*ungraded, *notices]))


class Journal:
    """What the runs of one assignment came to, a JSON object a line, the last one counts.

    A submission's line is added when everything else of it is on disk. So whatever stops a run,
    what the journal has is finished, and the rest can be graded again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, lines: Sequence[Line]) -> None:
        """Add submissions that are finished."""
        self._append([asdict(line) for line in lines])

    def note(self, paths: Sequence[Path], notices: Sequence[Notice], seed: str) -> None:
        """Add what a run of these paths could not grade; it replaces what an earlier one said.

        Of the secret seed only a digest is kept, which tells whether it has changed.
        """
        kept = [asdict(notice) for notice in notices if notice.ungraded]
        names = [path.name for path in paths]
        self._append([{"paths": names, "notices": kept, "seed": mark(seed)}])

    def had_another(self, seed: str) -> bool:
        """Whether the last run had another seed than this one."""
        seeds = [entry["seed"] for entry in self._entries() if "seed" in entry]
        return bool(seeds) and seeds[-1] != mark(seed)

    def know(self, people: Mapping[str, str]) -> None:
        """Add by which number an LMS knows students, so that a namesake's is another person's."""
        if new := {
            who: number for who, number in people.items() if self.people().get(who) != number
        }:
            self._append([{"people": new}])

    def people(self) -> dict[str, str]:
        """Return by which number an LMS knew each student first."""
        found: dict[str, str] = {}
        for entry in self._entries():
            found = {**entry.get("people", {}), **found}
        return found

    def _append(self, entries: Sequence[dict[str, Any]]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in entries)

    def lines(self) -> dict[str, Line]:
        """Return the last line of each student."""
        found = (entry for entry in self._entries() if "student" in entry)
        return {line.student: line for entry in found if (line := read_line(entry))}

    def notices(self) -> list[Notice]:
        """Return what no run has graded so far, of the last run of each set of paths."""
        last: dict[tuple[str, ...], list[Notice]] = {}
        for entry in self._entries():
            if "paths" in entry:
                last[tuple(entry["paths"])] = [Notice(**notice) for notice in entry["notices"]]
        graded = {student for student, line in self.lines().items() if line.graded}
        found = [notice for notices in last.values() for notice in notices]
        return [notice for notice in found if notice.about not in graded]

    def _entries(self) -> list[dict[str, Any]]:
        """Return what is written, without what was cut short when a run was killed."""
        entries = []
        for written in self._path.read_text("utf-8").splitlines() if self._path.exists() else ():
            try:
                entries.append(json.loads(written))
            except ValueError:
                continue
        return entries


def mark(seed: str) -> str:
    """Return by what a seed is recognized, and cannot be guessed."""
    return hashlib.scrypt(seed.encode(), salt=b"autograder", n=2**12, r=8, p=1, dklen=8).hex()


def read_line(entry: dict[str, Any]) -> Line | None:
    """Return a line of the journal, or None for one of another version, which is graded again."""
    try:
        line = Line(**entry)
    except TypeError:
        return None
    mistakes = {task: tuple(slugs) for task, slugs in line.mistakes.items()}
    changed = {cell: (old, new) for cell, (old, new) in line.changed.items()}
    return Line(
        **{**vars(line), "mistakes": mistakes, "changed": changed, "notes": tuple(line.notes)}
    )
