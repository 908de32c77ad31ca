"""A notebook's code goes in, plain data comes out; knows nothing of losses, tasks or nbgrader."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import current_process
from pathlib import Path
from typing import Any, Self

import numpy as np

from autograder.sandbox import levels
from autograder.sandbox.inside import wire
from autograder.sandbox.levels import NoSandbox

__all__ = ["Died", "NoSandbox", "Sandbox", "Session", "TooSlow"]

PID = struct.Struct("!i")
PATIENCE = 15.0
"""Seconds after which a zygote that does not fork, or clean up, is given up for a new one."""


class Died(Exception):
    """The student's process is gone, too slow, or broke the protocol; str() says which."""

    too_slow = False


class TooSlow(Died):
    """The student's process did not answer in time."""

    too_slow = True


class Sandbox:
    """One warm interpreter under which every submission gets a process of its own.

    `level` says how well it is locked in (see levels.py); by default the strongest.

    Raises NoSandbox where the strongest is not to be had and none is named.
    """

    def __init__(self, level: str | None = None) -> None:
        # A level that is named is tried out by the zygote, not twice.
        self.level = level if level in levels.LEVELS else levels.settle(level or "")
        self._home = tempfile.mkdtemp(prefix="autograder-")
        try:
            self._start()
        except (NoSandbox, OSError) as problem:
            shutil.rmtree(self._home, ignore_errors=True)
            why = levels.lacks(self.level) or str(problem)
            instead = f"to accept less, ask for {levels.best()[0]}"
            raise NoSandbox(f"{self.level} is not to be had: {why}; {instead}") from None

    def _start(self) -> None:
        self._plots = False
        self._control, theirs = socket.socketpair()
        scratch = Path(tempfile.mkdtemp(dir=self._home))
        boxed = self.level.startswith("bubblewrap")
        with theirs, (scratch / "stderr").open("w+") as complaint, on_one_processor():
            self._zygote = subprocess.Popen(
                levels.command(self.level, theirs.fileno(), scratch),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaint,
                cwd=scratch,
                env=environment(str(levels.SCRATCH if boxed else scratch)),
            )
            theirs.close()
            try:
                wire.exactly(self._control, PID.size, None)
            except EOFError:
                complaint.seek(0)
                lines = complaint.read().strip().splitlines() or ["it ended without a word"]
                self._control.close()
                self._zygote.wait()
                raise NoSandbox(f"{self.level} does not start: {lines[-1]}") from None

    def session(self, plots: bool = False, files: Mapping[str, bytes] | None = None) -> Session:
        """Return a fresh student process, locked in, in a folder of its own with these files in it.

        With `plots` they are warm too, and every process costs twice as much from then on: a class
        without plots goes without. NoSandbox says why a process could not be locked in; none of
        the student's code has run then.
        """
        try:
            made, refused = self._born(plots)
        except (EOFError, OSError):  # an earlier student got the zygote killed, or keeps it busy
            self._restart()
            try:
                made, refused = self._born(plots)
            except (EOFError, OSError) as problem:
                raise NoSandbox(f"{self.level} starts no process: {problem or 'it ends'}") from None
        if refused is not None:
            made.close()
            raise NoSandbox(f"{self.level} cannot lock a student's process in: {refused}")
        try:
            for name, content in (files or {}).items():
                made.write(name, content)
        except Died:
            made.close()
            raise
        return made

    def _born(self, plots: bool) -> tuple[Session, Any]:
        """Return a new process, and why it could not be locked in, or None."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pid = self._fork(theirs, plots)
            if not pid:
                return Session(self, ours, pid), "it has one already, and takes one at a time"
            return Session(self, ours, pid), wire.receive(ours, PATIENCE)
        except (EOFError, OSError):
            ours.close()
            raise

    def _fork(self, handle: socket.socket, plots: bool) -> int:
        if plots and not self._plots:
            self._tell(b"P")
            self._plots = True
        return self._tell(b"F", handle)

    def end(self, pid: int) -> None:
        """Kill a student's process and wait until it is gone."""
        try:
            self._tell(PID.pack(pid))
        except (EOFError, OSError):
            self._restart()

    def _restart(self) -> None:
        self._control.close()  # upon which the old zygote, if it lives, ends itself and its own
        self._zygote.kill()
        self._zygote.wait()
        self._start()

    def _tell(self, message: bytes, handle: socket.socket | None = None) -> int:
        handles = [handle.fileno()] if handle else []
        deadline = time.monotonic() + PATIENCE
        try:
            socket.send_fds(self._control, [message], handles)
            (pid,) = PID.unpack(wire.exactly(self._control, PID.size, deadline))
        except BaseException:  # its answer would be taken for that to the next question
            self._control.close()
            raise
        return int(pid)

    def close(self) -> None:
        """End every student's process and remove their files."""
        self._control.close()
        self._zygote.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Session:
    """One student's process: runs cells, answers calls. Any failure of it raises Died."""

    def __init__(self, sandbox: Sandbox, connection: socket.socket, pid: int) -> None:
        self._sandbox, self._connection, self._pid = sandbox, connection, pid
        self._asked = 0

    def run(self, code: str, seconds: float, shown: bool = True) -> list[Any]:
        """Run one cell and return its outputs, in nbformat's form unless the process lies.

        What nobody will see (not `shown`) is not drawn: no plot becomes a picture.
        """
        request = {"do": "run", "code": code, "shown": shown}
        outputs = self._request(request, seconds).get("outputs")
        return outputs if isinstance(outputs, list) else []

    def write(self, name: str, content: bytes) -> None:
        """Put a file into the process's folder."""
        data = np.frombuffer(content, np.uint8)
        self._request({"do": "write", "name": name, "data": data}, PATIENCE)

    def call(
        self, name: str, args: tuple[Any, ...], keywords: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Call the student's function; return the fields of an Answer (see inside/ask.py)."""
        request = {"do": "call", "name": name, "args": args, "keywords": keywords}
        return self._request(request, seconds)

    def alone(
        self, program: str, name: str, questions: list[tuple[Any, ...]], seconds: float
    ) -> list[Any]:
        """Run a program beside the notebook, not in it; return what a function of it replies."""
        request = {"do": "alone", "program": program, "name": name, "questions": questions}
        replies = self._request(request, seconds).get("answers")
        return replies if isinstance(replies, list) else []

    def get(self, name: str, seconds: float) -> tuple[str, Any]:
        """Return ("function", None), ("data", value) or ("missing", None) for a student's name."""
        reply = self._request({"do": "get", "name": name}, seconds)
        return str(reply.get("kind")), reply.get("value")

    def _request(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        self._asked += 1
        try:
            self._connection.settimeout(seconds)  # for a process that does not even read
            wire.send(self._connection, {"id": self._asked, **request})
            reply = wire.receive(self._connection, seconds)
        except TimeoutError:
            raise TooSlow(f"no answer within {seconds:.2g} seconds") from None
        except (EOFError, OSError):
            raise Died("the process ended while it was asked") from None
        except wire.WireError as problem:
            raise Died(f"an answer that is no plain data ({problem})") from None
        answer: dict[str, Any] = reply if isinstance(reply, dict) else {}
        number = answer.pop("id", None)
        if type(number) is not int or number != self._asked:  # an array would compare to an array
            raise Died("an answer to another question")
        return answer

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._sandbox.end(self._pid)


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Let what is started here run on one processor, another one for each process that grades.

    However many threads a student starts, those of the other processes are not slowed down.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    number = re.search(r"\d*$", current_process().name)
    mine = sorted(before)[int((number and number[0]) or 0) % len(before)]
    os.sched_setaffinity(0, {mine})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment(scratch: str) -> dict[str, str]:
    """Return all that a student's process is told about this machine."""
    return {
        "PATH": os.defpath,
        "HOME": scratch,
        "LANG": "C.UTF-8",
        "IPYTHONDIR": scratch,
        "MPLCONFIGDIR": scratch,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
