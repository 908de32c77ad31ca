"""Hostile submissions: no point is forged, nothing outside is touched, the next student is safe.

Each file in tests/attacks/ is a submission to 02_mse. Its header says what it does where nothing
protects (`forges`, `harm`), what it must earn, what must be seen in the graded notebook (so that no
attack fails for a reason of its own), the rungs that promise to withstand it, and what comes of it
in stock nbgrader. A section `# %% mse_loop` is the answer in that cell; `before` and `after
mse_loop` are cells of the student's own, `repeat` times over. What a `forges` attack does not
answer stays as handed out; a `harm` attack answers it rightly.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from test_exercises import full_marks, points

from autograder.classroom.rebuild import Unreadable, grade_id, read, rebuild, template
from autograder.classroom.sample import sample_students
from autograder.grader import SHOWN, Grader, Limits
from autograder.sandbox import rungs
from autograder.tasks import TASKS

NAME = "02_mse"
LINUX = sys.platform.startswith("linux")
RUNGS = rungs.RUNGS[: rungs.RUNGS.index(rungs.best()[0]) + 1]
LIMITS = Limits(cell=2, call=1, notebook=6)
SECONDS = 30
"""In which an attack has to be over, on a machine that has other things to do."""
MEGABYTES = 600
"""By which the trusted process may grow: one frame of 16 MB of JSON becomes that much."""
SECRET = "the-secret-of-the-course"
CONTROL = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
HANDED_OUT = template(*(ROOT / f / NAME / f"{NAME}.ipynb" for f in ("solutions", "exercises")))
HONEST = sample_students(NAME)[0].answers
FULL = {name.removeprefix("test_"): most for name, most in full_marks(HANDED_OUT.cells).items()}


@dataclass(frozen=True)
class Attack:
    """A hostile submission, and what must become of it."""

    name: str
    forges: bool
    scores: dict[str, float]
    rungs: list[str]
    seen: str
    stock: str
    cells: list[tuple[str, str]]


def parse(path: Path) -> Attack:
    """Read a file of tests/attacks/."""
    header, *parts = re.split(r"^# %% (.+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    lines = dict(re.findall(r"^# (\w+): (.*)$", header, re.MULTILINE))
    scores = {c: float(earned) for c, earned in re.findall(r"(\w+)=(\S+)", lines["scores"])}
    return Attack(
        name=path.stem,
        forges="forges" in lines,
        scores=FULL if lines["scores"] == "all" else dict.fromkeys(FULL, 0.0) | scores,
        rungs=lines.get("rungs", " ".join(rungs.RUNGS)).split(),
        seen=lines.get("seen", ""),
        stock=lines.get("stock", ""),
        cells=list(zip(parts[::2], parts[1::2], strict=True)) * int(lines.get("repeat", 1)),
    )


ATTACKS = [parse(path) for path in sorted((Path(__file__).parent / "attacks").glob("*.txt"))]


def submission(attack: Attack, handed_out: NotebookNode, places: dict[str, str]) -> NotebookNode:
    """Return an attack as a notebook that was handed in."""
    words = places | {
        "NOW": str(time.time()),
        "FILLER": "x" * 120_000,
        "BRACES": "{a}" * 400_000,
        "FEWER_BRACES": "{a}" * 20_000,
        "DOTS": "a" + ".a" * 50_000,
        "MINUSES": "-" * 50_000 + "1",
    }
    cells = [(where, string.Template(code).safe_substitute(words)) for where, code in attack.cells]
    answers = ({} if attack.forges else HONEST) | dict(cells)
    notebook = nbformat.from_dict(handed_out)
    notebook.cells = []
    for cell in nbformat.from_dict(handed_out).cells:
        name = grade_id(cell)
        cell.source = answers.get(name, cell.source)
        own = "before" if name == "setup" else f"after {name}"
        added = [nbformat.v4.new_code_cell(code) for where, code in cells if where == own]
        notebook.cells += [cell, *added]
    return notebook


def honest() -> NotebookNode:
    """Return a submission that is right."""
    return submission(Attack("honest", False, FULL, [], "", "", []), HANDED_OUT, {})


@dataclass
class World:
    """A grader, and what around it nobody may touch or tell."""

    grader: Grader
    outside: Path
    door: socket.socket
    neighbours: set[int]

    def places(self) -> dict[str, str]:
        """Return what an attack is told of the world."""
        port = str(self.door.getsockname()[1])
        return {"OUTSIDE": str(self.outside), "COURSE": str(self.outside / "course"), "PORT": port}

    def state(self) -> list[object]:
        """Return what must stay as it is: files, their modes, callers at the door, processes."""
        files = [
            (str(path), path.lstat().st_mode, path.is_file() and path.read_bytes())
            for path in [self.outside, *sorted(self.outside.rglob("*"))]
        ]
        zygote = self.grader.sandbox._zygote.pid
        ours = below(zygote)
        strangers = below(os.getpid()) - ours - {zygote} - self.neighbours
        return [files, select.select([self.door], [], [], 0)[0], len(ours), strangers]

    def grade(self, notebook: NotebookNode) -> tuple[dict[str, float], str]:
        """Grade a submission; return its points, and all that its outputs and verdicts say."""
        rebuilt, notes = rebuild(notebook, HANDED_OUT)
        verdicts = self.grader.grade_notebook(rebuilt.cells, "eve")
        shown = [output for cell in rebuilt.cells for output in cell.get("outputs", [])]
        assert all(set(output.get("data", ())) <= set(SHOWN) for output in shown)
        says = "\n".join(texts([notes, [verdict.to_dict() for verdict in verdicts]]))
        assert "\x1b" not in says  # a terminal would obey
        nbformat.writes(rebuilt).encode()  # as when it is written to a file
        told = "\n".join([says, *texts(shown)])
        return {n.removeprefix("test_"): p for n, p in points(rebuilt.cells).items()}, told


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def below(root: int) -> set[int]:
    """Return the living processes that descend from one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(path.parent.name)] = int(parent)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        current = waiting.pop()
        waiting += [pid for pid, parent in parents.items() if parent == current]
        found.add(current)
    return found - {root}


@pytest.fixture(scope="module", params=RUNGS)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A world for each rung, with a secret in its files, environment and memory."""
    outside = tmp_path_factory.mktemp("outside")
    solution = outside / "course" / "solutions" / NAME / f"{NAME}.ipynb"
    solution.parent.mkdir(parents=True)
    solution.write_bytes((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_bytes())
    (outside / "gradebook.db").write_text(SECRET)
    (outside / "secret.txt").write_text(SECRET)
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as door:
        patch.setenv("AUTOGRADER_SECRET", SECRET)
        adopt_orphans(True)
        neighbours = below(os.getpid())
        with Grader(limits=LIMITS, rung=request.param) as grader:
            made = World(grader, outside, door, neighbours)
            assert made.grade(honest())[0] == FULL
            yield made
        adopt_orphans(False)


def adopt_orphans(adopt: bool) -> None:
    """Become the parent of what descends from this process and has lost its own parent."""
    if LINUX:
        ctypes.CDLL(None).prctl(36, int(adopt), 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


@contextmanager
def limited(megabytes: int, seconds: float) -> Iterator[None]:
    """Fail when this process grows by more, or is busy for longer."""

    def late(*_: object) -> None:
        pytest.fail(f"not finished after {seconds} seconds")

    before = memory(reset=True)
    earlier = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)
    assert memory() - before < megabytes


def memory(reset: bool = False) -> int:
    """Return the most megabytes that this process has had; with `reset` count from now on."""
    if not LINUX:
        return 0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    (peak,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(peak) // 1024


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_earns_what_is_right_and_harms_nobody(world: World, attack: Attack) -> None:
    if world.grader.sandbox.rung not in attack.rungs:
        pytest.skip("this rung does not promise to withstand it")
    before = world.state()
    with limited(MEGABYTES, SECONDS):
        earned, told = world.grade(submission(attack, HANDED_OUT, world.places()))
    assert earned == attack.scores
    assert SECRET not in told
    assert re.search(attack.seen, told), told[-3000:]
    assert not CONTROL.search(told)
    soon = time.monotonic() + 5  # what was killed may take a moment to be gone
    while world.state() != before and time.monotonic() < soon:
        time.sleep(0.05)
    assert world.state() == before
    assert world.grade(honest())[0] == FULL


