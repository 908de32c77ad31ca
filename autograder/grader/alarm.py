"""The alarm that stops a test cell of the course, and where it may not strike."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.inside.caps import TEST_BYTES

DEAF = 20.0
"""Seconds of CPU after its time that a test cell has to hear the alarm."""


@dataclass
class Alarm:
    """Whether it may not strike just now, and whether it would have."""

    held: bool = False
    due: str = ""
    kills: bool = False
    """Whether a test cell that hangs where no alarm is heard ends its process: only a worker's."""


alarm = Alarm()


@contextlib.contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in a test cell of the course that hangs, where Python offers a way."""

    def late(*_: object) -> None:
        says = f"this test took longer than {seconds:g} seconds"
        if not alarm.held:
            raise TimeoutError(says)
        alarm.due = says

    if threading.current_thread() is not threading.main_thread() or os.name != "posix":
        yield
        return
    earlier = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    if alarm.kills:  # sum(range(10**15)) is one step of Python's, between which alarms are heard
        signal.setitimer(signal.ITIMER_PROF, seconds + DEAF)
    try:
        with bounded_memory():
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


@contextlib.contextmanager
def bounded_memory() -> Iterator[None]:
    """Let a test cell grow by TEST_BYTES and no more, where the system can hold it to that."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = pages * resource.getpagesize() + TEST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no alarm strike in here: what talks to another process would lose its place.

    Whoever does so has a deadline of their own. The alarm comes right after. (To block the signal
    would not do: the kernel may hand it to any other thread, and Python then raises in this one.)
    """
    alarm.held, alarm.due = True, ""
    try:
        yield
    finally:
        alarm.held = False
        if alarm.due:
            raise TimeoutError(alarm.due)
