"""The trusted process: it executes the locked cells, to which a student's functions are remote."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import os
import re
import symtable
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from autograder import notebook
from autograder.grader import outputs
from autograder.grader.alarm import interrupted
from autograder.grader.cells import without_hidden
from autograder.grader.student import RemoteFunction, Student
from autograder.judge import without_magics
from autograder.sandbox.inside.ask import Printed
from autograder.sandbox.inside.caps import MAX_OUTPUT
from autograder.tasks import TASKS

os.environ.setdefault("MPLBACKEND", "agg")  # test cells may import pyplot; nobody looks


IPYTHON = {"In", "Out", "get_ipython", "exit", "quit", "_", "__", "___", "_i", "_ih", "_oh", "_dh"}
"""Names that IPython gives to every notebook; the student's notebook can hold anything in them."""
HARMLESS_MAGIC = re.compile(
    r"%%?(matplotlib|config|load_ext|pip|conda|precision|timeit|time$|capture$)|!|\?|.*\?$"
)
"""Lines of IPython's that bind no name of the notebook's (%%time and %%capture head a cell)."""
DYNAMIC = {"exec", "eval", "globals", "locals", "vars", "setattr", "modules", "__dict__"}
"""Words of a cell that may bind names which no reader sees."""


@dataclass(frozen=True)
class Outcome:
    """What became of a locked cell: its last line's value, what it printed, what it raised."""

    value: Any
    printed: str
    raised: BaseException | None


class Trusted:
    """T: the names that the locked cells have bound so far, beside one student's process.

    A name that a locked cell may bind is never looked up in the student's process from there on,
    whatever became of that cell: a student can make it fail, and would then put in their own.
    Where nobody can tell what a cell would have bound, no name is looked up any more. `check` is
    ours from the beginning, and so are IPython's own names.
    """

    def __init__(self, student: Student) -> None:
        self.student = student
        self._bound: dict[str, Any] = {"__name__": "__main__", "check": notebook.check}
        self._ours = {*self._bound, *vars(builtins), *IPYTHON}
        self._borrows = True

    def execute(
        self, source: str, check: Callable[[object], float], hidden: bool = True
    ) -> Outcome:
        """Execute a locked cell, or but for its hidden tests; nothing that it does raises here."""
        printed = Printed(MAX_OUTPUT)  # a test may print what a student's function returned
        value: Any = None
        raised: BaseException | None = None
        borrowed: dict[str, Any] = {}
        names = dict(self._bound)
        token = notebook.graded_by.set(check)
        try:
            cell = parsed(source, hidden)
            borrowed = self._borrow(cell)
            names = {**borrowed, **self._bound}
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                self.student.hurried() as seconds,
                interrupted(seconds),
            ):
                exec(cell.body, names)
                value = eval(cell.last, names)
        except (Exception, SystemExit) as problem:
            raised = problem
        finally:
            notebook.graded_by.reset(token)
        self._borrows &= foreseeable(source, failed=raised is not None)
        self._bound = {k: v for k, v in names.items() if k not in borrowed or borrowed[k] is not v}
        return Outcome(value, printed.getvalue(), raised)

    def _borrow(self, cell: Parsed) -> dict[str, Any]:
        """Return the student's names that a cell reads; from now on what it binds is ours."""
        wanted = cell.reads - self._ours - self._bound.keys() if self._borrows else set()
        self._ours |= cell.binds
        found: dict[str, Any] = {}
        for name in sorted(wanted):
            with contextlib.suppress(KeyError):
                found[name] = self.student.fetch(name)
            if name in TASKS and name not in found:
                found[name] = RemoteFunction(name, self.student)  # so that its check can complain
        return found


@lru_cache(512)
def foreseeable(source: str, failed: bool) -> bool:
    """Whether all that a locked cell may bind can be read in it, or is bound by now."""
    lines = {line.strip() for line in source.splitlines()}
    unread = lines - {line.strip() for line in without_magics(source).splitlines()}
    if not all(map(HARMLESS_MAGIC.match, unread)):
        return False
    try:
        parsed(source, hidden=True)
    except Exception:  # `await`, %%html; `import *` from a module that is not here
        return False
    return not (failed and DYNAMIC & set(re.findall(r"\w+", source)))


@dataclass(frozen=True)
class Parsed:
    """A locked cell, ready to run: all but its last expression, that expression, global names.

    `reads` may come from the student, unless an earlier cell binds them; `binds` may not.
    """

    body: CodeType
    last: CodeType
    reads: frozenset[str]
    binds: frozenset[str]


@lru_cache(512)
def parsed(source: str, hidden: bool) -> Parsed:
    """Parse a locked cell, once for a whole class; what its hidden tests bind is bound in it."""
    whole = without_magics(source)
    run = whole if hidden else without_hidden(whole)
    tree, binds, reads = ast.parse(run), bound_in(whole), read_in(run)
    reads -= {name for name in binds & reads if not read_first(name, ast.parse(whole))}
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = last.value if isinstance(last, ast.Expr) else ast.Constant(None)
    expression = ast.fix_missing_locations(ast.Expression(value))
    return Parsed(
        body=compile(tree, outputs.TEST_CELL, "exec"),
        last=compile(expression, outputs.TEST_CELL, "eval"),
        reads=frozenset(reads),
        binds=frozenset(binds),
    )


def scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield a table of symbols and those inside of it."""
    yield table
    for inner in table.get_children():
        yield from scopes(inner)


def global_symbols(source: str) -> Iterator[symtable.Symbol]:
    """Yield what is known of each global name, in each scope of a cell that mentions it."""
    top = symtable.symtable(source, outputs.TEST_CELL, "exec")
    for scope in scopes(top):
        yield from (s for s in scope.get_symbols() if scope is top or s.is_global())


def read_in(source: str) -> set[str]:
    """Return the global names that a cell reads, in its functions too."""
    return {symbol.get_name() for symbol in global_symbols(source) if symbol.is_referenced()}


def bound_in(source: str) -> set[str]:
    """Return the global names that a cell may bind, whether or not it comes so far."""
    found = {s.get_name() for s in global_symbols(source) if s.is_assigned() or s.is_imported()}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            found |= vars(importlib.import_module(node.module or "")).keys()
    return found


def read_first(name: str, tree: ast.Module) -> bool:
    """Whether the first statement that has to do with a name only reads it.

    What stands in a function counts for nothing: it runs later.
    """
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            if statement.name == name:
                return False
            continue
        source = ast.unparse(statement)
        if name in bound_in(source):
            return False
        if any(s.get_name() == name for s in symtable.symtable(source, "", "exec").get_symbols()):
            return True
    return False
