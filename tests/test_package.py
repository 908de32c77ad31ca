"""The shape of the package: what may import what, and what `import autograder` needs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "autograder"
ALLOWED = {
    "losses": set(),
    "tasks": {"losses"},
    "judge": {"tasks"},
    "sandbox": set(),
    "notebook": {"judge", "tasks", "sandbox"},
    "grader": {"judge", "tasks", "sandbox", "notebook"},
    "classroom": {"grader", "sandbox", "tasks"},
    "work": set(),
    "dev": {"judge", "tasks"},
    "cli": {"classroom", "dev", "grader", "notebook", "sandbox", "tasks", "work"},
}
"""Which room may import which: arrows run one way."""


def imports(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = whole_name(path, node)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def whole_name(path: Path, node: ast.ImportFrom) -> str:
    """Return the name of the module that names are imported from, also of `from .. import x`."""
    if not node.level:
        return node.module or ""
    here = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([*here[: len(here) - node.level], *filter(None, [node.module])])


def test_relative_imports_count() -> None:
    (node,) = ast.parse("from ..wire import x").body
    assert whole_name(PACKAGE / "sandbox" / "inside" / "ask.py", node) == "autograder.sandbox.wire"
    assert "autograder.sandbox.inside.caps" in imports(PACKAGE / "sandbox" / "inside" / "ask.py")


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_arrows_run_one_way(room: str) -> None:
    files = [PACKAGE / f"{room}.py", *(PACKAGE / room).rglob("*.py")]
    used = {name for path in files if path.exists() for name in imports(path)}
    rooms = {name.split(".")[1] for name in used if name.startswith("autograder.")} & set(ALLOWED)
    assert rooms - {room} <= ALLOWED[room]


def test_only_the_classroom_knows_nbgrader() -> None:
    knows = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "nbgrader" for name in imports(path))
    }
    assert knows == {"classroom"}


def test_import_needs_the_standard_library_and_numpy_alone() -> None:
    program = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in sys.stdlib_module_names | {"numpy", "autograder"}:
            raise ImportError(name)

sys.meta_path.insert(0, Block())
import autograder

def mae_loop(y_true, y_pred):
    return sum(abs(t - p) for t, p in zip(y_true, y_pred)) / len(y_true)

autograder.check(mae_loop)
autograder.hint("mae_loop")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "mae_loop: passed" in done.stdout


def test_environment_yml_and_pyproject_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = set(
        re.findall(r"^ +- ([a-z-]+[>=.\d]+)$", (ROOT / "environment.yml").read_text(), re.M)
    )
    needed = {*project["dependencies"], f"python{project['requires-python']}"}
    assert listed == needed
    assert "- --editable ." in (ROOT / "environment.yml").read_text()
