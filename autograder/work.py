"""A reader's own copy of the course, in work/: no update ever overwrites what they wrote in it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

COPIED = ("lessons", "exercises", "solutions")
"""What a reader reads and links lead to."""
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")


def refresh(root: Path) -> list[str]:
    """Bring root/work up to date with the course in root; return a line for each doubtful file.

    A file that the reader has not changed is replaced by the course's newer version. Where both
    have changed, the newer version is put beside the reader's, once. A notebook that was only run
    has not been changed: its cells say so, and its outputs stay until they do.
    """
    work = root / "work"
    record = work / ".copied.json"
    before = recorded(record)
    after: dict[str, str] = {}
    told: list[str] = []
    for inside, source in course_files(root).items():
        mine, content = work / inside, source.read_bytes()
        new, old = digest(inside, content), before.get(inside, "")
        after[inside] = new
        if not os.path.lexists(mine):
            write(mine, content)
            continue
        have = digest(inside, mine.read_bytes()) if is_file(mine) else "no file any more"
        if have == new or new == old:
            continue
        if have == old:
            write(mine, content)
        else:
            beside = mine.with_name(f"{mine.stem} (new version){mine.suffix}")
            write(beside, content)
            told.append(f"{mine.relative_to(root)} is yours; the new version is {beside.name}")
    for inside in before.keys() - after.keys():
        mine = work / inside
        if is_file(mine) and digest(inside, mine.read_bytes()) == before[inside]:
            mine.unlink()
    write(record, json.dumps(after, indent=0, sort_keys=True).encode())
    return told


def course_files(root: Path) -> dict[str, Path]:
    """Return the course's files that a reader has a copy of, by their path."""
    found = {}
    for top in COPIED:
        for path in sorted((root / top).rglob("*")):
            inside = path.relative_to(root)
            hidden = any(part in LEFT_OUT or part.startswith(".") for part in inside.parts)
            if is_file(path) and not hidden:
                found[inside.as_posix()] = path
    return found


def is_file(path: Path) -> bool:
    """Whether a path is an ordinary file, and no link to one."""
    return path.is_file() and not path.is_symlink()


def digest(name: str, content: bytes) -> str:
    """Return a short number of what somebody wrote: of a notebook, of its cells' sources alone."""
    if name.endswith(".ipynb"):
        try:
            cells = [
                [cell["cell_type"], "".join(cell["source"])]
                for cell in json.loads(content)["cells"]
            ]
            content = json.dumps(cells).encode()
        except (ValueError, KeyError, TypeError):  # whatever it is, its bytes are what it is
            pass
    return hashlib.sha256(content).hexdigest()[:16]


def recorded(record: Path) -> dict[str, str]:
    """Return the digests of what was copied last; none where that is not known any more."""
    try:
        found = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a file that lies there is replaced, not written through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
