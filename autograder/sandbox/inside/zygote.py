"""The mother of all student processes: imports once what is slow, then forks on demand.

On its control socket one byte with a connected socket means "fork a process that serves this
socket" (the reply is its pid, or 0 where one at a time is allowed and one is there); one byte alone
"be ready to plot", which makes every fork dearer; a pid "kill it" (the reply to both is 0).

A fork says on its socket that it is locked in, or why not; only then does it serve.
"""

from __future__ import annotations

import gc
import itertools
import os
import secrets
import signal
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from . import cells, wire
from .lock import Lock

PID = struct.Struct("!i")
PATIENCE = 10.0
"""Seconds in which a process has to be locked in."""


def main(control_fd: int, level: str, scratch: Path, shown: Iterable[Path], hidden: Path) -> None:
    """Fork and kill as told, until the grader hangs up; end with a sentence where no lock holds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's business
    control = socket.socket(fileno=control_fd)
    made = cells.shell()
    empty(scratch)  # a file that stayed would be a letter from one student to the next
    try:
        lock = Lock(level, scratch, shown, hidden)
        try_out(lock)
    except OSError as problem:
        sys.exit(problem.strerror or str(problem))
    freeze()
    alive: set[int] = set()
    control.sendall(PID.pack(os.getpid()))
    while True:
        message, handles, _, _ = socket.recv_fds(control, PID.size, 1)
        if not message:
            break
        if handles:
            pid = 0
            if lock.apart or not alive:
                pid = lock.fork()
                if pid == 0:
                    connection = socket.socket(fileno=handles[0])
                    lock_in(lock, connection, trial=False)
                    cells.serve(connection, made)
                    os._exit(0)
                alive.add(pid)
            os.close(handles[0])
            control.sendall(PID.pack(pid))
        elif len(message) == 1:
            cells.warm(made, cells.PLOT)
            empty(scratch)
            freeze()
            control.sendall(PID.pack(0))
        else:
            (pid,) = PID.unpack(message)
            if pid in alive:
                end(pid)
                alive.discard(pid)
                if not alive:
                    empty(scratch)
            control.sendall(PID.pack(0))
    for pid in alive:
        end(pid)
    os._exit(0)


def lock_in(lock: Lock, connection: socket.socket, trial: bool) -> None:
    """Put the lock on this process and say so; where it cannot be put on, say why and end."""
    try:
        lock.close(connection)
        if trial:
            lock.prove()
    except Exception as problem:  # whatever it is: this process may not go on
        wire.send(connection, getattr(problem, "strerror", None) or str(problem))
        os._exit(1)
    wire.send(connection, None)


def try_out(lock: Lock) -> None:
    """Lock in a process that does nothing else, and raise OSError unless the lock holds."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pid = lock.fork()
        if pid == 0:
            lock_in(lock, theirs, trial=True)
            os._exit(0)
        theirs.close()
        try:
            refused = wire.receive(ours, PATIENCE)
        except EOFError:
            refused = "a process ends before it is locked in"
        end(pid)
    if lock.apart and os.listdir(lock.scratch):
        refused = "the lock does not hold: a locked process writes to the others' disk"
    empty(lock.scratch)
    if refused is not None:
        raise OSError(refused)


def freeze() -> None:
    """Spare the forks' garbage collections all that is there: to touch a page is to copy it."""
    gc.collect()
    gc.freeze()


def empty(folder: Path) -> None:
    """Remove all that a student left behind in and on `folder`, what they locked included.

    Inner folders are lifted into `folder` first: no path is then too long, however deep they were.
    """
    os.chmod(folder, 0o700)
    waiting = [folder / name for name in os.listdir(folder)]
    lifted = (folder / f"{secrets.token_hex(8)}-{number}" for number in itertools.count())
    while waiting:
        left = waiting.pop()
        if left.is_symlink() or not left.is_dir():
            left.unlink()
            continue
        os.chmod(left, 0o700)
        for inner in os.listdir(left):
            path = left / inner
            if path.is_symlink() or not path.is_dir():
                path.unlink()
                continue
            os.chmod(path, 0o700)
            waiting.append(path.rename(next(lifted)))
        left.rmdir()
    for name in getattr(os, "listxattr", lambda _: ())(folder):  # which macOS has not
        if name.startswith(("user.", "system.posix_acl")):
            os.removexattr(folder, name)
    os.utime(folder, (0, 0))


def end(pid: int) -> None:
    """Kill a student's process with all that it started in its session, and forget it."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(pid, 0)
