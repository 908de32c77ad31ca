"""How well a student's process is locked in, level by level, and which level this machine has."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from autograder.sandbox.inside import landlock, seccomp

PROTECTS = {
    "unprotected": "submissions run as you, with limits on memory and time where the system has "
    "them and no other protection: they can read, change and delete your files, start programs "
    "and use the network. Only for code that you have read.",
    "process": "submissions run as you, but cannot start programs, use the network, or read and "
    "write files, but for Python's libraries and a folder of their own. They can see that other "
    "files exist, may be able to change the times and permissions of yours, and can fill the disk.",
    "bubblewrap-shared": "submissions see Python's libraries, a folder of their own in memory, and "
    "nothing else of this machine. They follow each other in one set of namespaces, which is "
    "cleaned in between: only the filter of system calls keeps a submission from the grader's "
    "process in there.",
    "bubblewrap": "every submission has namespaces and a disk in memory of its own, and sees "
    "Python's libraries and nothing else of this machine.",
}
"""The levels from the weakest to the strongest: what each protects, and what it does not."""

LEVELS = tuple(PROTECTS)

PACKAGE = Path(__file__).parent.parent
INSIDE = Path(__file__).parent / "inside"
SCRATCH, SCRATCH_BYTES = Path("/scratch"), 128 * 2**20
START = (
    "import sys; sys.path[:0] = [{folder!r}, {standin!r}]; from pathlib import Path; "
    "from inside.zygote import main; "
    "main({control}, {level!r}, Path({scratch!r}), map(Path, {shown!r}), Path({hidden!r}))"
)
TRY_OUT = (
    "import sys; sys.path.insert(0, '/sandbox'); from pathlib import Path; "
    "from inside.namespaces import try_out; try_out(Path('/scratch'))"
)


class NoSandbox(BaseException):
    """No student's process can be started here, or not at this level; str() says why.

    It is no Exception, for no test cell may take it for an error of the student's.
    """


def best() -> tuple[str, str]:
    """Return the strongest level that works here, and why no stronger one does, or ""."""
    reasons: list[str] = []
    for level in reversed(LEVELS):
        lacking = lacks(level)
        if not lacking:
            return level, "; ".join(dict.fromkeys(reasons))
        reasons.append(lacking)
    raise AssertionError("unprotected needs nothing")


@cache
def lacks(level: str) -> str:
    """Return what this machine lacks for a level, in a sentence without a full stop, or ""."""
    if level == "unprotected":
        return ""
    if not sys.platform.startswith("linux"):
        return f"{level} exists for Linux only"
    try:
        seccomp.filtering()
    except OSError as problem:
        return str(problem)
    if level == "process":
        found = landlock.version() >= landlock.NEEDED
        return "" if found else "this kernel's Landlock is missing or older than Linux 6.2's"
    if not shutil.which("bwrap"):
        return "bubblewrap is missing; on Debian or Ubuntu: sudo apt-get install bubblewrap"
    code = TRY_OUT if level == "bubblewrap" else ""
    probe = [*locked_in(level), sys.executable, "-I", "-S", "-B", "-c", code]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    said = done.stderr.strip().rpartition("\n")[2][:200] or "without a word"
    nested = level == "bubblewrap" and not lacks("bubblewrap-shared")
    return f"bubblewrap cannot make namespaces {'inside of namespaces ' * nested}here: {said}"


def as_root() -> str:
    """Return what root should know, or "": the kernel does not count the threads of root's."""
    if sys.platform == "linux" and os.getuid() == 0:
        return "you are root, whose threads the kernel does not count; better grade as another user"
    return ""


def command(level: str, control: int, scratch: Path) -> list[str]:
    """Return the command that starts the zygote on a level; `control` is its socket's number."""
    boxed = level.startswith("bubblewrap")
    folder = Path("/sandbox") if boxed else INSIDE.parent
    code = START.format(
        folder=str(folder),
        standin=str(folder / "inside" / "standin"),
        control=control,
        level=level,
        scratch=str(SCRATCH if boxed else scratch),
        shown=list(map(str, libraries())),
        hidden=str(PACKAGE),
    )
    return [*(locked_in(level) if boxed else ()), sys.executable, "-I", "-B", "-c", code]


def locked_in(level: str) -> list[str]:
    """Return bubblewrap with nothing visible but Python, its libraries and `inside/`.

    One privilege may be left, over these namespaces alone: to fork into new ones (see
    inside/namespaces.py).
    """
    apart = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-user",
        "--unshare-all",
        "--new-session",
        "--cap-drop",
        "ALL",
    ]
    privilege = ["--cap-add", "CAP_SYS_ADMIN"] if level == "bubblewrap" else []
    shown = [path for path in libraries() if path.exists()]
    binds = [part for path in shown for part in ("--ro-bind", str(path), str(path))]
    devices = ("null", "zero", "random", "urandom")
    return [
        *apart,
        *privilege,
        *("--size", str(SCRATCH_BYTES), "--tmpfs", str(SCRATCH)),
        *binds,
        *(part for path in covered(shown) for part in ("--tmpfs", path, "--remount-ro", path)),
        *("--ro-bind", str(INSIDE), "/sandbox/inside"),
        *(part for name in devices for part in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")),
        *("--remount-ro", "/", "--chdir", str(SCRATCH)),
    ]


def covered(shown: list[Path]) -> list[str]:
    """Return where this package lies among the libraries, under each name that they have for it."""
    package = PACKAGE.resolve()
    inner = [(path, path.resolve()) for path in shown]
    return [str(path / package.relative_to(r)) for path, r in inner if package.is_relative_to(r)]


def libraries() -> list[Path]:
    """Return what Python needs: folders of libraries, of the system's too, and the program itself.

    An environment's python is often a link to a link, such as /usr/bin/python3, to the program.
    """
    system = [Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64")]
    paths = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    own = [Path(prefix) / "lib" for prefix in (sys.base_prefix, sys.prefix)]
    folders = [*system, *own, *map(Path, paths), *map(Path, site.getsitepackages())]
    outermost = [p for p in dict.fromkeys(folders) if not any(q in p.parents for q in folders)]
    programs = [Path(sys.executable)]
    while programs[-1].is_symlink():
        programs.append(Path(os.path.normpath(programs[-1].parent / programs[-1].readlink())))
    return [*outermost, Path(sys.prefix) / "pyvenv.cfg", *programs]


def settle(asked: str = "", ours: bool = False) -> str:
    """Return the level to run under: the strongest, unless a weaker one is asked for by name.

    Only code of this course itself (`ours`) falls to what the machine has without being asked.
    Raises NoSandbox with what to do where that level is not to be had, or not without a word.
    """
    if not asked:
        offered, why = best()
        if ours or offered == LEVELS[-1]:
            return offered
        raise NoSandbox(
            f"{why}. Until then there is only the level {offered!r} here: {PROTECTS[offered]} "
            f"To accept that, name it: --level {offered}"
        )
    if asked not in LEVELS:
        raise NoSandbox(f"there is no isolation level {asked!r}; there are {', '.join(LEVELS)}")
    if lacking := lacks(asked):
        raise NoSandbox(f"the level {asked!r} was asked for, but {lacking}")
    return asked
