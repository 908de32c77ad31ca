"""Which files a process may still reach, where no namespace hides the others.

Landlock is asked by three system calls, whose numbers are the same on every architecture:
https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .namespaces import call

CREATE, ADD, RESTRICT = 444, 445, 446
NEEDED = 3
"""The first version, Linux 6.2's, that holds back truncate: it empties files that one may read."""
EXECUTE, WRITE, READ, LIST = 1, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL = 1 << 13, 1 << 14, 1 << 15
MAKE_AND_REMOVE = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 12
"""Remove and make folders, files and links; sockets, pipes and devices have bits of their own."""
ALL = (1 << 16) - 1
LOOK = EXECUTE | READ | LIST
OWN = READ | LIST | WRITE | TRUNCATE | REFER | MAKE_AND_REMOVE
ON_FILES = EXECUTE | WRITE | READ | TRUNCATE | IOCTL
TCP, SIGNALS_AND_SOCKETS = 3, 3


def version() -> int:
    """Return which Landlock this kernel has, or 0."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return call("syscall", CREATE, 0, 0, 1)
    except OSError:
        return 0


def restrict(rules: Iterable[tuple[Path, int]]) -> None:
    """Forbid this process, for good, all files but those below these paths, by what it may do.

    Where the kernel can, also signals and named sockets of processes that are not restricted so.
    """
    has = version()
    if has < NEEDED:
        raise OSError("this kernel has no Landlock that suffices (it came with Linux 6.2)")
    handled = ALL if has >= 5 else ALL & ~IOCTL
    words = handled, TCP * (has >= 4), SIGNALS_AND_SOCKETS * (has >= 6)
    ruleset = call("syscall", CREATE, struct.pack("3Q", *words), 24, 0)
    for path, rights in rules:
        allow(ruleset, path, rights & handled)
    call("prctl", 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    call("syscall", RESTRICT, ruleset, 0)
    os.close(ruleset)


def allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a rule for a folder and all below, or for a file; what is not there needs none."""
    try:
        opened = os.open(path, os.O_PATH)
    except FileNotFoundError:
        return
    rights &= ALL if path.is_dir() else ON_FILES
    call("syscall", ADD, ruleset, 1, struct.pack("=Qi", rights, opened), 0)
    os.close(opened)


def around(folder: Path, hidden: Path) -> Iterator[tuple[Path, int]]:
    """Yield the rules that show `folder` but for what is in `hidden`: of that only the names."""
    if not hidden.is_relative_to(folder):
        yield folder, LOOK
    elif hidden != folder:
        yield folder, LIST
        for inner in folder.iterdir():
            yield from around(inner, hidden)
