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

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from attacking import (
    ATTACKS,
    CANARY,
    CONTROL,
    FULL,
    HANDED_OUT,
    LIMITS,
    LINUX,
    MARKED,
    MARKER,
    MEGABYTES,
    NAME,
    SECONDS,
    SECRET,
    SOLVED,
    TRIED,
    Attack,
    Graded,
    World,
    adopt_orphans,
    below,
    graded,
    honest,
    limited,
    marked,
    places,
    simple,
    submission,
    tainted,
    texts,
)
from conftest import LOCKED, ROOT
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.classroom.rebuild import Unreadable, grade_id, read, rebuild
from autograder.grader import Grader
from autograder.grader.student import MAX_SHOWN
from autograder.sandbox import Died
from autograder.tasks import TASKS


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
