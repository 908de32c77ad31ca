"""Hostile submissions: no point is forged, nothing outside is touched, the next student is safe.

Each file in tests/attacks/ is a submission to 02_mse. A section `# %% mse_loop` is the answer in
that cell; `above`, `before` and `after mse_loop` are cells of the student's own (above and below
the locked `setup`, below another cell), `repeat` times over. What a
`forges` attack does not answer stays as handed out; a `harm` attack answers it rightly. The header:

    forges, harm  what it does where nothing protects
    scores        what it must earn
    seen          what the graded notebook says once the deed was tried, and not before; a test puts
                  a syntax error and nothing in its place, and must then miss it
    levels        those that promise to withstand it (default: all)
    seconds       what the notebook may take

and how its deed was seen to succeed with its protection away, in a form that harms nobody:

    stock         in stock nbgrader, in its own folder: its points, or what becomes of the folder
    joined        what it earns where tests run in the student's process, inside the sandbox
    own           what the notebook says where the deed is aimed at its own scratch folder
    untried       why there is no such form
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import select
import shutil
import signal
import site
import socket
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import LOCKED, ROOT
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from test_exercises import full_marks, points

from autograder.classroom.rebuild import Unreadable, grade_id, read, rebuild, template
from autograder.classroom.sample import sample_students
from autograder.grader import Grader, Limits
from autograder.grader.outputs import SHOWN
from autograder.grader.student import MAX_SHOWN
from autograder.sandbox import Died, levels
from autograder.tasks import TASKS, Formula, Task

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


Graded = tuple[dict[str, float], str]


def places(outside: Path, secrets: list[str], plants: list[str]) -> dict[str, str]:
    """Return what an attack is told: a folder with a secret, and where else to read and write."""
    return {
        "OUTSIDE": str(outside),
        "COURSE": str(outside / "course"),
        "REACH": repr([str(outside), *secrets]),
        "PLANT": repr([str(outside), *plants]),
    }


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


@pytest.fixture(scope="module", params=LOCKED)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A world for each level, with a secret in its files, environment and memory."""
    if not LINUX or platform.machine() != "x86_64":  # the attacks use its system calls' numbers
        pytest.skip("hostile code is run only where the kernel's filter is known to hold")
    outside = tmp_path_factory.mktemp("outside")
    solution = outside / "course" / "solutions" / NAME / f"{NAME}.ipynb"
    solution.parent.mkdir(parents=True)
    solution.write_bytes((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_bytes())
    (outside / "gradebook.db").write_text(SECRET)
    (outside / "secret.txt").write_text(SECRET)
    (outside / "canary" / "folder").mkdir(parents=True)
    (outside / "canary" / "file").touch()
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as door:
        patch.setenv("AUTOGRADER_SECRET", SECRET)
        for name in ("mse_loop", "mse_numpy", "rmse_numpy"):
            patch.setitem(TASKS, name, tainted(TASKS[name]))
        adopt_orphans(True)
        neighbours = below(os.getpid())
        with Grader(limits=LIMITS, level=request.param) as grader:
            made = World(grader, outside, door, neighbours)
            canary = submission(simple("canary", [("before", CANARY)]), HANDED_OUT, made.told())
            assert "held 8" in made.grade(canary)[1]
            shutil.rmtree(outside / "canary")
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


@pytest.mark.parametrize("attack", marked({a.name: a for a in ATTACKS}))
def test_attack_earns_what_is_right_and_harms_nobody(world: World, attack: Attack) -> None:
    if world.grader.sandbox.level not in attack.levels:
        pytest.skip("this level does not promise to withstand it")
    before = world.state()
    with limited(MEGABYTES, 1.5 * SECONDS):
        notebook = submission(attack, HANDED_OUT, world.told())
        earned, told = world.grade(notebook, attack.seconds)
    assert earned == pytest.approx(attack.scores)
    assert SECRET not in told and not MARKED.search(told) and len(told) < 1.1 * MAX_SHOWN
    assert re.search(attack.seen, told), told[-3000:]
    assert not CONTROL.search(told)
    soon = time.monotonic() + 5  # what was killed may take a moment to be gone
    while world.state() != before and time.monotonic() < soon:
        time.sleep(0.05)
    assert world.state() == before
    assert world.grade(honest())[0] == FULL


@pytest.fixture(scope="module")
def inert(grader: Grader) -> Callable[[Attack, str], str]:
    """Return what is said of an attack with `code` in place of all its own; graded once a kind."""
    said: dict[str, str] = {}

    def told(attack: Attack, code: str) -> str:
        notebook = submission(replace(attack, cells=[(w, code) for w, _ in attack.cells]),
                              HANDED_OUT, {})  # fmt: skip
        sources = str([cell.source for cell in notebook.cells])
        if sources not in said:
            said[sources] = graded(grader, notebook)[1]
        return said[sources]

    return told


@pytest.mark.slow
@pytest.mark.parametrize("code", [")", ""], ids=["a syntax error", "nothing"])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_that_is_not_carried_out_is_not_seen(
    inert: Callable[[Attack, str], str], attack: Attack, code: str
) -> None:
    assert attack.seen and not re.search(attack.seen, inert(attack, code))


RECORDS = """
seen = []
def mse_loop(y_true, y_pred):
    seen.append(y_true)
    total = 0
    for t, p in zip(y_true, y_pred):
        total += (t - p) ** 2
    return total / len(y_true)
def tell(*_):
    raise ValueError([inputs for inputs in seen if len(inputs) == 5])
"""
TELLS = {
    "writes them where a new process could find them": (
        "after test_mse_loop",
        "import os\nfor place in ('.', '..', '/scratch'):\n    try:\n"
        "        file = os.path.join(place, 'seen')\n"
        "        print(open(file).read() if os.path.exists(file) else 'nothing')\n"
        "        open(file, 'w').write(str(seen))\n    except OSError:\n        pass",
    ),
    "prints them in a later cell": ("after test_mse_loop", "print(seen)"),
    "raises them in a plain test": (
        "mse_loop",
        RECORDS.replace("seen.app", "len(seen) > 9 and tell()\n    seen.app"),
    ),
    "raises them in the next function": ("mse_numpy", "mse_numpy = tell"),
    "returns them from the next function": (
        "mse_numpy",
        "mse_numpy = lambda *_: str([x for x in seen if len(x) == 5][0])",
    ),
}


@pytest.mark.parametrize("way", TELLS)
def test_hidden_inputs_are_not_told(world: World, way: str) -> None:
    cells = [("mse_loop", RECORDS), TELLS[way]]
    notebook = submission(simple("tells", cells), HANDED_OUT, {})
    _, told = world.grade(notebook)
    twice = world.grade(submission(simple("tells", cells), HANDED_OUT, {}))[1]
    told += twice
    calls = TASKS["mse_loop"].calls(world.grader._seed("eve"))
    hidden = [c.args[0] for c in calls if c.kind in ("random", "variant")]
    assert len(hidden) > 5 and MARKER in hidden[0] and not MARKED.search(told)
    assert not any(repr(n) in told for numbers in hidden for n in numbers if n % 1)


Json = dict[str, Any]


def cell(notebook: Json, name: str) -> Json:
    """Return a cell by its id."""
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def code_cell(source: str, number: int = 0) -> Json:
    """Return a code cell as it lies in a file."""
    made = nbformat.v4.new_code_cell(source, id=f"added-{number}")
    return json.loads(json.dumps(made))


def no_cell_type(notebook: Json) -> None:
    del cell(notebook, "mse_loop")["cell_type"]


def numeric_cell_type(notebook: Json) -> None:
    cell(notebook, "written")["cell_type"] = 5


def no_metadata(notebook: Json) -> None:
    del notebook["metadata"]


def metadata_is_a_list(notebook: Json) -> None:
    notebook["metadata"] = []


def kernel_is_a_list(notebook: Json) -> None:
    notebook["metadata"]["kernelspec"] = {"language": ["python", {}], "name": None}


def terminal_commands_as_kernel(notebook: Json) -> None:
    notebook["metadata"]["kernelspec"] = {"language": "\x1b]0;title\x07\x1b[2J"}


def half_a_character_in_code(notebook: Json) -> None:
    cell(notebook, "mse_loop")["source"] += "\n# \ud800"


def half_a_character_in_an_answer(notebook: Json) -> None:
    cell(notebook, "written")["source"] = "because \ud800"


def source_is_a_number(notebook: Json) -> None:
    cell(notebook, "weighted_mse")["source"] = 10**400


def source_is_a_list_of_numbers(notebook: Json) -> None:
    cell(notebook, "weighted_mse")["source"] = [1, None, {}]


def nothing_as_a_cell(notebook: Json) -> None:
    notebook["cells"].append(None)


def grade_id_is_a_list(notebook: Json) -> None:
    cell(notebook, "weighted_mse")["metadata"]["nbgrader"]["grade_id"] = [["mse_loop"]]


def every_id_the_same(notebook: Json) -> None:
    for one in notebook["cells"]:
        one["id"] = "test_mse_loop"


def results_filled_in(notebook: Json) -> None:
    cell(notebook, "mse_loop")["source"] = "mse_loop = lambda *a: 0"
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            one["outputs"] = [
                {
                    "output_type": "execute_result",
                    "execution_count": 1,
                    "metadata": {"autograder": {"level": "bubblewrap"}},
                    "data": {"text/plain": "4.0"},
                }
            ]


def strange_points(notebook: Json) -> None:
    for one, number in zip(
        ("test_mse_loop", "by_hand", "test_mse_numpy"), (10**4000, -5, "4"), strict=True
    ):
        cell(notebook, one)["metadata"]["nbgrader"]["points"] = number


def grade_cell_claims_to_be_an_answer(notebook: Json) -> None:
    cell(notebook, "mse_loop")["source"] = "mse_loop = lambda *a: 0"
    test = cell(notebook, "test_mse_loop")
    test["metadata"]["nbgrader"] |= {"solution": True, "locked": False, "grade": False}
    test["source"] = "4.0"


def answer_claims_to_be_a_test(notebook: Json) -> None:
    cell(notebook, "mse_loop")["metadata"]["nbgrader"] |= {
        "grade": True, "locked": True, "solution": False, "points": 400,
    }  # fmt: skip
    cell(notebook, "mse_loop")["source"] = "400.0"


def setup_replaced(notebook: Json) -> None:
    cell(notebook, "setup")["source"] = "check = lambda function: 4.0"
    cell(notebook, "mse_loop")["source"] = "mse_loop = lambda *a: 0"


def foreign_schema(notebook: Json) -> None:
    for one in notebook["cells"]:
        one["metadata"].get("nbgrader", {})["schema_version"] = 99


def foreign_format(notebook: Json) -> None:
    notebook["nbformat"] = 5


def huge_metadata(notebook: Json) -> None:
    cell(notebook, "mse_loop")["metadata"]["notes"] = "x" * 15_000_000
    notebook["metadata"]["notes"] = {str(number): {} for number in range(100_000)}


def deep_metadata(notebook: Json) -> None:
    for _ in range(600):
        notebook["metadata"] = {"more": notebook["metadata"]}


def attachments(notebook: Json) -> None:
    cell(notebook, "written")["attachments"] = {"../../x.png": {"image/png": "x" * 10**6}}


def a_thousand_cells(notebook: Json) -> None:
    notebook["cells"] += [code_cell("0", number) for number in range(1000)]


SPOILED: dict[Callable[[Json], None], float | None] = {
    no_cell_type: None,
    numeric_cell_type: None,
    no_metadata: 12,
    metadata_is_a_list: 12,
    kernel_is_a_list: 12,
    terminal_commands_as_kernel: 12,
    half_a_character_in_code: 12,
    half_a_character_in_an_answer: 12,
    source_is_a_number: 12,
    source_is_a_list_of_numbers: None,
    nothing_as_a_cell: None,
    grade_id_is_a_list: 12,
    every_id_the_same: 12,
    results_filled_in: 7,
    strange_points: 12,
    grade_cell_claims_to_be_an_answer: 7,
    answer_claims_to_be_a_test: 7,
    setup_replaced: 7,
    foreign_schema: 12,
    foreign_format: None,
    huge_metadata: 12,
    deep_metadata: 12,
    attachments: 12,
    a_thousand_cells: 12,
}
"""What a right notebook earns after each (None: it is refused in one line)."""


@pytest.mark.parametrize(("spoil", "earns"), SPOILED.items(), ids=[f.__name__ for f in SPOILED])
@pytest.mark.filterwarnings("ignore:Non-unique cell id")
def test_notebook_that_lies_about_itself(
    grader: Grader, tmp_path: Path, spoil: Callable[[Json], None], earns: float | None
) -> None:
    notebook = json.loads(nbformat.writes(honest()))
    spoil(notebook)
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps(notebook))
    with limited(MEGABYTES, SECONDS):
        if earns is None:
            with pytest.raises(Unreadable, match=r"^[^\n]+$"):
                rebuild(read(path), HANDED_OUT)
        else:
            assert sum(graded(grader, read(path))[0].values()) == earns
    assert graded(grader, honest())[0] == FULL


def test_link_to_the_solution_is_not_a_submission(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.ipynb"
    path.symlink_to(ROOT / "solutions" / NAME / f"{NAME}.ipynb")
    with pytest.raises(Unreadable):
        read(path)


STOCK_TESTS = {
    "test_squared_errors": "assert squared_errors([3, 5, 2], [2, 5, 4]) == [1, 0, 4]",
    "test_mse_loop": """
from autograder.losses import mse
expected = 5 / 3
np.testing.assert_allclose(mse_loop([3, 5, 2], [2, 5, 4]), expected)
expected = mse([1, 2, 9], [2, 4, 1])
np.testing.assert_allclose(mse_loop([1, 2, 9], [2, 4, 1]), expected)""",
    "by_hand": "assert mse_loop([300_000], [250_000]) == 2_500_000_000",
    "test_mse_numpy": """
from autograder.losses import mse
a, b = np.array([1, 2, 9.0]), np.array([2, 4, 1.0])
expected = mse(a, b)
np.testing.assert_allclose(mse_numpy(a, b), expected)""",
    "test_rmse_numpy": """
from autograder.losses import mse
a, b = np.array([1, 2, 9.0]), np.array([2, 4, 1.0])
expected = mse(a, b) ** 0.5
np.testing.assert_allclose(rmse_numpy(a, b), expected)""",
}
"""The exercise's tests as one would write them for stock nbgrader."""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, float]]]:
    """A course graded by stock nbgrader: the folder outside, and each submission's points."""
    outside, root = tmp_path_factory.mktemp("stock-outside"), tmp_path_factory.mktemp("stock")
    solution = outside / "course" / "solutions" / NAME / f"{NAME}.ipynb"
    solution.parent.mkdir(parents=True)
    solution.write_bytes((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_bytes())
    (outside / "secret.txt").write_text(SECRET)
    (outside / "gradebook.db").write_text(SECRET)
    handed_out = nbformat.from_dict(HANDED_OUT)
    for one in handed_out.cells:
        one.source = STOCK_TESTS.get(grade_id(one), one.source)
    (root / "source" / NAME).mkdir(parents=True)
    nbformat.write(handed_out, root / "source" / NAME / f"{NAME}.ipynb")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AUTOGRADER_SECRET": SECRET,
    }
    for attack in [*STOCK, simple("honest", [])]:
        folder = root / "submitted" / attack.name / NAME
        folder.mkdir(parents=True)
        # Unprotected: what an attack may reach is this folder and nothing else.
        notebook = submission(attack, handed_out, places(outside, [], []))
        nbformat.write(notebook, folder / f"{NAME}.ipynb")
    for command in ("generate_assignment", "autograde"):
        subprocess.run(
            [sys.executable, "-m", "nbgrader", command, NAME, "--Execute.timeout=10"],
            cwd=root, env=environment, capture_output=True, check=command != "autograde",
        )  # fmt: skip
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    for path in root.glob(f"autograded/*/{NAME}/{NAME}.ipynb"):
        shutil.copy(path, outside / f"{path.parent.parent.name}.ipynb")
    yield outside, scores
    with suppress(OSError):
        os.kill(int((outside / "daemon").read_text()), signal.SIGKILL)


STOCK = [attack for attack in ATTACKS if attack.stock]


@pytest.mark.slow
@pytest.mark.parametrize("attack", STOCK, ids=lambda attack: attack.name)
def test_attack_works_where_nothing_protects(
    stock: tuple[Path, dict[str, float]], attack: Attack
) -> None:
    outside, scores = stock
    graded = (outside / f"{attack.name}.ipynb").read_text()
    match attack.stock:
        case "leaks":
            assert SECRET in graded
        case "changes":
            assert (outside / "gradebook.db").read_text() == "mine"
        case "stays":
            os.kill(int((outside / "daemon").read_text()), 0)
        case full:
            assert scores[attack.name] == float(full) > sum(attack.scores.values())


MSE = "mse = lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)"
JOINED = [attack for attack in ATTACKS if attack.joined]
OWN = [attack for attack in ATTACKS if attack.own]


def test_every_attack_was_tried_without_protection_or_says_why_not() -> None:
    ways = {attack.name: [way for way in TRIED if getattr(attack, way)] for attack in ATTACKS}
    assert [name for name, found in ways.items() if not found] == []
    assert [name for name, found in ways.items() if "untried" in found and len(found) > 1] == []


def said_in(world: World, notebook: NotebookNode, tests: dict[str, str]) -> Graded:
    """Run a whole notebook, tests included, in one student's process; nothing is kept apart."""
    earned, told = {}, [""]
    session = world.grader.sandbox.session()
    try:
        session.run(MSE, LIMITS.cell)
        for one in notebook.cells:
            if one.cell_type == "code":
                name = grade_id(one)
                outputs = session.run(tests.get(name, one.source), LIMITS.cell)
                told += texts(outputs)
                if name in tests:
                    passed = not any(output.get("output_type") == "error" for output in outputs)
                    earned[name.removeprefix("test_")] = float(passed)
    except Died:
        pass
    finally:
        session.close()
    return earned, "\n".join(told)


@pytest.mark.parametrize("attack", JOINED, ids=lambda attack: attack.name)
def test_forgery_works_where_tests_run_in_the_students_process(
    world: World, attack: Attack
) -> None:
    tests = {
        name: code.replace("from autograder.losses import mse", "")
        for name, code in STOCK_TESTS.items()
    }
    earned, _ = said_in(world, submission(attack, HANDED_OUT, world.told()), tests)
    assert sum(FULL[name] for name, passed in earned.items() if passed) == float(attack.joined)
    assert float(attack.joined) > sum(attack.scores.values())


@pytest.mark.parametrize("attack", OWN, ids=lambda attack: attack.name)
def test_deed_succeeds_on_what_is_its_own(world: World, attack: Attack) -> None:
    """The same code, still in the sandbox; the secret and the course lie in its own scratch."""
    if world.grader.sandbox.level not in attack.levels:
        pytest.skip("code that looks around in files is not run on this level")
    words = {"OUTSIDE": ".", "COURSE": "course", "REACH": "['.']", "PLANT": "['.']"}
    notebook = submission(attack, HANDED_OUT, world.told() | words)
    laid = nbformat.v4.new_code_cell(
        "import os\nos.makedirs('course/solutions/02_mse')\n"
        f"open('secret.txt', 'w').write({SECRET!r})\nopen('gradebook.db', 'w').close()\n"
        f"open('course/solutions/02_mse/02_mse.ipynb', 'w').write({nbformat.writes(SOLVED)!r})\n"
    )
    notebook.cells.insert(0, laid)
    _, told = said_in(world, notebook, {})
    assert re.search(attack.own, told), told[-3000:]
