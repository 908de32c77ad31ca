"""What attacks are made of, and how one is graded: what the tests of the boundary share."""

from __future__ import annotations

import ctypes
import os
import re
import select
import signal
import site
import socket
import string
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT
from nbformat import NotebookNode
from notebooks import full_marks, points

from autograder.classroom.rebuild import grade_id, rebuild, template
from autograder.classroom.sample import sample_students
from autograder.grader import Grader, Limits
from autograder.grader.outputs import SHOWN
from autograder.sandbox import levels
from autograder.tasks import Formula, Task

NAME = "02_mse"
LINUX = sys.platform.startswith("linux")
PROMISE = levels.LEVELS[1:]
"""All but unprotected, under which no hostile code is ever run."""
LEVELS = [level for level in PROMISE if not levels.lacks(level)]
LIMITS = Limits(cell=2, call=1)
SECONDS = 30
"""In which an attack has to be over, on a machine that has other things to do."""
MEGABYTES = 400
"""By which the trusted process may grow: one frame of 16 MB of JSON becomes half of it."""
SECRET = "the-secret-of-the-course"
SEEN = [Path(sys.prefix), Path(sys.base_prefix)]
"""Python and its libraries, which a submission may see wherever they lie."""
SECRETS = [
    str(place)
    for place in [
        *map(Path, ("/etc", "/home", "/var", "/tmp")),
        Path.home() / ".ssh",
        *ROOT.glob("[!.]*"),
    ]
    if not any(seen.is_relative_to(place) for seen in SEEN)
]
PLANTS = ["/", "/dev", "/etc", "/sandbox/inside", site.getsitepackages()[0]]
"""Where it is tried whether a file could be made; it would have no name, and nothing would stay."""
CANARY = """
import os
place, held = "$OUTSIDE/canary", []
for way in (
    lambda: os.kill(os.getpid(), 0),
    lambda: open(place + "/file").read(),
    lambda: open(place + "/file", "r+"),
    lambda: os.listdir(place),
    lambda: os.remove(place + "/file"),
    lambda: os.rmdir(place + "/folder"),
    lambda: os.mkdir(place + "/new"),
    lambda: os.rename(place, place + "2"),
):
    try:
        way()
    except OSError:
        held.append(way)
print("held", len(held))
"""
"""Harmless; no hostile code is run where one of these eight is not held back."""
MARKER = 0.7123456789123
"""Stands first in what every task draws: nobody may ever see it, nor its first six digits."""
MARKED = re.compile("71234[56]")
CONTROL = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
HANDED_OUT = template(*(ROOT / f / NAME / f"{NAME}.ipynb" for f in ("solutions", "exercises")))
SOLVED = nbformat.read(ROOT / "solutions" / NAME / f"{NAME}.ipynb", as_version=4)
HONEST = sample_students(NAME)[0].answers
FULL = {name.removeprefix("test_"): most for name, most in full_marks(HANDED_OUT.cells).items()}
ALL_BUT_STYLE = FULL | {name: 0.9 * FULL[name] for name in ("mse_loop", "mse_numpy", "rmse_numpy")}
"""What is right earns in a notebook that reaches behind names, so that its code cannot be read."""

TRIED = ("stock", "joined", "own", "untried")


@dataclass(frozen=True)
class Attack:
    """A hostile submission, and what must become of it."""

    name: str
    forges: bool
    scores: dict[str, float]
    cells: list[tuple[str, str]]
    levels: tuple[str, ...] = levels.LEVELS
    seen: str = ""
    stock: str = ""
    joined: str = ""
    own: str = ""
    untried: str = ""
    seconds: float = SECONDS


def parse(path: Path) -> Attack:
    """Read a file of tests/attacks/."""
    header, *parts = re.split(r"^# %% (.+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    lines = dict(re.findall(r"^# (\w+): (.*)$", header, re.MULTILINE))
    scores = {c: float(earned) for c, earned in re.findall(r"(\w+)=(\S+)", lines["scores"])}
    named = {"all": FULL, "all but style": ALL_BUT_STYLE}
    return Attack(
        name=path.stem,
        forges="forges" in lines,
        scores=named.get(lines["scores"], dict.fromkeys(FULL, 0.0) | scores),
        cells=list(zip(parts[::2], parts[1::2], strict=True)) * int(lines.get("repeat", 1)),
        levels=tuple(lines.get("levels", " ".join(PROMISE)).split()),
        seconds=float(lines.get("seconds", SECONDS)),
        **{key: lines.get(key, "") for key in ("seen", *TRIED)},
    )


def simple(name: str, cells: list[tuple[str, str]]) -> Attack:
    """Return a submission whose answers are right, with these cells in it."""
    return Attack(name, False, FULL, cells)


def marked(table: Mapping[str, Any]) -> list[Any]:
    """Return a table's rows as parameters by their names."""
    rows = {name: row if isinstance(row, tuple) else (row,) for name, row in table.items()}
    return [pytest.param(*row, id=name) for name, row in rows.items()]


ATTACKS = [parse(path) for path in sorted((Path(__file__).parent / "attacks").glob("*.txt"))]


def submission(attack: Attack, handed_out: NotebookNode, places: dict[str, str]) -> NotebookNode:
    """Return an attack as a notebook that was handed in."""
    words = places | {
        "NOW": str(time.time()),
        "FILLER": "x" * 120_000,
        "BRACES": "{a}" * 400_000,
        "FEWER_BRACES": "{a}" * 15_000,
        "DOTS": "a" + ".a" * 30_000,
        "MINUSES": "-" * 50_000 + "1",
    }
    cells = [(where, string.Template(code).safe_substitute(words)) for where, code in attack.cells]
    answers = ({} if attack.forges else HONEST) | dict(cells)
    notebook = nbformat.from_dict(handed_out)
    notebook.cells = []
    for cell in nbformat.from_dict(handed_out).cells:
        name = grade_id(cell)
        cell.source = answers.get(name, cell.source)
        setup = name == "setup"
        above, below = ("above", "before") if setup else ("", f"after {name}")
        for where in (above, None, below):
            own = [nbformat.v4.new_code_cell(code) for place, code in cells if place == where]
            notebook.cells += [cell] if where is None else own
    return notebook


def honest() -> NotebookNode:
    """Return a submission that is right."""
    return submission(simple("honest", []), HANDED_OUT, {})


def places(outside: Path, secrets: list[str], plants: list[str]) -> dict[str, str]:
    """Return what an attack is told: a folder with a secret, and where else to read and write."""
    return {
        "OUTSIDE": str(outside),
        "COURSE": str(outside / "course"),
        "REACH": repr([str(outside), *secrets]),
        "PLANT": repr([str(outside), *plants]),
    }


Graded = tuple[dict[str, float], str]


@dataclass
class World:
    """A grader, and what around it nobody may touch or tell."""

    grader: Grader
    outside: Path
    door: socket.socket
    neighbours: set[int]

    def told(self) -> dict[str, str]:
        """Return what an attack in the sandbox is told."""
        port = str(self.door.getsockname()[1])
        return places(self.outside, SECRETS, PLANTS) | {"PORT": port}

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

    def grade(self, notebook: NotebookNode, seconds: float = SECONDS) -> Graded:
        """Grade a submission within some seconds."""
        self.grader.limits = replace(LIMITS, notebook=seconds)
        return graded(self.grader, notebook)


def graded(grader: Grader, notebook: NotebookNode, handed_out: NotebookNode = HANDED_OUT) -> Graded:
    """Grade a submission; return its points, and all that its outputs and verdicts say."""
    rebuilt, notes = rebuild(notebook, handed_out)
    verdicts = grader.grade_notebook(rebuilt.cells, "eve").verdicts
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


def tainted(task: Task) -> Task:
    """Return a task whose hidden inputs hold the marker."""

    def marked(argument: Any) -> Any:
        if isinstance(argument, Formula):
            return Formula(f"{argument.source} + 0 * {MARKER}")
        if isinstance(argument, np.ndarray) and argument.dtype.kind == "f" and argument.size:
            argument = argument.copy()
            argument.flat[0] = MARKER
        return argument

    return replace(task, draw=lambda rng, n: tuple(map(marked, task.draw(rng, n))))


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
