"""How the code was written, read from its syntax tree: a loop, or NumPy?

Only what a function needs is read: its own statement and those that bind what it names, found by
`reading` as Python itself would find them. That is also a program, `Reading.source`, and the grader
runs it alone: whoever binds another function to the name, by whatever trick, has not shown the one
that answers. What is left to see is the read code itself. So it may hold no reflection (`Reached`
allows what can be read with certainty, and nothing else), and where a whole array is asked for, the
grader counts the steps that it takes: they do not grow with the samples.

All of this takes time and memory in proportion to the code: every statement is walked once.
"""

from __future__ import annotations

import ast
import re
import symtable
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from autograder.tasks import Task

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LOOPS = (
    ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
WITHIN = (ast.stmt, ast.alias, ast.ExceptHandler, ast.match_case)
"""What other statements are made of."""
ALWAYS = (ast.ExceptHandler, ast.match_case, ast.Break, ast.Continue, ast.Raise)
TOO_DEEP = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python raises for code that it cannot take, and for code that is too deep for it."""

LIBRARIES = {"sklearn", "torch", "keras", "tensorflow", "statsmodels", "autograder"}
LOSSES = {"huber", "pseudo_huber", "rel_entr", "kl_div", "entropy", "approx_fprime", "derivative"}
"""Losses and gradients among SciPy's functions; the rest of SciPy is a tool like NumPy."""

ARRAYS = {"numpy", "scipy", "pandas", "matplotlib"}
PLAIN = {
    "abc", "array", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "heapq", "itertools", "math",
    "numbers", "operator", "random", "re", "statistics", "string", "sys", "time", "typing",
    "warnings",
}  # fmt: skip
"""Packages that one may lean on; what comes from elsewhere cannot be read."""
ROOMS = {
    "collections.abc", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random",
    "numpy.typing", "scipy.linalg", "scipy.ndimage", "scipy.optimize", "scipy.sparse",
    "scipy.spatial", "scipy.spatial.distance", "scipy.special", "scipy.stats", "matplotlib.pyplot",
}  # fmt: skip
"""Modules that may be reached through another one."""
OF_SYS = {"float_info", "int_info", "maxsize", "version_info", "stdout", "stderr"}

HIDDEN_LOOPS = {
    "functools.reduce", "math.dist", "math.fsum", "math.hypot", "math.prod", "math.sumprod",
}  # fmt: skip
LOOPING = {"itertools", "statistics"}
"""Modules whose functions all go through the samples one by one."""
APPLYING = {
    "vectorize", "apply_along_axis", "apply_over_axes", "frompyfunc", "fromiter", "nditer",
    "nested_iters", "ndenumerate", "ndindex", "map", "apply", "applymap", "iterrows", "itertuples",
    "agg", "aggregate", "combine", "transform",
}  # fmt: skip
"""Attributes, of NumPy's and of tables, that do the same."""

OPAQUE = {
    "exec", "eval", "globals", "locals", "vars", "setattr", "__import__",
    "__builtins__",
}  # fmt: skip
INNER = {"__dict__", "__globals__", "__code__", "f_globals", "modules", "user_ns"}
REFLECTING = {"builtins", "ctypes", "gc", "importlib", "__main__"}
"""Names, attributes and modules by which a notebook may bind a name where no reader sees it."""

CLOSED = OPAQUE | {
    "get_ipython",
    "compile",
    "delattr",
    "open",
    "input",
    "breakpoint",
    "help",
    "memoryview",
}
DOORS = INNER | {
    "update_wrapper",
    "attrgetter", "methodcaller", "get_type_hints", "ForwardRef", "Formatter", "make_dataclass",
    "eval", "query", "load", "read_pickle", "tofile", "memmap", "obj", "mro", "user_global_ns",
    "gi_frame", "gi_code", "cr_frame", "ag_frame", "tb_frame", "tb_next", "f_back", "f_builtins",
    "f_locals", "f_code", "sys", "os", "ctypes", "ctypeslib", "testing", "f2py", "lib",
    "importlib", "import_module", "builtins", "exec", "inspect", "runpy", "pkgutil",
}  # fmt: skip
"""Names and attributes through which read code would reach what nobody has read."""
ALIASES = {
    *("np", "numpy", "ma", "pd", "pandas", "sp", "scipy", "sparse", "mpl", "matplotlib", "plt"),
    *("pyplot", "pylab", "cbook", "cm", "mcolors", "colors", "ticker", "distributions", "style"),
}
"""What modules are called inside of libraries that are not looked up."""
HARMLESS = {"__init__", "__name__", "__doc__", "__call__", "__post_init__", "__slots__"}

OPERATORS = {
    f"__{name}__"
    for name in (
        *("len", "getitem", "setitem", "contains", "iter", "next", "enter", "exit", "repr", "str"),
        *("eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "float", "int", "index", "round"),
        *("add", "radd", "iadd", "sub", "rsub", "isub", "mul", "rmul", "imul", "truediv"),
        *("rtruediv", "floordiv", "mod", "pow", "rpow", "neg", "pos", "abs", "matmul", "rmatmul"),
    )
}
"""What a class of one's own may define besides; others are what reflection looks up."""

COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
WRITTEN_OUT = 8
"""Values over which a loop is no loop over samples."""
DEEPEST, MOST_MEANINGS = 5, 4
"""Dots in a path, and imports of one name, beyond which nothing honest lies."""

MAGIC = re.compile(
    r"^([ \t]*)(([\w\[(][\w.,\[\]() ]*= *)?[%!](\\\n|.)*|\?{1,2}[\w.]+|[\w.]+\?{1,2})$",
    re.MULTILINE,
)
"""A line that IPython understands and Python does not; it may go on after a backslash."""
CELL_MAGIC = re.compile(r"\s*%%(\w+)")
RUN_IN_PLACE = {"time", "capture", "prun"}
"""Magics that run a cell as it stands; others make something else of what is below them."""


Place = tuple[int, int]
"""Where in the notebook something is bound: in which statement, and where inside of it."""
LAST = sys.maxsize


@dataclass(frozen=True)
class Binding:
    """A part of a statement that binds a name, for certain or only perhaps."""

    place: Place
    part: ast.AST
    certain: bool


@dataclass(frozen=True)
class Bindings:
    """What each name of a notebook may hold, in order, and the first `import *` of each module."""

    statements: list[ast.stmt]
    around: dict[int, ast.AST]
    names: dict[str, list[Binding]]
    stars: dict[str, Place]

    def before(self, place: Place, word: str) -> Iterator[Binding]:
        """Yield what a name may hold at a place: from the last there is back to a certain one."""
        found = self.names.get(word, [])
        upto = bisect_left(found, place, key=lambda binding: binding.place)
        for index in range(upto - 1, -1, -1):
            yield found[index]
            if found[index].certain:
                return

    def starred(self, place: Place, word: str) -> tuple[Place, ast.stmt] | None:
        """Return the import that a name would need had `import *` not brought it, and where."""
        for module, where in reversed(self.stars.items()):
            if where < place and word in starred(module):
                return where, ast.ImportFrom(module, [ast.alias(word)], 0)
        return None


@dataclass(frozen=True)
class Reading:
    """What of a notebook some function needs: its nodes, and the same as a program."""

    nodes: list[ast.AST]
    source: str


@dataclass(frozen=True)
class Style:
    """What was read: the slug of the broken rule, or None; and the program, to be run alone."""

    slug: str | None
    source: str
    own: bool
    """Whether all of it is held to the style: nothing that the task invites to call is in it."""
    wrong: frozenset[int] = frozenset()
    """Questions, by their place, that the program alone answers wrongly."""


def read_style(task: Task, cells: Iterable[str]) -> Style:
    """Read a task's function, and those of the same notebook that it calls.

    What the task invites to call has been asked for in a style of its own. Where there is no
    source at all, as for a function typed into a shell, there is nothing to find fault with.
    """
    trees = [parse(cell) for cell in cells if cell.strip()]
    if not trees:
        return Style(None, "", True)
    bound = bindings(trees)
    whole = reading(task.name, bound)
    own = reading(task.name, bound, task.invites) if task.invites else whole
    return Style(broken(task, whole, own, trees), whole.source, own.source == whole.source)


def broken(task: Task, whole: Reading, own: Reading, cells: Sequence[ast.Module]) -> str | None:
    """Return the slug of the rule that is broken, or None."""
    reached = Reached(whole.nodes)
    if reached.packages & LIBRARIES or reached.losses & {*LOSSES, task.name}:
        return "uses-library-loss"
    if not whole.source or not reached.readable or obscured(task.name, cells):
        return "unreadable"
    if any(isinstance(node, ast.Compare) and by_identity(node) for node in whole.nodes):
        return "identity-of-numbers"
    reached = Reached(own.nodes)
    if task.style == "loop" and reached.packages & ARRAYS:
        return "loop-uses-numpy"
    if task.style == "numpy":
        if any(isinstance(node, LOOPS) and not over_literal(node) for node in own.nodes):
            return "numpy-loops"
        if reached.hidden_loops or any(called(node) == task.name for node in own.nodes):
            return "hidden-loop"  # or it calls itself, sample by sample
    return None


def by_identity(compared: ast.Compare) -> bool:
    """Whether `is` stands before a number, or after it."""
    parts = [compared.left, *compared.comparators]
    numbers = [isinstance(p, ast.Constant) and type(p.value) in (int, float) for p in parts]
    identity = [isinstance(operator, (ast.Is, ast.IsNot)) for operator in compared.ops]
    return any(same and (numbers[i] or numbers[i + 1]) for i, same in enumerate(identity))


class Reached:
    """What some nodes reach for: packages, and paths such as "numpy.linalg.norm"."""

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self.packages: set[str] = set()
        self.paths: set[str] = set()
        self._imports: dict[str, set[str]] = defaultdict(set)
        for node in nodes:
            self._import(node)
        self._nodes = nodes
        self._bases = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
        self._calls = {id(n.func): n for n in nodes if isinstance(n, ast.Call)}
        self._parts: dict[int, set[str]] = {}
        # What is inside comes after what it is inside of: backwards, so that it is known.
        for node in reversed(nodes):
            if isinstance(node, ast.Name):
                self._parts[id(node)] = self._imports.get(node.id, set())
            elif isinstance(node, ast.Attribute):
                found = {f"{path}.{node.attr}" for path in self._parts.get(id(node.value), ())}
                self._parts[id(node)] = {path for path in found if path.count(".") < DEEPEST}
                if len(self._parts[id(node)]) < len(found):
                    self.packages.add("")  # which nobody may lean on
                self.paths |= self._parts[id(node)]

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.name if alias.asname else first(alias.name)
                self._bind(alias.asname or bound, alias.name, bound)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                path = f"{module}.{alias.name}"
                self._bind(alias.asname or alias.name, path, path)

    def _bind(self, name: str, path: str, bound: str) -> None:
        self.packages.add(first(path))
        self.paths.add(path)
        if len(self._imports[name]) < MOST_MEANINGS:
            self._imports[name].add(bound)
        else:
            self.packages.add("")  # which nobody may lean on

    @property
    def losses(self) -> set[str]:
        """The names that are taken from SciPy."""
        return {last(path) for path in self.paths if first(path) == "scipy"}

    @property
    def hidden_loops(self) -> bool:
        """Whether something is named that goes through the samples one by one, unseen."""
        names = {n.id for n in self._nodes if isinstance(n, ast.Name)}
        own = {n.id for n in self._nodes if isinstance(n, ast.Name) and not loaded(n)}
        own |= {n.arg for n in self._nodes if isinstance(n, ast.arg)} | self._imports.keys()
        own |= {n.name for n in self._nodes if isinstance(n, DEFINITIONS)}
        attributes = {n.attr for n in self._nodes if isinstance(n, ast.Attribute)}
        return bool(
            names & {"map", "filter"} - own
            or (attributes | set(map(last, self.paths))) & APPLYING
            or any(self._takes_many(path) for path in self.paths & HIDDEN_LOOPS)
            or self.packages & LOOPING
        )

    def _takes_many(self, path: str) -> bool:
        """Whether a function may be given all samples; hypot takes as many as are written out."""
        uses = [node for node, meanings in self._parts.items() if path in meanings]
        calls = [self._calls[node].args for node in uses if node in self._calls]
        spread = any(isinstance(argument, ast.Starred) for args in calls for argument in args)
        return path != "math.hypot" or spread or len(calls) < len(uses)

    @property
    def readable(self) -> bool:
        """Whether all of it can be read with certainty: nothing reaches what nobody has read."""
        return (
            self.packages <= PLAIN | ARRAYS
            and all(map(open_to_all, self.paths))
            and all(map(self._plain, self._nodes))
        )

    def _plain(self, node: ast.AST) -> bool:
        """Whether a node is no reflection. A module only ever stands before a dot."""
        meanings = self._parts.get(id(node), ())
        if id(node) not in self._bases and any(map(is_module, meanings)):
            return False
        match node:
            case ast.Name(id="getattr" | "type"):
                return id(node) in self._calls and written_out(self._calls[id(node)])
            case ast.Name(id="wraps") | ast.Attribute(attr="wraps"):
                return id(node) in self._calls
            case ast.Name(id=name):
                return name not in CLOSED and not inner(name)
            case ast.Attribute(attr=name, ctx=context, value=base):
                # Whoever changes a library changes what all others find in it.
                changed = not isinstance(context, ast.Load) and self._parts.get(id(base))
                return name not in DOORS and not inner(name) and not changed
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                return not inner(name) or name in OPERATORS
            case ast.Call(keywords=keywords) if (
                called(node) == "wraps"
            ):  # it copies what it is told
                return len(node.args) == 1 and not keywords and not starred_in(node)
            case ast.Call(keywords=keywords):
                return not {word.arg for word in keywords} & {"assigned", "updated"}
            case ast.MatchClass(kwd_attrs=names):
                return not any(name in DOORS or inner(name) for name in names)
        return True


def first(path: str) -> str:
    """Return the package of a path."""
    return path.partition(".")[0]


def last(path: str) -> str:
    """Return the name at the end of a path."""
    return path.rpartition(".")[2]


def loaded(node: ast.Name) -> bool:
    """Whether a name is used and not bound."""
    return isinstance(node.ctx, ast.Load)


def inner(name: str) -> bool:
    """Whether a name is one of Python's own, such as `__globals__`."""
    return name.startswith("__") and name.endswith("__") and name not in HARMLESS


def written_out(call: ast.Call) -> bool:
    """Whether `type(x)` only asks for a type, or `getattr` for an attribute in plain sight."""
    match call:
        case ast.Call(func=ast.Name(id="type"), args=[argument], keywords=[]):
            return not isinstance(argument, ast.Starred)
        case ast.Call(args=[_, ast.Constant(value=str(word)), *_], keywords=[]):
            return not word.startswith("_") and word not in DOORS | APPLYING
    return False


def starred_in(call: ast.Call) -> bool:
    """Whether arguments are spread out of something."""
    return any(isinstance(argument, ast.Starred) for argument in call.args)


def open_to_all(path: str) -> bool:
    """Whether a path of a library stays among what that library is for."""
    package, *names = path.split(".")
    if package == "sys" and names:
        return names[0] in OF_SYS
    return (not names or path in ROOMS or not is_module(path)) and not any(
        name in DOORS or (name.startswith("_") and name not in HARMLESS) for name in names
    )


@lru_cache(maxsize=4096)  # a student thinks of the paths
def is_module(path: str) -> bool:
    """Whether a path of a library is a module; where it is not looked up, its name says so."""
    parent, _, name = path.rpartition(".")
    if not parent or path in ROOMS:
        return True
    if first(path) in PLAIN | {"numpy"}:
        return isinstance(held(parent).get(name), ModuleType)
    return name in sys.stdlib_module_names or name in ALIASES


def held(module: str) -> Mapping[str, object]:
    """Return what a module of Python's or NumPy's own holds; of no other is anything imported."""
    if module in PLAIN | {"numpy"} or (module in ROOMS and first(module) in PLAIN | {"numpy"}):
        return vars(import_module(module))
    return {}


@lru_cache(maxsize=64)
def starred(module: str) -> frozenset[str]:
    """Return the names that `from module import *` brings, as far as that is known."""
    names = held(module)
    listed = names.get("__all__")
    public = [name for name in names if not name.startswith("_")]
    return frozenset(listed if isinstance(listed, list) else public)


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
    nodes = reading(name, bindings(map(parse, cells))).nodes
    return any(text in word for word in words(nodes))


def words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names and attributes among the nodes."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def without_magics(cell: str) -> str:
    """Return a cell's source with what only IPython understands blanked, lines kept."""

    def blank(magic: re.Match[str]) -> str:
        indented = f"{magic[1]}pass" if magic[1] else ""  # it may be all that a loop does
        return indented + "\n" * magic[0].count("\n")

    return MAGIC.sub(blank, cell)


def parse(cell: str) -> ast.Module:
    """Parse a notebook cell, without its annotations; one that Python cannot read is empty."""
    magic = CELL_MAGIC.match(cell)
    if magic and magic[1] not in RUN_IN_PLACE:
        return ast.Module([], [])
    for plain in (str, without_magics):  # a line may begin with % in Python too
        try:
            return unannotated(ast.parse(plain(cell)))
        except TOO_DEEP:
            continue
    return ast.Module([], [])


def unannotated(tree: ast.Module) -> ast.Module:
    """Take the annotations off: they say nothing of how a function works, and may name anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):  # without one it would be no field of a dataclass
            node.annotation = ast.Constant(None)
    return tree


def bindings(cells: Iterable[ast.Module]) -> Bindings:
    """Return what each name of the notebook may hold.

    A definition, an import or an assignment in the open takes the place of what was there; one
    under an `if`, a loop's variable and the like may or may not, so that both are read.
    """
    bound = Bindings([top for cell in cells for top in cell.body], {}, {}, {})
    for number, top in enumerate(bound.statements):
        waiting: list[ast.AST] = [top]  # no recursion: a thousand `elif` lie inside of each other
        inside = 0
        while waiting:
            part = waiting.pop()
            own, within = split(part)
            sure = certain(part) if part is top or isinstance(part, ast.alias) else set()
            for name in set().union(*map(binds, own)):
                bound.names.setdefault(name, []).append(
                    Binding((number, inside), part, name in sure)
                )
            inside += 1
            bound.around.update((id(node), part) for node in within)
            waiting += reversed(within)
    for star in bound.names.get("*", []):
        module = getattr(bound.around[id(star.part)], "module", None) or ""
        if starred(module):
            bound.stars.setdefault(module, star.place)
    return bound


def split(part: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """Return what of a part is its own, and the parts within: none in a definition."""
    children = list(ast.iter_child_nodes(part))
    within: list[ast.AST] = [node for node in children if isinstance(node, WITHIN)]
    if not within or isinstance(part, DEFINITIONS):
        return [part], []
    own = [node for node in children if not isinstance(node, WITHIN)]
    for node in within:  # which of them runs is decided here
        if isinstance(node, (ast.ExceptHandler, ast.match_case)):
            own += [node for node in ast.iter_child_nodes(node) if not isinstance(node, WITHIN)]
    if isinstance(part, ast.ExceptHandler) and part.name:
        own.append(ast.Name(part.name, ast.Store()))
    return own, within


def certain(part: ast.AST) -> set[str]:
    """Return the names that a part binds wherever it runs at all."""
    match part:
        case ast.Assign(targets=targets):
            stored = [node for target in targets for node in ast.walk(target)]
            return {n.id for n in stored if isinstance(n, ast.Name) and not loaded(n)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return {name}
        case ast.alias() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return binds(part)
    return set()


def binds(part: ast.AST) -> set[str]:
    """Return the names that are bound in a part, but for what has names of its own."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name):
                found.add(name)
            case ast.alias():
                found.add((node.asname or node.name).split(".")[0])
            case ast.comprehension():
                waiting += [node.iter, *node.ifs]
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
                waiting += ast.iter_child_nodes(node)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
                waiting += ast.iter_child_nodes(node)
            case ast.Lambda():
                pass
            case _:
                if isinstance(node, ast.Name) and not loaded(node):
                    found.add(node.id)
                waiting += ast.iter_child_nodes(node)
    return found


def reading(name: str, bound: Bindings, without: Collection[str] = ()) -> Reading:
    """Return all that the function `name` needs of its notebook, in the notebook's order.

    A statement uses what its names were bound to before it, the body of a function what they are
    bound to in the end. Code that is too deep for Python's own tools cannot be read.
    """
    try:
        statements = needed(name, bound, without)
        source = "\n".join(map(ast.unparse, statements))
    except TOO_DEEP:
        return Reading([], "")
    return Reading([node for top in statements for node in ast.walk(top)], source)


def needed(name: str, bound: Bindings, without: Collection[str]) -> list[ast.stmt]:
    """Return the statements that a function needs, without the parts that it does not."""
    taken: set[int] = set()
    numbers: set[int] = set()
    starred: dict[tuple[Place, str], ast.stmt] = {}
    followed: set[tuple[str, Place]] = set()
    waiting: list[tuple[str, Place]] = [(name, (LAST, 0))]
    while waiting:
        word, place = waiting.pop()
        found = False
        for binding in bound.before(place, word):
            found = True
            if (word, binding.place) in followed:
                break  # and what lies before it has been followed as well
            followed.add((word, binding.place))
            number = binding.place[0]
            numbers.add(number)
            part: ast.AST | None = binding.part
            while part and id(part) not in taken:
                taken.add(id(part))
                now, later = free_names(part)
                # Within an `if` or a loop, what is bound further down may count as well.
                here = binding.place if part is bound.statements[number] else (number, LAST)
                waiting += [(used, here) for used in now.difference(without)]
                waiting += [(used, (LAST, 0)) for used in later.difference(without)]
                part = bound.around.get(id(part))
        if not found and (brought := bound.starred(place, word)):
            starred[brought[0], word] = brought[1]
    kept = [((number, 0), "", sliced(bound.statements[number], taken)) for number in numbers]
    kept += [(where, word, only) for (where, word), only in starred.items()]
    return [statement for _, _, statement in sorted(kept, key=lambda part: part[:2])]


def sliced(part: Any, taken: set[int]) -> Any:
    """Return a statement with only those parts of it that are taken, and its ways out."""
    if not split(part)[1]:
        return part
    changed = copy(part)
    for field, value in ast.iter_fields(part):
        if isinstance(value, list) and value and isinstance(value[0], WITHIN):
            kept = [
                sliced(node, taken)
                for node in value
                if id(node) in taken or isinstance(node, ALWAYS)
            ]
            setattr(changed, field, kept or [ast.Pass()])
    return changed


def free_names(part: ast.AST) -> tuple[set[str], set[str]]:
    """Return the notebook's names that a part uses at once, and when its functions run."""
    own, within = split(part)
    if within or not isinstance(part, ast.stmt):
        used = used_names(node for piece in own for node in ast.walk(piece))
        return used, set()
    used, used_at_once = used_names(ast.walk(part)), used_names(at_once(part))
    now: set[str] = set()
    later: set[str] = set()
    tables = [(symtable.symtable(ast.unparse(part), "<read>", "exec"), True)]
    while tables:
        table, outside = tables.pop()
        if isinstance(table, symtable.Function):
            # In Python 3.11 a comprehension is a function too, one that runs where it stands.
            outside = outside and table.get_name() in COMPREHENSIONS
            names = set(table.get_globals())
        else:
            names = set(table.get_identifiers())
        now |= names & used_at_once if outside else set()
        later |= set() if outside else names & used
        tables += [(inside, outside) for inside in table.get_children()]
    return now, later


def used_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names whose values the nodes use."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.AugAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def at_once(root: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that run where it stands: no function's body."""
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            defaults = [*node.args.defaults, *node.args.kw_defaults]
            waiting += [default for default in defaults if default]
            waiting += getattr(node, "decorator_list", [])
        else:
            waiting += ast.iter_child_nodes(node)


def imported(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the packages imported among the nodes."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {first(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(first(node.module or ""))
    return found


def over_literal(node: ast.AST) -> bool:
    """Whether a loop runs over some values written out, such as the two arguments."""
    match node:
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            sources = [generator.iter for generator in node.generators]
        case ast.For():
            sources = [node.iter]
        case _:
            return False
    return all(
        isinstance(source, (ast.Tuple, ast.List))
        and len(source.elts) <= WRITTEN_OUT
        and not any(isinstance(part, ast.Starred) for part in source.elts)
        for source in sources
    )


def called(node: ast.AST) -> str:
    """Return the last part of the name that a call uses: "vectorize" for np.vectorize(f)."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
