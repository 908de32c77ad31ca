"""Whatever is handed in or replied costs little time and a fixed memory, at any size of anything.

Each bomb is built at two sizes. What it costs is measured in a copy of this process, so that one
which is not held takes nothing with it. `python tests/test_bounds.py` prints the table, and
`python tests/test_bounds.py 10000` reads and rebuilds so many mutated notebooks.
"""

from __future__ import annotations

import copy
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from attacking import HANDED_OUT, LINUX, honest, memory
from conftest import LEVEL, ROOT

from autograder.classroom import run as running
from autograder.classroom.course import Course
from autograder.classroom.grade import grade_class
from autograder.classroom.rebuild import Unreadable, grade_id, read, rebuild
from autograder.classroom.sample import write_sample
from autograder.grader import Grader, Limits, judging, outputs
from autograder.grader.judging import Judging
from autograder.judge import Answer, Verdict
from autograder.sandbox.inside import caps, wire
from autograder.tasks import TASKS

NAME = "02_mse"
SECONDS, MEGABYTES = 4.0, 400
"""What the largest bomb may cost; where nothing held them, some took minutes and gigabytes."""
CEILING = 60, 3 * 2**30
"""Where a bomb that is not held is stopped."""


def measured(work: Callable[[], object]) -> tuple[float, float, int, str]:
    """Return what something costs a copy of this process, and the line of what was refused.

    That is its time on the processor and by the clock, and the megabytes by which it grew.
    """
    started = time.monotonic()
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + CEILING[1]
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(CEILING[0])
        before, begun = memory(reset=True), time.process_time()
        try:
            said = type(work()).__name__
        except (Unreadable, wire.WireError) as reason:
            said = str(reason)
        except BaseException as problem:
            said = f"{type(problem).__name__}!"
        spent = time.process_time() - begun, memory() - before, said
        os.write(writes, json.dumps(spent).encode())
        os._exit(0)
    os.close(writes)
    with open(reads, "rb") as file:
        told = file.read()
    os.waitpid(pid, 0)
    spent, grown, said = json.loads(told) if told else (float(CEILING[0]), 0, "stopped!")
    return spent, time.monotonic() - started, grown, said


def notebook(**changed: Any) -> dict[str, Any]:
    """Return a right submission as it lies in its file, changed in parts."""
    return json.loads(nbformat.writes(honest())) | changed


def part(text: str) -> bytes:
    """Return a right submission with these words of JSON in its metadata."""
    made = notebook(metadata={"here": 0})
    return json.dumps(made).replace('{"here": 0}', f'{{"here": {text}}}').encode()


def cells(*added: Any) -> bytes:
    """Return a right submission with more cells in it."""
    made = notebook()
    made["cells"] += added
    return json.dumps(made).encode()


def own(kind: str = "code", source: Any = "0", **more: Any) -> dict[str, Any]:
    """Return a cell of the student's own."""
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **code, **more}


def answer(name: str = "mse_loop") -> dict[str, Any]:
    """Return the cell of an answer."""
    return next(cell for cell in notebook()["cells"] if cell["id"] == name)


def old(**cell: Any) -> bytes:
    """Return a notebook of format 3 with one cell."""
    made = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    return json.dumps(made).encode()


READ: dict[str, tuple[Callable[[int], bytes], int]] = {
    "bytes": (lambda n: part(f'"{"x" * n}"'), 2**23),
    "blanks": (lambda n: part(" " * n + "0"), 2**23),
    "characters of four bytes": (lambda n: part(f'"\U0001f4a1{"x" * n}"'), 2**22),
    "quotes": (lambda n: part(r'"' + r"\"" * n), 2**21),
    "cells": (lambda n: cells(*[own()] * n), 5000),
    "written cells": (lambda n: cells(*[own("markdown")] * n), 5000),
    "doubled answers": (lambda n: cells(*[answer()] * n), 450),
    "doubled tests": (lambda n: cells(*[answer("test_mse_loop")] * n), 450),
    "broken outputs": (lambda n: cells(own(outputs=[{}] * n)), 10_000),
    "outputs of no kind": (lambda n: cells(own(outputs=[0] * n)), 100_000),
    "whole outputs": (
        lambda n: cells(own(outputs=[{"output_type": "stream", "name": "stdout", "text": ""}] * n)),
        20_000,
    ),
    "traceback lines": (
        lambda n: cells(own(outputs=[{"output_type": "error", "traceback": ["x"] * n}])),
        100_000,
    ),
    "objects": (lambda n: part("[" + "{}," * n + "0]"), 1_500_000),
    "objects in objects": (lambda n: part("[" + '{"":{}},' * n + "0]"), 600_000),
    "lists in lists": (lambda n: part("[" + "[[[0]]]," * n + "0]"), 500_000),
    "depth": (lambda n: part("[" * n + "]" * n), 250_000),
    "depth in objects": (lambda n: part('{"":' * n + "0" + "}" * n), 100_000),
    "keys": (lambda n: part("{" + "".join(f'"{i}":0,' for i in range(n)) + '"":0}'), 120_000),
    "one key": (lambda n: part("{" + '"a":[],' * n + '"a":0}'), 250_000),
    "numbers": (lambda n: part("[" + "1e9," * n + "0]"), 1_000_000),
    "digits": (lambda n: part("9" * n), 1000),
    "long numbers": (lambda n: part("[" + f"{'9' * 4000}," * n + "0]"), 1000),
    "no numbers": (lambda n: part("[" + "NaN,-Infinity," * n + "0]"), 100_000),
    "words": (lambda n: part("[" + '"∑∏",' * n + "0]"), 500_000),
    "lines": (lambda n: cells(own(source=["\n"] * n)), 120_000),
    "source": (lambda n: cells(own(source="x" * n)), 2**22),
    "halves of characters": (lambda n: cells(own(source="\udc80" * n)), 2**19),
    "attachments": (
        lambda n: cells(own("raw", attachments={str(i): {"image/png": "x"} for i in range(n)})),
        40_000,
    ),
    "pictures": (
        lambda n: cells(own("markdown", attachments={"x": {"image/png": "x" * n}})),
        2**22,
    ),
    "a heading's level": (lambda n: old(cell_type="heading", level=10**n, source="x"), 9),
    "cells of an older format": (
        lambda n: json.dumps(
            {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [own(input="0")] * n}]}
        ).encode(),
        5000,
    ),
    "worksheets": (
        lambda n: json.dumps({"nbformat": 2, "worksheets": [{"cells": []}] * n}).encode(),
        50_000,
    ),
    "a grade_id": (
        lambda n: cells(own(metadata={"nbgrader": {"grade_id": "x" * n, "points": "9" * n}})),
        2**22,
    ),
    "a kernel's name": (
        lambda n: json.dumps(notebook(metadata={"kernelspec": {"language": "x" * n}})).encode(),
        2**22,
    ),
}  # fmt: skip
"""A submission by how much of something it has, and a number that is much already."""

PRIME = 2**61 - 1


def header(value: object) -> bytes:
    """Return the header of a frame."""
    return json.dumps(value, separators=(",", ":")).encode()


def flat(parts: Iterator[Any]) -> bytes:
    """Return the header of a frame with a list in it."""
    return header(["list", *parts])


REPLIES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "keys of one hash": (
        lambda n: header(["dict", *(part for i in range(n) for part in (1 + i * PRIME, 0))]),
        12_500,
    ),
    "keys that are tuples": (
        lambda n: header(
            ["dict", *(part for i in range(n) for part in (["tuple", *[0] * 20, i * PRIME], 0))]
        ),
        2000,
    ),
    "keys that are text": (
        lambda n: header(["dict", *(part for i in range(n) for part in (str(i), 0))]),
        20_000,
    ),
    "keys that are small": (
        lambda n: header(["dict", *(part for i in range(n) for part in (i << 45, 0))]),
        20_000,
    ),
    "integers of one hash": (lambda n: flat(i * PRIME for i in range(n)), 50_000),
    "long integers": (lambda n: flat(2**1000 + i for i in range(n)), 10_000),
    "tuples": (lambda n: flat(["tuple", i] for i in range(n)), 50_000),
    "text": (lambda n: header("x" * n), 2**22),
    "texts": (lambda n: flat("ab" for _ in range(n)), 100_000),
    "floats": (lambda n: flat(0.1 for _ in range(n)), 100_000),
    "lists": (lambda n: flat(["list"] for _ in range(n)), 100_000),
}
"""The header of a reply by how much of something it has; of what is decoded a set is made."""


def into_a_set(frame: bytes) -> object:
    """Do with a reply what a test of the course might."""
    value = wire.decode(frame, b"")
    hashable = [v for v in value if isinstance(v, (int, float, str, tuple))]
    return set(hashable)


def kept(given: list[dict[str, Any]]) -> object:
    """Return what is kept of a cell's outputs, as they arrive."""
    frame = wire.encode({"outputs": given})
    length, _ = wire.LENGTHS.unpack(frame[:8])
    decoded = wire.decode(frame[8 : 8 + length], frame[8 + length :])
    return [output for output in map(outputs.cleaned, decoded["outputs"]) if output]


ERROR = {"output_type": "error", "ename": "E", "evalue": ""}
PRINT = {"output_type": "stream", "name": "stdout", "text": "x"}
SHOWN: dict[str, tuple[Callable[[int], list[dict[str, Any]]], int]] = {
    "traceback": (lambda n: [{**ERROR, "traceback": ["x"] * n}], 40_000),
    "tracebacks": (lambda n: [{**ERROR, "traceback": ["x"] * 10}] * n, 2000),
    "prints": (lambda n: [PRINT] * n, 5000),
    "displays": (
        lambda n: [{"output_type": "display_data", "data": {"text/plain": "x"}}] * n,
        5000,
    ),
    "nested": (lambda n: [{"output_type": "display_data", "data": {"text/html": [[n]]}}] * n, 3000),
}

QUESTIONS = TASKS["mse_loop"].calls(seed=1)
RIGHT = [Answer(value=float(TASKS["mse_loop"].reference(*c.args)), type="float") for c in QUESTIONS]
WRONG = [
    Answer(value=answer.value * len(c.args[0]), type="float")
    for answer, c in zip(RIGHT, QUESTIONS, strict=True)
]
CODE = "def mse_loop(a, b):\n    return sum((t - p) ** 2 for t, p in zip(a, b)) / len(a)\n"

JUDGED: dict[str, tuple[Callable[[int], tuple[list[Answer], list[str]]], int]] = {
    "names": (lambda n: (RIGHT, [CODE, "=".join(f"a{i}" for i in range(n)) + "=mse_loop"]), 8000),
    "blank lines": (lambda n: (RIGHT, [CODE, "\n" * n + "x"]), 30_000),
    "blanks": (lambda n: (RIGHT, [CODE, " " * n + "x"]), 30_000),
    "cells": (lambda n: (RIGHT, [CODE] * n), 500),
    "numbers": (lambda n: ([Answer(value=[0.5] * n, type="list")] * len(RIGHT), [CODE]), 50_000),
    "texts": (lambda n: ([Answer(value=["x"] * n, type="list")] * len(RIGHT), [CODE]), 50_000),
    "digits": (lambda n: ([Answer(value=2**n, type="int")] * len(RIGHT), [CODE]), 250),
    "a message": (
        lambda n: ([Answer(error="TypeError", message="(" * n)] * len(RIGHT), [CODE]),
        500,
    ),
}
"""Answers and code by how much of something they have; the judge's process pays, up to its caps."""


def rebuilt(content: bytes) -> object:
    """Read and rebuild a file with this in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{NAME}.ipynb"
        path.write_bytes(content)
        made, notes = rebuild(read(path), HANDED_OUT)
        assert len(notes) <= caps.MAX_NOTES + 1 and all(len(note) < 200 for note in notes)
        nbformat.validate(made)
        return made


def judged(given: tuple[list[Answer], list[str]]) -> object:
    """Judge answers and code in a process of its own."""
    made = Judging()
    try:
        return made.judge("mse_loop", QUESTIONS, *given)
    finally:
        made.close()


WORK: dict[str, tuple[Callable[[Any], object], dict[str, tuple[Callable[[int], Any], int]]]] = {
    "read": (rebuilt, READ),
    "reply": (into_a_set, REPLIES),
    "shown": (kept, SHOWN),
    "judged": (judged, JUDGED),
}
TABLE = {
    f"{kind}: {name}": (work, build, number)
    for kind, (work, bombs) in WORK.items()
    for name, (build, number) in bombs.items()
}


@pytest.mark.slow
@pytest.mark.skipif(not LINUX, reason="memory is measured as Linux tells it")
@pytest.mark.parametrize("name", TABLE)
def test_bomb_costs_little_at_any_size(name: str) -> None:
    work, build, number = TABLE[name]
    for size in (number, 4 * number):
        seconds, waited, megabytes, said = measured(partial(work, build(size)))
        assert seconds < SECONDS and megabytes < MEGABYTES, (size, seconds, megabytes, said)
        assert waited < CEILING[0]
        assert said and not said.endswith("!") and "\n" not in said


FINE = {
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(notebook()).encode(),
    "a drawing's data": cells(own(outputs=[{"data": {"x": list(range(50_000))}}])),
    "a screenshot": cells(own("markdown", attachments={"a.png": {"image/png": "iVBO" * 2**19}})),
    "three hundred cells": cells(*[own()] * 300),
    "a plot for each": cells(*[own(outputs=[{"data": {"image/png": "x" * 30_000}}])] * 300),
    "a long essay": cells(own("markdown", "word " * 20_000)),
    "no numbers": part("[NaN, Infinity]"),
    "doubled keys": part('{"a": 0, "a": 1}'),
    "metadata of no kind": json.dumps(notebook(metadata=[])).encode(),
}


@pytest.mark.parametrize("name", FINE)
def test_honest_notebooks_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(FINE[name])
    made, notes = rebuild(read(path), HANDED_OUT)
    assert not notes
    nbformat.validate(made)


@pytest.mark.parametrize("version", [2, 3])
def test_older_formats_are_read(version: int, tmp_path: Path) -> None:
    given = notebook()
    for cell in given["cells"]:
        if cell["cell_type"] == "code":
            cell["input"], cell["language"] = cell.pop("source"), "python"
            cell["prompt_number"] = cell.pop("execution_count")
    more = [
        {"cell_type": "heading", "level": 2, "source": ["My", "\n", "title"]},
        {"cell_type": "html", "source": "<b>mine</b>"},
    ]
    sheets = [{"cells": given["cells"]}, {"cells": more}]
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps({"nbformat": version, "metadata": {}, "worksheets": sheets}))
    made, notes = rebuild(read(path), HANDED_OUT)
    assert not notes and [cell.source for cell in made.cells[-2:]] == ["## My title", "<b>mine</b>"]
    answers = {grade_id(cell): cell.source for cell in honest().cells}
    assert {grade_id(cell): cell.source for cell in made.cells} | {"": ""} == answers | {"": ""}


def test_a_pasted_picture_stays_and_what_is_none_goes(tmp_path: Path) -> None:
    given = notebook()
    given["cells"].append(
        own("markdown", "![](attachment:a.png)", attachments={
            "a.png": {"image/png": "iVBORw0KGgo=", "text/html": "<script>"},
            "b.svg": {"image/svg+xml": "<svg onload=steal()>"},
            "c.png": {"image/png": '"><script>steal()</script>'},
            "d": 3,
        })
    )  # fmt: skip
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps(given))
    made, _ = rebuild(read(path), HANDED_OUT)
    assert made.cells[-1].attachments == {"a.png": {"image/png": "iVBORw0KGgo="}}


@pytest.mark.parametrize(
    "value",
    [
        [2**200] * 900,
        [(i, i + 1.0) for i in range(4000)],
        {(i, j): 0 for i in range(20) for j in range(20)},
        dict.fromkeys(range(5000)),
        {i / 7: i for i in range(5000)},
        [np.complex128(1)] * 900,
    ],
    ids=["factorials", "points", "a table", "epochs", "floats", "roots"],
)
def test_honest_replies_arrive(value: Any) -> None:
    frame = wire.encode(value)
    length, _ = wire.LENGTHS.unpack(frame[:8])
    assert wire.decode(frame[8 : 8 + length], frame[8 + length :]) == value


@pytest.mark.parametrize(
    "value",
    [
        [i * PRIME for i in range(1, 1100)],
        [np.complex128(complex(-1000003 * i, i)) for i in range(1100)],
        [(i,) for i in range(6000)],
        {(i, i): 0 for i in range(1000)},
        {((i,),): 0 for i in range(1000)},
    ],
    ids=["integers", "complex numbers", "tuples", "keys", "keys in keys"],
)
def test_many_hashes_that_can_be_chosen_are_refused(value: Any) -> None:
    frame = wire.encode(value)
    length, _ = wire.LENGTHS.unpack(frame[:8])
    parts = frame[8 : 8 + length], frame[8 + length :]
    with pytest.raises(wire.WireError):
        wire.decode(*parts)
    assert wire.decode(*parts, trusting=True) == value  # what the grader sends is its own


def test_a_flood_of_outputs_is_kept_in_part(grader: Grader) -> None:
    floods = "from IPython.display import display\nfor i in range(200):\n    display(i)"
    code = [nbformat.v4.new_code_cell(floods) for _ in range(40)]
    grader.grade_notebook(code)
    assert sum(len(cell.outputs) for cell in code) == caps.MAX_OUTPUTS


def hangs(*_: object) -> Verdict:
    while True:
        pass


def fills(*_: object) -> Verdict:
    return bytearray(2**31)  # type: ignore[return-value]


def ends(*_: object) -> Verdict:
    os._exit(3)


def raises(*_: object) -> Verdict:
    raise RecursionError


@contextmanager
def judging_by(judge: Callable[..., Verdict], made: Judging) -> Iterator[None]:
    """Let a new process of the judge do something else."""
    made.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "judge", judge)
        yield


@pytest.mark.skipif(not LINUX, reason="what is put in its place is inherited")
@pytest.mark.parametrize(
    ("wrong", "says"),
    [(hangs, "over 1 seconds"), (fills, "MemoryError"), (ends, "over"), (raises, "RecursionError")],
)
def test_judge_that_fails_is_stopped_and_the_next_is_right(
    wrong: Callable[..., Verdict], says: str
) -> None:
    made = Judging(seconds=1)
    with judging_by(wrong, made):
        begun = time.monotonic()
        failed = made.judge("mse_loop", QUESTIONS, RIGHT, [CODE])
        assert time.monotonic() - begun < 4
    assert failed.score == 0 and failed.mistakes == ("not-judged",)
    assert says in failed.rows[0].says and "a person has to look at it" in failed.rows[0].says
    assert made.judge("mse_loop", QUESTIONS, RIGHT, [CODE]).score == 1
    assert made.judge("mse_loop", QUESTIONS, WRONG, [CODE]).mistakes == ("sum-not-mean",)
    made.close()


def test_a_verdict_that_comes_too_late_is_not_the_next_ones() -> None:
    made = Judging()
    assert made.judge("mse_loop", QUESTIONS, RIGHT, [CODE]).score == 1

    def late(*_: object) -> None:
        raise TimeoutError

    earlier = signal.signal(signal.SIGALRM, late)
    made._connection.poll = late  # type: ignore[method-assign]
    try:
        with pytest.raises(TimeoutError):
            made.judge("mse_loop", QUESTIONS, RIGHT, [CODE])
    finally:
        signal.signal(signal.SIGALRM, earlier)
    assert made.judge("mse_loop", QUESTIONS, WRONG, [CODE]).mistakes == ("sum-not-mean",)
    made.close()


def test_judge_that_was_killed_while_it_waited_costs_nobody_a_verdict() -> None:
    made = Judging()
    assert made.judge("mse_loop", QUESTIONS, RIGHT, [CODE]).score == 1
    assert made._process and made._process.pid
    os.kill(made._process.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert made.judge("mse_loop", QUESTIONS, RIGHT, [CODE]).score == 1
    made.close()


ORPHAN = """
import os, sys, time
from autograder.grader import judging
from autograder.judge import Answer
from autograder.tasks import TASKS
made, calls = judging.Judging(seconds=2), TASKS["mse_loop"].calls(1)
if sys.argv[1] == "busy":
    def hangs(*_):
        while True:
            pass
    judging.judge = hangs
made._line(TASKS["mse_loop"]).send(("mse_loop", calls, [Answer()] * len(calls), []))
time.sleep(0.3)
print(made._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not LINUX, reason="its processes are looked up in /proc")
@pytest.mark.parametrize("how", ["idle", "busy"])
def test_judge_does_not_outlive_its_grader(how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN, how], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    status = Path(f"/proc/{int(done.stdout)}/status")
    soon = time.monotonic() + 10
    while status.exists() and "(zombie)" not in status.read_text() and time.monotonic() < soon:
        time.sleep(0.05)
    assert not status.exists() or "(zombie)" in status.read_text()


@pytest.mark.skipif(not LINUX, reason="only a fork inherits anything")
def test_judge_holds_no_line_of_the_sandbox() -> None:
    with Grader() as made:
        made.grade_source("mse_loop", CODE)
        held = made.judging._process
        assert held and held.pid
        links = [os.readlink(path) for path in Path(f"/proc/{held.pid}/fd").iterdir()]
        sockets = [link for link in links if link.startswith("socket:")]
        assert len(sockets) == 1, links  # its own line; a zygote waits for the last who holds its


STAMPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no time": (lambda path: path.write_text("soon"), "“soon” is no time"),
    "bytes": (lambda path: path.write_bytes(b"\xff\x00\x1b[2J"), "is no time"),
    "zone": (lambda path: path.write_text("2026-11-26 02:00 PST"), "is no time"),
    "afternoon": (lambda path: path.write_text("2026-11-26 02:00 PM"), "is no time"),
    "overflow": (lambda path: path.write_text("9" * 90), "is no time"),
    "empty": (lambda path: path.write_text(""), "is no time"),
    "huge": (lambda path: os.truncate(path, 2**40), "is no time"),
    "pipe": (lambda path: (path.unlink(), os.mkfifo(path)), "a pipe or a device"),
    "link": (lambda path: (path.unlink(), path.symlink_to("/etc/hostname")), "a link"),
    "folder": (lambda path: (path.unlink(), path.mkdir()), "it cannot be opened"),
}


def test_what_lies_in_hand_placed_folders_ends_nothing(released: Course) -> None:
    paths = write_sample(released, NAME, 1)
    content = paths[0].read_bytes()
    for name, (spoil, _) in STAMPS.items():
        folder = released.submitted(f"stamp {name}", NAME)
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(content)
        (folder / "timestamp.txt").touch()
        spoil(folder / "timestamp.txt")
    for name in ("pipe", "folder", "link", "linked"):
        released.submitted(name, NAME).parent.mkdir()
    for name in ("pipe", "folder", "link"):
        released.submitted(name, NAME).mkdir()
    os.mkfifo(released.submitted("pipe", NAME) / f"{NAME}.ipynb")
    (released.submitted("folder", NAME) / f"{NAME}.ipynb").mkdir()
    (released.submitted("link", NAME) / f"{NAME}.ipynb").symlink_to(paths[0])
    released.submitted("linked", NAME).symlink_to(paths[0].parent)
    released.submitted("file", NAME).parent.mkdir()
    released.submitted("file", NAME).write_text("not a folder")
    stamps = [f"stamp {name}" for name in STAMPS]
    names = ["ada", "pipe", "folder", "link", "linked", "file", *stamps]
    lines = {
        line.student: line for line in grade_class(released, NAME, names, workers=2, level=LEVEL)
    }
    assert lines["ada"].points == 12 and lines["ada"].notes == ()
    for name, (_, says) in STAMPS.items():
        line = lines[f"stamp {name}"]
        assert line.points == 12 and len(line.notes) == 1
        assert says in line.notes[0] and "its timestamp.txt does not count" in line.notes[0]
        assert line.notes[0].isprintable()
    for name in ("pipe", "folder", "link", "linked", "file"):
        assert lines[name].points is None and len(lines[name].notes) == 1


@pytest.mark.parametrize("error", [ValueError("a\nb\x1b"), RecursionError(), MemoryError()])
def test_any_error_is_that_students_line(
    course: Course, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    (path,) = write_sample(course, NAME, 1)
    templates = course.templates(NAME)
    job = running.Job(NAME, templates, course.released(NAME), "", Limits(), "process")
    monkeypatch.setattr(running, "rebuild", fails)
    graded = running.run(job, "ada", path.parent)
    assert graded.problem.startswith(f"could not be graded: {type(error).__name__}")
    assert graded.problem.isprintable() and not graded.points and not graded.documents


def mutate(value: Any, rng: random.Random) -> Any:
    """Return a notebook's JSON with something in it swapped, doubled, removed or retyped."""
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        current = waiting.pop()
        inside = current.items() if isinstance(current, dict) else enumerate(current)
        for key, part in inside:
            places.append((current, key))
            if isinstance(part, (dict, list)):
                waiting.append(part)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        (holder, key), (other, place) = rng.choice(places), rng.choice(places)
        try:
            match rng.randrange(5):
                case 0:
                    del holder[key]
                case 1:
                    holder[key] = copy.deepcopy(rng.choice(STRANGE))
                case 2:
                    holder[key] = copy.deepcopy(other[place])
                case 3 if isinstance(holder, list):
                    holder.insert(key, copy.deepcopy(holder[key]))
                case 4 if isinstance(holder, dict):
                    holder[str(rng.choice([*MARKED, "x"]))] = holder.pop(key)
        except (KeyError, IndexError, RecursionError):
            continue
    return value


MARKED = ["cells", "cell_type", "metadata", "nbgrader", "grade_id", "source", "worksheets", "input"]
STRANGE: list[Any] = [
    None, True, 0, -1, 1e308, 10**400, "", "code", "markdown", "mse_loop", "\ud800", "\x00", [], {},
    [[]], {"": {}}, ["a", 1], 3, 2, float("nan"), "x" * 10**5, {"image/png": 0}, [None] * 2000,
]  # fmt: skip


def soak(count: int, seed: int) -> int:
    """Read and rebuild mutated notebooks; return how many were refused, each in one line."""
    rng = random.Random(seed)
    given = json.dumps(notebook())
    ours = {grade_id(cell): cell.source for cell in HANDED_OUT.cells if grade_id(cell)}
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{NAME}.ipynb"
        for _ in range(count):
            content = bytearray(json.dumps(mutate(json.loads(given), rng)).encode())
            for _ in range(rng.choice([0, 0, 0, 1, 5])):
                place = rng.randrange(len(content))
                content[place : place + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
            path.write_bytes(content)
            begun = time.perf_counter()
            try:
                made, notes = rebuild(read(path), HANDED_OUT)
            except Unreadable as reason:
                refused += 1
                assert str(reason).isprintable() and len(str(reason)) < 200
            else:
                nbformat.validate(made)
                nbformat.writes(made).encode()
                assert all(note.isprintable() and len(note) < 200 for note in notes)
                named = [grade_id(cell) for cell in made.cells if grade_id(cell)]
                assert named == list(ours)
            assert time.perf_counter() - begun < SECONDS, bytes(content)
    return refused


def test_mutated_notebooks_are_refused_in_a_line_or_rebuilt() -> None:
    assert 10 < soak(300, seed=1) < 290


if __name__ == "__main__":
    if sys.argv[1:]:
        number = int(sys.argv[1])
        print(f"{soak(number, seed=2):,} of {number:,} mutated notebooks were refused in a line")
    for name, (work, build, size) in {} if sys.argv[1:] else TABLE.items():
        for n in (size, 4 * size):
            spent, waited, grown, said = measured(partial(work, build(n)))
            cost = f"{spent:8.2f} s {waited:8.2f} s {grown:6d} MB"
            print(f"{name:32} {n:>10,} {cost}  {said:.60}", flush=True)
