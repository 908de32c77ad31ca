"""The mother of all student processes: imports once what is slow, then forks on demand.

On its control socket one byte with a connected socket means "fork a process that serves this
socket" (the reply is its pid); one byte alone "be ready to plot", which makes every fork dearer; a
pid "kill it" (the reply to both is 0).
"""

from __future__ import annotations

import gc
import itertools
import os
import resource
import secrets
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from . import cells, namespaces, seccomp

PID = struct.Struct("!i")
LIMITS = {
    resource.RLIMIT_AS: 3 * 2**30,
    resource.RLIMIT_CPU: 120,
    resource.RLIMIT_FSIZE: 64 * 2**20,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_NPROC: 512,
}


def confine(scratch: Path, alone: bool, restrict: Callable[[], None]) -> None:
    """Give this process a folder of its own to work in, limits, and a closed door to the kernel."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    scratch.mkdir()
    if alone:
        namespaces.leave(scratch)
    os.chdir(scratch)
    sys.path.append(str(scratch))  # a student's own modules; last, so that they shadow nothing
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ |= {"HOME": str(scratch), "TMPDIR": str(scratch), "TMP": str(scratch)}
    for limit, value in LIMITS.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS refuses some of them
            continue
    restrict()


def main(control_fd: int, scratch: Path, privileged: bool) -> None:
    """Fork and kill as told, until the grader hangs up; bubblewrap left us a privilege, or not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's business
    control = socket.socket(fileno=control_fd)
    made = cells.shell()
    empty(scratch)  # a file that stayed would be a letter from one student to the next
    restrict = seccomp.filtering()
    alone = privileged and namespaces.granted(scratch)
    if privileged and not alone:
        namespaces.give_up_privileges()
    freeze()
    alive: set[int] = set()
    born = 0
    control.sendall(PID.pack(os.getpid()))
    while True:
        message, handles, _, _ = socket.recv_fds(control, PID.size, 1)
        if not message:
            break
        if handles:
            born += 1
            pid = namespaces.fork() if alone else os.fork()
            if pid == 0:
                control.close()
                confine(scratch / str(born), alone, restrict)
                cells.serve(socket.socket(fileno=handles[0]), made)
                os._exit(0)
            os.close(handles[0])
            alive.add(pid)
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


def freeze() -> None:
    """Spare the forks' garbage collections all that is there: to touch a page is to copy it."""
    gc.collect()
    gc.freeze()


def empty(folder: Path) -> None:
    """Remove all that a student left behind in `folder`, what they locked included.

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


def end(pid: int) -> None:
    """Kill a student's process with all that it started in its session, and forget it."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(pid, 0)
