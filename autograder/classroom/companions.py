"""Files of a student's own that a notebook may use: modules, data. They go to the sandbox alone.

Only what a course's patterns name, ordinary files, few and small ones. None may take the place of
a module, for then what was read in the notebook would not be what runs, nor of the course's files.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from autograder.classroom.files import EXCHANGE, Unreadable, ordinary, printable, shallow
from autograder.grader.cells import data_files, is_module
from autograder.sandbox.inside.caps import MAX_BESIDE, MAX_COMPANIONS, MAX_LISTED

ALLOW = "c.Execute.companions can allow it"
TOO_MANY_BESIDE = f"more than {MAX_COMPANIONS} files or {MAX_BESIDE // 2**20} MB in all"


def companions(
    folder: Path, patterns: Sequence[str], released: Path
) -> tuple[dict[str, bytes], list[str]]:
    """Return the files beside a submission that it may use, and a line for those it may not."""
    found: dict[str, bytes] = {}
    refused: list[str] = []
    left_out: list[str] = []
    left = MAX_BESIDE
    names = list(itertools.islice(beside(folder), MAX_LISTED))
    for name in sorted(set(names) - data_files(released).keys() if names else ()):
        if not any(fnmatch(name, pattern) for pattern in patterns):
            left_out.append(name)
        elif why := unfit(name):
            refused.append(f"{printable(name)} beside the notebook was not used: {why}")
        else:
            try:
                with ordinary(folder / name) as file:
                    content = file.read(left + 1)
                if len(content) > left or len(found) == MAX_COMPANIONS:
                    raise Unreadable(TOO_MANY_BESIDE)
                left -= len(content)
                found[name] = content
            except (Unreadable, OSError) as problem:
                refused.append(f"{printable(name)} beside the notebook was not used: {problem}")
    if left_out:
        shown = printable(", ".join(left_out))
        refused.append(f"not used, but beside the notebook: {shown}; {ALLOW}")
    return found, refused


def beside(folder: Path) -> Iterator[str]:
    """Yield the paths of the files that were handed in beside notebooks; no link is followed."""
    if folder.is_symlink() or folder.parent.is_symlink():
        return
    for where, folders, names in shallow(folder):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n != "__pycache__")
        inside = Path(where).relative_to(folder)
        yield from (
            (inside / name).as_posix()
            for name in sorted(names)
            if not name.startswith(".") and not name.endswith(".ipynb") and name not in EXCHANGE
        )


def unfit(name: str) -> str:
    """Say why a file cannot lie beside a notebook while it is graded, or nothing."""
    top, *below = name.split("/")
    if not name.isprintable():
        return "its name has signs that cannot be shown"
    if (below or top.endswith((".py", ".pyc", ".so"))) and is_module(top.split(".")[0]):
        return f"it would take the place of the module {top.split('.')[0]}"
    return ""
