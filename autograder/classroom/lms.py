"""What the names that an LMS gives say: whose a file is, and of which kind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<person>\d{1,20}))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?",
    re.A,
)
"""Before 4.1 folders end with an underscore, since then without; a default group has no number."""
MARK = "_assignsubmission_"
CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?P<late>late_)?(?P<person>\d{1,20})_"
    r"(?:(?P<turn>\d{1,20})_(?P<file>.+)|(?P<kind>text|link)\.html)",
    re.A | re.I,
)
ANONYMOUS = re.compile(
    r"(?P<late>late_)?(?P<name>anon)_(?P<person>[a-z0-9]{1,20})_"
    r"(?:(?P<turn>\d{1,20})_(?P<file>.+)|(?P<kind>text|link)\.html)",
    re.A | re.I,
)
"""Canvas, where nobody should know whose it is."""
BLACKBOARD = re.compile(
    r"(?P<title>.+?)_(?P<name>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<kind>\.txt))",
    re.A,
)
"""Blackboard, as nbgrader's own guide has it; beside each attempt lies a text about it."""
BRIGHTSPACE = re.compile(
    r"(?P<person>\d{1,20})-\d{1,20} - (?P<name>.+?) - "
    r"(?P<when>[A-Z][a-z]{2,8} \d{1,2}, \d{4} \d{3,4} [AP]M)(?: - (?P<file>.+))?",
    re.A,
)
LAYOUTS = {
    "Moodle": (MOODLE,),
    "Canvas": (ANONYMOUS, CANVAS),
    "Blackboard": (BLACKBOARD,),
    "Brightspace": (BRIGHTSPACE,),
}
TIMES = ("%Y-%m-%d-%H-%M-%S", "%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p")
BLIND = ("participant", "anon")
"""What everybody is called where nobody should know: only the number tells them apart."""
KINDS = {"onlinetext": "text typed into Moodle", "text": "text typed into Canvas", "link": "a link"}
"""What can be handed in that is no file."""

JOINERS = dict.fromkeys([0x200C, 0x200D])
"""Invisible letters that names in some scripts are written with, or without."""
DIRECTIONS = dict.fromkeys([0x200E, 0x200F, 0x061C])
"""Marks that an LMS's form takes along; none of those that could turn a name round."""
SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)
"""What Windows cannot have as a folder's name."""
FORBIDDEN = re.compile(r"""[\\/:*?"<>|\[\]{}]|^[-.~=+@]""")
"""What some system cannot have in a folder's name, or nbgrader or a spreadsheet misreads."""


@dataclass(frozen=True)
class Said:
    """What a name says: `person` tells namesakes apart, `turn` grows with each hand-in.

    `file` is the name that the student gave, `kind` says what is no file; `when` is the LMS's time.
    """

    name: str
    file: str = ""
    person: str = ""
    turn: int = 0
    late: bool = False
    kind: str = ""
    lms: str = ""
    when: datetime | None = None
    title: str = ""
    """What stands before the name where nothing but "_" parts them: a name may have some, too."""

    @property
    def other(self) -> str:
        """What was handed in, if it is no file."""
        return KINDS.get(self.kind.lower(), "")


def said_by(name: str) -> Said | None:
    """Return what Moodle or Canvas says in a name, or nothing.

    >>> said_by("Ada Lovelace_101_assignsubmission_file").person
    '101'
    >>> said_by("lovelaceada_LATE_12345_67890_02_mse.ipynb").late
    True
    """
    patterns = ((lms, pattern) for lms in LAYOUTS for pattern in LAYOUTS[lms])
    for lms, pattern in patterns:
        if match := pattern.fullmatch(name):
            parts = {key: value or "" for key, value in match.groupdict().items()}
            if name.count(MARK) > 1:  # somebody is called like a file of somebody else's
                return Said("", lms=lms)
            named, person, when = parts["name"], parts.get("person", ""), time_of(parts)
            if named.lower() in BLIND and person:
                named, person = f"{named}_{person}", ""
            return Said(
                name=named,
                file=parts["file"],
                person=person,
                turn=int(when.timestamp()) if when else int(parts.get("turn") or 0),
                late=bool(parts.get("late")),
                kind=parts.get("kind", ""),
                lms=lms,
                when=when,
                title=parts.get("title", ""),
            )
    return None


def time_of(parts: Mapping[str, str]) -> datetime | None:
    """Return the time in a name, by this machine's clock, if there is one that can be read."""
    said = re.sub(r"(?<=\d{4}) (\d{3}) (?=[AP]M)", r" 0\1 ", parts.get("when", ""))
    for form in TIMES if said else ():
        try:
            return datetime.strptime(said, form).astimezone()
        except ValueError:
            continue
    return None


def student_id(name: str) -> str:
    """Return a name without what only some systems keep: double spaces, marks, a dot at the end."""
    name = unicodedata.normalize("NFC", name.translate(JOINERS | DIRECTIONS))
    return SPACES.sub(" ", name).strip(" ").rstrip(". ")


def unfit(name: str) -> str:
    """Say why no student can have this name, or nothing."""
    if not name:
        return "is no name"
    if found := next((letter for letter in name if not letter.isprintable()), ""):
        return f"has the sign U+{ord(found):04X} in it"
    if sign := FORBIDDEN.search(name):
        return f"has “{sign[0]}” in it"
    if RESERVED.search(name):
        return "is a name that Windows keeps for itself"
    return "is longer than 120 bytes" if len(name.encode()) > 120 else ""
