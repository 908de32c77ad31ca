"""How the code was written, read from its syntax tree: a loop, or NumPy?"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PARTS = (ast.ExceptHandler, ast.match_case)
PLAIN = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LIBRARIES = {"sklearn", "torch", "keras", "tensorflow", "statsmodels", "autograder"}
LOSSES = {"huber", "pseudo_huber", "rel_entr", "kl_div", "entropy", "approx_fprime"}
"""Losses and gradients among SciPy's functions; the rest of SciPy is a tool like NumPy."""

HIDDEN_LOOPS = {
    "map", "reduce", "filter", "fsum", "fmean", "accumulate",
    "vectorize", "apply_along_axis", "frompyfunc", "fromiter", "nditer", "ndenumerate",
}  # fmt: skip


TOOLS = {*sys.stdlib_module_names, "numpy", "scipy", "pandas", "matplotlib"}
"""Packages that one may lean on; what comes from elsewhere cannot be read."""

OPAQUE = {
    "exec", "eval", "globals", "locals", "vars", "setattr", "get_ipython", "__import__",
    "__builtins__",
}  # fmt: skip
INNER = {"__dict__", "__globals__", "__code__", "f_globals", "modules", "user_ns"}
REFLECTING = {"builtins", "ctypes", "gc", "importlib", "__main__"}
"""Names, attributes and modules by which a notebook may bind a name where no reader sees it."""

MAGIC = re.compile(r"^\s*([%!].*|\?{1,2}[\w.]+|[\w.]+\?{1,2}|\w+ *= *[%!].*)$", re.MULTILINE)
"""A line that IPython understands and Python does not."""


def read_style(name: str, style: str, cells: Iterable[str]) -> str | None:
    """Return the slug of the broken rule, or None when the code is as the task asked.

    Reads the function called `name` and those of the same notebook that it calls. Where there is
    no source at all, as for a function typed into a shell, there is nothing to find fault with.
    """
    trees = [parse(cell) for cell in cells if cell.strip()]
    if not trees:
        return None
    nodes = reachable(name, trees)
    if ready_made(nodes):
        return "uses-library-loss"
    if not nodes or imported(nodes) - TOOLS or obscured(name, trees):
        return "unreadable"
    if style == "loop" and "numpy" in imported(nodes):
        return "loop-uses-numpy"
    if style == "numpy":
        if any(isinstance(node, LOOPS) and not over_literal(node) for node in nodes):
            return "numpy-loops"
        if any(called(node) in HIDDEN_LOOPS for node in nodes):
            return "hidden-loop"
        if any(called(node) == name for node in nodes):  # it calls itself, sample by sample
            return "hidden-loop"
    return None


def obscured(name: str, cells: Iterable[ast.Module]) -> bool:
    """Whether `name` may be bound by more than statements in the open."""
    nodes = [node for cell in cells for node in ast.walk(cell)]
    return bool(imported(nodes) & REFLECTING) or any(
        (isinstance(node, ast.Name) and node.id in OPAQUE)
        or (isinstance(node, ast.Attribute) and node.attr in INNER)
        or (isinstance(node, ast.Global) and name in node.names)
        for node in nodes
    )


def mentions(name: str, cells: Iterable[str], text: str) -> bool:
    """Whether a name or attribute that contains `text` is used in the function `name`."""
    return any(text in word for word in words(reachable(name, map(parse, cells))))


def words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names and attributes among the nodes."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def without_magics(cell: str) -> str:
    """Return a cell's source with what only IPython understands blanked, lines kept."""
    return MAGIC.sub("", cell)


def parse(cell: str) -> ast.Module:
    """Parse a notebook cell; one that Python cannot read is empty."""
    try:
        return ast.parse(without_magics(cell))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def bindings(cells: Iterable[ast.Module]) -> dict[str, list[ast.AST]]:
    """Return what each name of the notebook may hold.

    A definition, an import or an assignment in the open takes the place of what was there; one
    under an `if`, a loop's variable and the like may or may not, so that both are read.
    """
    bound: dict[str, list[ast.AST]] = {}
    for cell in cells:
        for top in cell.body:
            for node in statements(top):
                certain = node is top and isinstance(node, PLAIN)
                for name, roots in bound_by(node).items():
                    bound[name] = roots if certain else bound.get(name, []) + roots
    return bound


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and those inside of it, but for the insides of functions and classes."""
    waiting = [node]  # no recursion: a thousand `elif` lie inside of each other
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, DEFINITIONS):
            inside = ast.iter_child_nodes(current)
            waiting += [n for n in inside if isinstance(n, (ast.stmt, *PARTS))]


def bound_by(node: ast.AST) -> dict[str, list[ast.AST]]:
    """Return the names that one statement binds, each with what there is to read of it."""
    if isinstance(node, DEFINITIONS):
        return {node.name: [node]}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0]: [node] for alias in node.names}
    own = [n for n in ast.iter_child_nodes(node) if isinstance(n, (ast.expr, ast.withitem))]
    inside = [n for part in own for n in ast.walk(part)]
    stored = [n for n in inside if isinstance(getattr(n, "ctx", None), ast.Store)]
    return {word: list(own) for word in words(stored)}


def reachable(name: str, cells: Iterable[ast.Module]) -> list[ast.AST]:
    """Return every node of the function `name` and of what it names in its own notebook."""
    bound = bindings(cells)
    seen: set[str] = set()
    waiting, nodes = [name], []
    while waiting:
        current = waiting.pop()
        if current in seen or current not in bound:
            continue
        seen.add(current)
        for root in bound[current]:
            inside = [node for part in executed(root) for node in ast.walk(part)]
            nodes += inside
            used = {node.id for node in inside if isinstance(node, ast.Name)}
            waiting += used - local_names(root)
    return nodes


def local_names(root: ast.AST) -> set[str]:
    """Return the names that a definition binds for itself: they hide the notebook's."""
    inside = list(ast.walk(root))
    stored = {n.id for n in inside if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return stored | {n.arg for n in inside if isinstance(n, ast.arg)}


def executed(root: ast.AST) -> Sequence[ast.AST]:
    """Return what of a definition runs, its decorators included; annotations are not read.

    A decorator counts as a call: `@np.vectorize` is `f = np.vectorize(f)`.
    """
    if isinstance(root, (ast.FunctionDef, ast.AsyncFunctionDef)):
        wrapped = [ast.Call(decorator, [], []) for decorator in root.decorator_list]
        return [*root.body, *root.args.defaults, *wrapped]
    return [root]


def imported(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the packages imported among the nodes: in the function, or for a name it uses."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def ready_made(nodes: Iterable[ast.AST]) -> bool:
    """Whether a loss that somebody else has written is imported or called."""
    nodes = list(nodes)
    names = {alias.name for n in nodes if isinstance(n, ast.ImportFrom) for alias in n.names}
    names |= {called(node) for node in nodes}
    return bool(imported(nodes) & LIBRARIES) or (
        "scipy" in imported(nodes) and bool(names & LOSSES)
    )


def over_literal(node: ast.AST) -> bool:
    """Whether a loop runs over a tuple or list written out, such as the two arguments."""
    sources = (
        [generator.iter for generator in node.generators]
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
        else [node.iter]
        if isinstance(node, ast.For)
        else []
    )
    return bool(sources) and all(isinstance(source, (ast.Tuple, ast.List)) for source in sources)


def called(node: ast.AST) -> str:
    """Return the last part of the name that a call uses: "vectorize" for np.vectorize(f)."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute):
        # np.add.reduce is NumPy's own sum, functools.reduce a loop
        return "" if isinstance(function.value, ast.Attribute) else function.attr
    return getattr(function, "id", "")
