"""Style is earned by what ran: the evasions that were thought of, and the honest beside them."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder.grader import Grader
from autograder.judge import Verdict, read_style
from autograder.tasks import TASKS

LOOP = """def mse_loop(y_true, y_pred):
    total = 0
    for t, p in zip(y_true, y_pred):
        total += (t - p) ** 2
    return total / len(y_true)
"""
FAST = """def fast(a, b):
    return float(np.mean(np.subtract(a, b) ** 2))
"""
NUMPY = """def mse_numpy(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)
"""
SLOW = """def slow(a, b):
    total = 0
    for t, p in zip(a, b):
        total += (t - p) ** 2
    return total / len(a)
"""
ENDLESS_STUB = "def mse_loop(y_true, y_pred):\n    for t in y_true:\n        return 0\n"
STUB = "def mse_numpy(y_true, y_pred):\n    return np.sum(y_true) * 0\n"

# What binds another function than the one that is read. What is read here answers wrongly.
REBOUND = {
    "exec": ENDLESS_STUB + FAST + "exec('mse_loop = fast')",
    "exec by a name put together": ENDLESS_STUB + FAST
    + "import builtins\nvars(builtins)['ex' + 'ec']('mse_loop = fast', globals())",
    "globals": ENDLESS_STUB + FAST + "globals()['mse_loop'] = fast",
    "globals of a function": ENDLESS_STUB + FAST
    + "import operator\noperator.attrgetter('__glob' + 'als__')(fast)['mse_loop'] = fast",
    "its code": ENDLESS_STUB + FAST
    + "import operator\nmse_loop.__setattr__('__co' + 'de__', operator.attrgetter('__co' + 'de__')(fast))",
    "frames": ENDLESS_STUB + FAST
    + "import inspect\ninspect.currentframe().f_locals['mse_loop'] = fast",
    "the module of the notebook": ENDLESS_STUB + FAST
    + "import sys\nsetter = type(sys).__setattr__\nsetter(sys.modules[fast.__module__], 'mse_loop', fast)",
    "the shell's names": ENDLESS_STUB + FAST + "get_ipython().user_ns['mse_loop'] = fast",
    "the shell, pushed": ENDLESS_STUB + FAST
    + "from IPython import get_ipython as shell\nshell().push({'mse_loop': fast})",
    "the shell, another cell": ENDLESS_STUB + FAST
    + "from IPython.core.interactiveshell import InteractiveShell as S\n"
    "S.instance().run_cell('mse_loop = fast')",
    "a hook after each cell": ENDLESS_STUB + FAST
    + "from IPython import get_ipython as shell\n"
    "shell().events.register('post_run_cell', lambda *_: shell().push({'mse_loop': fast}))",
    "a magic": ENDLESS_STUB + FAST + "%time mse_loop = fast",
    "a magic of its own": ENDLESS_STUB + FAST
    + "from IPython.core.magic import register_line_magic\n"
    "from IPython import get_ipython as shell\n"
    "@register_line_magic\ndef honest(line):\n    shell().push({'mse_loop': fast})\n%honest",
    "pickle": ENDLESS_STUB + FAST
    + "import pickle\npickle.loads(b'c__main__\\n__dict__\\n.')['mse_loop'] = fast",
    "a declaration": ENDLESS_STUB + FAST
    + "def change():\n    global mse_loop\n    mse_loop = fast\nchange()",
    "a garbage collection": ENDLESS_STUB + FAST
    + "import gc\n[d for d in gc.get_objects() if type(d) is dict and d.get('fast') is fast"
    " and 'In' in d][0]['mse_loop'] = fast",
    "a thread": ENDLESS_STUB + FAST
    + "import threading\nt = threading.Thread(target=exec, args=('mse_loop = fast', globals()))\n"
    "t.start()\nt.join()",
    "code.InteractiveInterpreter": ENDLESS_STUB + FAST
    + "import code, __main__ as here\n"
    "code.InteractiveInterpreter(here.__dict__).runsource('mse_loop = fast')",
    "timeit": ENDLESS_STUB + FAST
    + "import timeit, __main__ as here\n"
    "timeit.timeit('here.mse_loop = fast', number=1, globals={'here': here, 'fast': fast})",
    "a changed builtin": ENDLESS_STUB.replace("return 0", "return sorted([y_true, y_pred])")
    + FAST + "import builtins\nbuiltins.sorted = lambda pair: fast(*pair)",
    "a changed module": "import math\n"
    + ENDLESS_STUB.replace("return 0", "return math.dist(y_true, y_pred)")
    + FAST + "import math as m\nm.dist = fast",
    "a module of its own making": "import sys, types\n" + FAST
    + "made = types.ModuleType('statistics')\nmade.mean = lambda pair: fast(*pair)\n"
    "sys.modules['statistics'] = made\nimport statistics\n"
    + ENDLESS_STUB.replace("return 0", "return statistics.mean([y_true, y_pred])"),
    "an attribute of the function": FAST
    + "def mse_loop(y_true, y_pred):\n    for t in y_true:\n        return mse_loop.fast(y_true, y_pred)\n"
    "mse_loop.fast = fast",
    "a default that is changed": FAST
    + "def mse_loop(y_true, y_pred, how=[]):\n    for one in how:\n        return one(y_true, y_pred)\n"
    "import operator\noperator.attrgetter('__defaults__')(mse_loop)[0].append(fast)",
    "a list that is filled later": FAST
    + "ways = []\ndef mse_loop(y_true, y_pred):\n    for way in ways:\n        return way(y_true, y_pred)\n"
    "ways.append(fast)",
    "an input transformer": ENDLESS_STUB + FAST
    + "from IPython import get_ipython as shell\n"
    "shell().input_transformers_post.append(lambda lines: ['mse_loop = fast\\n'] + lines)\n",
    "a syntax transformer": ENDLESS_STUB + FAST
    + "import ast\nfrom IPython import get_ipython as shell\n"
    "class Swap(ast.NodeTransformer):\n    def visit_Module(self, tree):\n"
    "        tree.body = ast.parse('mse_loop = fast').body + tree.body\n"
    "        return ast.fix_missing_locations(tree)\n"
    "shell().ast_transformers.append(Swap())\n",
}  # fmt: skip

IN_ARRAYS = "return float(numpy.mean((numpy.array(y_true) - numpy.array(y_pred)) ** 2))\n"
HEAD = "def mse_loop(y_true, y_pred):\n    "
# NumPy in a loop's task, under other names.
NUMPY_IN_A_LOOP = {
    "in the open": HEAD + IN_ARRAYS.replace("numpy.", "np."),
    "imported inside": HEAD + "import numpy\n    " + IN_ARRAYS,
    "another name": "import numpy as m\n" + HEAD + IN_ARRAYS.replace("numpy.", "m."),
    "its functions only": "from numpy import mean, subtract\n" + HEAD
    + "return float(mean(subtract(y_true, y_pred) ** 2))\n",
    "all its names": "from numpy import *\n" + HEAD
    + "return float(mean(subtract(y_true, y_pred) ** 2))\n",
    "under an if": "if True:\n    import numpy as m\n" + HEAD + IN_ARRAYS.replace("numpy.", "m."),
    "__import__": HEAD + "numpy = __import__('numpy')\n    " + IN_ARRAYS,
    "importlib": "import importlib\n" + HEAD + "numpy = importlib.import_module('numpy')\n    " + IN_ARRAYS,
    "sys.modules": "import sys\n" + HEAD + "numpy = sys.modules['numpy']\n    " + IN_ARRAYS,
    "sys of another module": "import statistics\n" + HEAD
    + "numpy = statistics.sys.modules['numpy']\n    " + IN_ARRAYS,
    "SciPy's": "import scipy.special\n" + HEAD + "numpy = scipy.special._basic.np\n    " + IN_ARRAYS,
    "pyplot's": "import matplotlib.pyplot as plt\n" + HEAD + "numpy = plt.np\n    " + IN_ARRAYS,
    "pandas": "import pandas as pd\n" + HEAD
    + "return float(((pd.Series(y_true) - pd.Series(y_pred)) ** 2).mean())\n",
    "of a function's globals": HEAD + "numpy = mse_loop.__globals__['np']\n    " + IN_ARRAYS,
    "through getattr": "import statistics\n" + HEAD
    + "numpy = getattr(getattr(statistics, 's' + 'ys'), 'mod' + 'ules')['numpy']\n    " + IN_ARRAYS,
    "through attrgetter": "import operator, statistics\n" + HEAD
    + "numpy = operator.attrgetter('sy' + 's.mod' + 'ules')(statistics)['numpy']\n    " + IN_ARRAYS,
    "through an error": "import statistics\n" + HEAD
    + "try:\n        '{0.sys.nothing}'.format(statistics)\n    except AttributeError as e:\n"
    "        numpy = e.obj.modules['numpy']\n    " + IN_ARRAYS,
    "through a pattern": "import statistics\n" + HEAD
    + "match statistics:\n        case object(sys=object(modules=held)):\n"
    "            numpy = held['numpy']\n    " + IN_ARRAYS,
    "through subclasses": HEAD
    + "for kind in object.__subclasses__():\n        if kind.__module__ == 'numpy':\n"
    "            break\n    import numpy\n    " + IN_ARRAYS,
    "through a warning": "import warnings\n" + HEAD
    + "numpy = warnings.catch_warnings()._module.sys.modules['numpy']\n    " + IN_ARRAYS,
    "by a type hint": "import typing\nclass C(typing.NamedTuple):\n    n: \"__import__('numpy')\"\n"
    + HEAD + "numpy = typing.get_type_hints(C)['n']\n    " + IN_ARRAYS,
    "a default": HEAD.replace("y_pred)", "y_pred, numpy=np)") + IN_ARRAYS,
    "a decorator": FAST + "def faster(f):\n    return fast\n@faster\n" + LOOP,
    "after a decoration": FAST + LOOP + "def faster(f):\n    return fast\nmse_loop = faster(mse_loop)",
    "decorated by itself": LOOP + "def deco(f):\n    return f\n"
    "def mse_loop(a, b):\n    return float(np.mean(np.subtract(a, b) ** 2))\nmse_loop = deco(mse_loop)",
    "a local name hides it": FAST + HEAD + "def unused():\n        fast = 1\n    return fast(y_true, y_pred)",
    "a class": "class Loss:\n    def __call__(self, a, b):\n"
    "        return float(np.mean(np.subtract(a, b) ** 2))\nmse_loop = Loss()",
    "declared, not bound": FAST + "mse_loop = fast\nmse_loop: object",
    "a walrus": FAST + LOOP + "print(mse_loop := fast)",
    "a loop's variable": FAST + LOOP + "for mse_loop in [fast]:\n    pass",
    "a context": FAST + LOOP + "from contextlib import nullcontext\n"
    "with nullcontext(fast) as mse_loop:\n    pass",
    "a pattern's name": FAST + LOOP + "match fast:\n    case mse_loop:\n        pass",
    "an import in a try": LOOP + "try:\n    from helpers import mse_loop\nexcept ImportError:\n"
    "    def mse_loop(a, b):\n        return float(np.mean(np.subtract(a, b) ** 2))",
}  # fmt: skip

HEAD_NUMPY = "def mse_numpy(y_true, y_pred):\n    "
ONE = "def one(t, p):\n    return (t - p) ** 2\n"
# A loop in a task for whole arrays.
LOOPS_IN_NUMPY = {
    "for": SLOW + HEAD_NUMPY + "return slow(y_true, y_pred)",
    "while": HEAD_NUMPY + "i = s = 0\n    while i < len(y_true):\n        s += (y_true[i] - y_pred[i]) ** 2\n"
    "        i += 1\n    return s / i",
    "over a literal that is spread": HEAD_NUMPY
    + "return sum((t - p) ** 2 for t, p in [*zip(y_true, y_pred)]) / len(y_true)",
    "over indices written out": HEAD_NUMPY + "s = 0\n    for i in (" + "".join(f"{i}," for i in range(500))
    + "):\n        if i < len(y_true):\n            s += (y_true[i] - y_pred[i]) ** 2\n    return s / len(y_true)",
    "a lambda's default": HEAD_NUMPY
    + "f = lambda pairs=zip(y_true, y_pred): [(t - p) ** 2 for t, p in pairs]\n    return np.mean(f())",
    "map": ONE + HEAD_NUMPY + "return np.mean(list(map(one, y_true, y_pred)))",
    "map under another name": ONE + "each = map\n" + HEAD_NUMPY + "return np.mean([*each(one, y_true, y_pred)])",
    "map and operators": "import operator\n" + HEAD_NUMPY
    + "return np.mean(np.square(list(map(operator.sub, y_true, y_pred))))",
    "starmap": "from itertools import starmap\n" + ONE + HEAD_NUMPY
    + "return np.mean([*starmap(one, zip(y_true, y_pred))])",
    "reduce under another name": "from functools import reduce as fold\n" + HEAD_NUMPY
    + "return fold(lambda s, e: s + e * e, y_true - y_pred, 0.0) / len(y_true)",
    "vectorize": ONE + HEAD_NUMPY + "return np.mean(np.vectorize(one)(y_true, y_pred))",
    "vectorize under another name": ONE + "from numpy import vectorize as v\n" + HEAD_NUMPY
    + "return np.mean(v(one)(y_true, y_pred))",
    "vectorize, kept": ONE + "v = np.vectorize\n" + HEAD_NUMPY + "return np.mean(v(one)(y_true, y_pred))",
    "vectorize as a decorator": "@np.vectorize\n" + ONE + HEAD_NUMPY + "return np.mean(one(y_true, y_pred))",
    "vectorize by getattr": ONE + HEAD_NUMPY + "return np.mean(getattr(np, 'vector' + 'ize')(one)(y_true, y_pred))",
    "vectorize by a plain getattr": ONE + HEAD_NUMPY + "return np.mean(getattr(np, 'vectorize')(one)(y_true, y_pred))",
    "frompyfunc": ONE + HEAD_NUMPY + "return float(np.mean(np.frompyfunc(one, 2, 1)(y_true, y_pred)))",
    "frompyfunc of NumPy under another name": ONE + "import numpy as n2\n" + HEAD_NUMPY
    + "make = n2.frompyfunc\n    return float(np.mean(make(one, 2, 1)(y_true, y_pred)))",
    "apply_along_axis": HEAD_NUMPY
    + "e = (y_true - y_pred)[:, None]\n    return np.mean(np.apply_along_axis(lambda r: r[0] ** 2, 1, e))",
    "recursion": HEAD_NUMPY
    + "n = len(y_true)\n    return 0.0 if n == 0 else ((y_true[0] - y_pred[0]) ** 2"
    " + mse_numpy(y_true[1:], y_pred[1:]) * (n - 1)) / n",
    "recursion of a helper": "def total(e):\n    return e[0] ** 2 + total(e[1:]) if len(e) else 0.0\n"
    + HEAD_NUMPY + "return total(y_true - y_pred) / len(y_true)",
    "recursion without a name": HEAD_NUMPY
    + "total = (lambda f: f(f, y_true - y_pred))(lambda f, e: e[0] ** 2 + f(f, e[1:]) if len(e) else 0.0)\n"
    "    return total / len(y_true)",
    "recursion by halves": "def total(e):\n    h = len(e) // 2\n"
    "    return total(e[:h]) + total(e[h:]) if h else e[0] ** 2\n"
    + HEAD_NUMPY + "return total(y_true - y_pred) / len(y_true)",
    "sorted by a key": HEAD_NUMPY + "squares = []\n    sorted(y_true - y_pred, key=lambda e: squares.append(e * e) or 0)\n"
    "    return np.mean(squares)",
    "max by a key": HEAD_NUMPY + "squares = []\n    max(y_true - y_pred, key=lambda e: squares.append(e * e) or 0)\n"
    "    return np.mean(squares)",
    "re.sub": "import re\n" + HEAD_NUMPY + "e, s = y_true - y_pred, []\n"
    "    re.sub('x', lambda m: s.append(e[m.start()] ** 2) or '', 'x' * len(e))\n    return np.mean(s)",
    "iter with a sentinel": HEAD_NUMPY + "e, s = list(y_true - y_pred), []\n"
    "    list(iter(lambda: s.append(e[len(s)] ** 2) or len(s), len(e)))\n    return np.mean(s)",
    "a class with __getitem__": "class Squares:\n    def __init__(self, e):\n        self.e = e\n"
    "    def __getitem__(self, i):\n        return self.e[i] ** 2\n    def __len__(self):\n        return len(self.e)\n"
    + HEAD_NUMPY + "return np.mean(list(Squares(y_true - y_pred)))",
    "a class with __next__": "class Squares:\n    def __init__(self, e):\n        self.e, self.i = e, -1\n"
    "    def __iter__(self):\n        return self\n    def __next__(self):\n        self.i += 1\n"
    "        if self.i == len(self.e):\n            raise StopIteration\n        return self.e[self.i] ** 2\n"
    + HEAD_NUMPY + "return sum(Squares(y_true - y_pred)) / len(y_true)",
    "a class that adds": "class Sum:\n    def __init__(self, s):\n        self.s = s\n"
    "    def __add__(self, e):\n        return Sum(self.s + e * e)\n"
    + HEAD_NUMPY + "return sum(list(y_true - y_pred), Sum(0.0)).s / len(y_true)",
    "objects in an array": "class E:\n    def __init__(self, e):\n        self.e = e\n"
    "    def __add__(self, o):\n        return E(self.e + o.e)\n"
    "    def __radd__(self, o):\n        return self\n"
    + "from collections import UserList\n" + HEAD_NUMPY
    + "s = []\n    np.fromfunction(np.frompyfunc(lambda i: s.append((y_true[int(i)] - y_pred[int(i)]) ** 2), 1, 1), (len(y_true),))\n"
    "    return np.mean(s)",
    "a generator": HEAD_NUMPY + "def squares():\n        i = 0\n        while i < len(y_true):\n"
    "            yield (y_true[i] - y_pred[i]) ** 2\n            i += 1\n    return np.mean(list(squares()))",
    "exec of a string": HEAD_NUMPY + "names = {'a': y_true, 'b': y_pred, 's': []}\n"
    "    exec('for t, p in zip(a, b): s.append((t - p) ** 2)', names)\n    return np.mean(names['s'])",
    "eval of a string": HEAD_NUMPY
    + "return np.mean(eval('[(t - p) ** 2 for t, p in zip(a, b)]', {'a': y_true, 'b': y_pred}))",
    "a string run by NumPy": HEAD_NUMPY + "s = []\n"
    "    np.testing.measure('for t, p in zip(y_true, y_pred): s.append((t - p) ** 2)', 1)\n"
    "    return np.mean(s)",
    "math.dist": "import math\n" + HEAD_NUMPY + "return math.dist(y_true, y_pred) ** 2 / len(y_true)",
    "math.fsum under another name": "from math import fsum as add\n" + HEAD_NUMPY
    + "return add((y_true - y_pred) ** 2) / len(y_true)",
    "math.hypot": "import math\n" + HEAD_NUMPY + "return math.hypot(*(y_true - y_pred)) ** 2 / len(y_true)",
    "statistics": "import statistics\n" + HEAD_NUMPY + "return statistics.fmean((y_true - y_pred) ** 2)",
    "nditer": HEAD_NUMPY + "s = []\n    sorted(np.nditer(y_true - y_pred), key=lambda e: s.append(float(e) ** 2) or 0)\n"
    "    return np.mean(s)",
    "pandas": "import pandas as pd\n" + HEAD_NUMPY
    + "return pd.Series(y_true - y_pred).apply(lambda e: e * e).mean()",
    "partition by comparison": "class K:\n    def __init__(self, e, s):\n        self.e, self.s = e, s\n"
    "    def __lt__(self, o):\n        self.s.append(1)\n        return self.e < o.e\n"
    + "from functools import partial\n" + HEAD_NUMPY
    + "e, s = list(y_true - y_pred), []\n    list(filter(lambda x: s.append(x * x), e))\n    return np.mean(s)",
    "piecewise": HEAD_NUMPY + "e = y_true - y_pred\n"
    "    return np.mean(np.piecewise(e, [e > -1e300], [lambda x: [v * v for v in x]]))",
    "another task's name": "def mae_loop(a, b):\n" + SLOW.partition("\n")[2] + HEAD_NUMPY + "return mae_loop(y_true, y_pred)",
    "its own loop": LOOP + HEAD_NUMPY + "return mse_loop(y_true, y_pred)",
}  # fmt: skip

LIBRARY = {
    "under another name": "from scipy.special import softmax as s\n"
    "def softmax(z):\n    return s(z, axis=-1)",
    "kept": "import scipy.special\nready = scipy.special.softmax\n"
    "def softmax(z):\n    return ready(z, axis=-1)",
    "by getattr": "import scipy.special\ndef softmax(z):\n"
    "    return getattr(scipy.special, 'soft' + 'max')(z, axis=-1)",
    "by a plain getattr": "from scipy import special\ndef softmax(z):\n"
    "    return getattr(special, 'softmax')(z, axis=-1)",
    "from where it is made": "from scipy.special._logsumexp import softmax as s\n"
    "def softmax(z):\n    return s(z, axis=-1)",
}  # fmt: skip

EVASIONS = [
    (task, title, source)
    for task, table in (
        ("mse_loop", REBOUND),
        ("mse_loop", NUMPY_IN_A_LOOP),
        ("mse_numpy", LOOPS_IN_NUMPY),
        ("softmax", LIBRARY),
    )
    for title, source in table.items()
]
