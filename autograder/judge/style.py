"""How the code was written, read from its syntax tree: a loop, or NumPy?"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LIBRARIES = {"sklearn", "torch", "keras", "tensorflow", "statsmodels", "autograder"}
LOSSES = {"huber", "pseudo_huber", "rel_entr", "kl_div", "entropy", "approx_fprime"}
"""Losses and gradients among SciPy's functions; the rest of SciPy is a tool like NumPy."""

HIDDEN_LOOPS = {
    "map", "reduce", "filter", "fsum", "fmean", "accumulate",
    "vectorize", "apply_along_axis", "frompyfunc", "fromiter", "nditer", "ndenumerate",
}  # fmt: skip


def read_style(name: str, style: str, cells: Iterable[str]) -> str | None:
    """Return the slug of the broken rule, or None when the code is as the task asked.

    Reads the function called `name` and those of the same notebook that it calls.
    """
    nodes = reachable(name, cells)
    if ready_made(nodes):
        return "uses-library-loss"
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


def mentions(name: str, cells: Iterable[str], text: str) -> bool:
    """Whether a name or attribute that contains `text` is used in the function `name`."""
    return any(
        text in (node.id if isinstance(node, ast.Name) else node.attr)
        for node in reachable(name, cells)
        if isinstance(node, (ast.Name, ast.Attribute))
    )


def without_magics(cell: str) -> str:
    """Return a cell's source with IPython's magics and shell lines blanked, lines kept."""
    return "\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in cell.split("\n"))


def parse(cell: str) -> ast.Module:
    """Parse a notebook cell; one that Python cannot read is empty."""
    try:
        return ast.parse(without_magics(cell))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def bindings(cells: Iterable[str]) -> dict[str, list[ast.AST]]:
    """Return what each top-level name of the notebook was last bound to, and by which import."""
    bound: dict[str, list[ast.AST]] = {}
    for cell in cells:
        for node in parse(cell).body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                bound[node.name] = [node]
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        bound[target.id] = [node.value]
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    bound[(alias.asname or alias.name).split(".")[0]] = [node]
    return bound


def reachable(name: str, cells: Iterable[str]) -> list[ast.AST]:
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
