"""What a level takes from a student's process before its first cell runs, and the proof of it.

Whatever cannot be taken raises OSError: then nothing of the student's may run.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from . import landlock, namespaces, seccomp

INSIDE = Path(__file__).parent
LIMITS = {
    "RLIMIT_AS": 3 * 2**30,
    "RLIMIT_CPU": 120,
    "RLIMIT_FSIZE": 64 * 2**20,
    "RLIMIT_CORE": 0,
    "RLIMIT_NOFILE": 128,
    "RLIMIT_NPROC": 512,
}
PAIRS = 4
"""Pairs of sockets for a process; each event loop takes one."""
FOLDER = "work"
"""The name of a student's folder: always the same, so that it tells nothing."""
SYSTEM = [Path("/usr/share/fonts"), Path("/usr/share/zoneinfo"), Path("/etc/localtime")]


class Lock:
    """A level's lock, made once before processes fork; every fork then puts it on itself."""

    def __init__(self, level: str, scratch: Path, shown: Iterable[Path], hidden: Path) -> None:
        self.level, self.scratch, self.hidden = level, scratch, hidden
        self.shown = [path for path in shown if path.exists()]
        self.apart = level == "bubblewrap"
        """Whether every process has a world of its own, so that several may run at once."""
        if level != "unprotected":
            self._filter = seccomp.filtering(own_disk=self.apart)
        walled = level == "process" or landlock.version() >= landlock.NEEDED
        self._rules = list(dict.fromkeys(self._files())) if walled else []
        if self.apart:
            namespaces.shield_devices()

    def fork(self) -> int:
        """Fork into a world of its own, where the level has one."""
        return namespaces.fork() if self.apart else os.fork()

    def close(self, connection: socket.socket) -> None:
        """Lock this process in; only `connection` leads out."""
        os.setsid()
        os.nice(19)  # whoever grades comes first, however many threads there are here
        os.umask(0o077)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.apart:
            namespaces.leave(self.scratch)
        keep_open(connection.fileno())
        hand_out_sockets()
        folder = self.scratch / FOLDER
        folder.mkdir()
        os.chdir(folder)
        sys.path.append(str(folder))  # a student's own modules; last, so that they shadow nothing
        homes = ("HOME", "TMPDIR", "TMP", "IPYTHONDIR", "MPLCONFIGDIR")
        os.environ |= dict.fromkeys(homes, str(folder))
        for name, value in LIMITS.items():
            self._limit(name, value)
        if self.level == "unprotected":
            return
        namespaces.give_up_privileges()
        if self._rules:  # within namespaces one more wall, and no level of its own
            landlock.restrict([(folder, landlock.OWN), *self._rules])
        self._filter()

    def _limit(self, name: str, value: int) -> None:
        """Set a limit, or a lower one that holds already; unprotected, only what the system has."""
        try:
            limit = getattr(resource, name)
            hard = resource.getrlimit(limit)[1]
            lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (lower, lower))
            if resource.getrlimit(limit) != (lower, lower):
                raise OSError("it stays as it was")
        except (AttributeError, ValueError, OSError) as problem:
            if self.level != "unprotected":
                raise OSError(f"{name} cannot be set: {problem}") from None

    def _files(self) -> Iterable[tuple[Path, int]]:
        """Yield what may be read besides the process's own folder, and what may be written."""
        yield Path(os.devnull), landlock.READ | landlock.WRITE
        if self.level != "process":  # nothing is there but what is shown
            yield Path("/"), landlock.LOOK
            return
        for path in [*self.shown, INSIDE]:
            yield from landlock.around(path.resolve(), self.hidden.resolve())
        for path in [*SYSTEM, *map(Path, namespaces.DEVICES)]:
            yield path, landlock.READ | landlock.LIST
        yield Path("/proc/self/maps"), landlock.READ  # where threadpoolctl finds its libraries

    def prove(self) -> None:
        """Try what this process can no longer do; OSError says what it still can."""
        if self.level == "unprotected":
            return
        for what, attempt in self._attempts().items():
            try:
                attempt()
            except OSError:
                continue
            raise OSError(f"the lock does not hold: a locked process could {what}")
        if self.apart and os.getpid() != 1:
            raise OSError("the lock does not hold: a locked process sees other processes")

    def _attempts(self) -> dict[str, Callable[[], object]]:
        """Return attempts that harm nothing where they succeed: what they make has no name."""
        outside = [*map(Path, ("/", "/dev", "/tmp")), *self.shown, INSIDE]
        if self.level == "process":
            outside.append(self.scratch)
        attempts: dict[str, Callable[[], object]] = {
            "start another process": copy,
            "open a socket": socket.socket,
            "hold more files than the limit": lambda: os.dup2(0, LIMITS["RLIMIT_NOFILE"]),
            "read the course": lambda: (self.hidden / "losses.py").read_bytes(),
        }
        for place in outside:
            attempts[f"write into {place}"] = partial(os.open, place, os.O_TMPFILE | os.O_WRONLY)
        if self.apart:
            mode = os.stat(os.devnull).st_mode & 0o7777
            attempts["change a device"] = partial(os.chmod, os.devnull, mode)
        return attempts


def copy() -> None:
    """Fork, and end the copy at once."""
    if os.fork() == 0:
        os._exit(0)


def hand_out_sockets() -> None:
    """Make the pairs that asyncio wakes itself up with now: later no socket is made any more."""
    pairs = [socket.socketpair() for _ in range(PAIRS)]

    def socketpair(*_: object, **__: object) -> tuple[socket.socket, socket.socket]:
        if not pairs:
            raise PermissionError("a notebook has no more sockets than it was given")
        return pairs.pop()

    socket.socketpair = socketpair


def keep_open(descriptor: int) -> None:
    """Close all that is open but one; standard input and output lead to this world's /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, 1024)
