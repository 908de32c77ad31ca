"""The alarm that stops a test cell of the course, and where it may not strike."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Alarm:
    """Whether it may not strike just now, and whether it would have."""

    held: bool = False
    due: str = ""


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
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


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
