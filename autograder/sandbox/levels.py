"""How well a student's process is locked in, level by level, and which level this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

LEVELS = ("process", "bubblewrap")
"""From the weakest to the strongest."""

PACKAGE = Path(__file__).parent.parent
INSIDE = Path(__file__).parent / "inside"
PROTECTS = {
    "bubblewrap": "submissions see Python and its libraries, and nothing else of this machine.",
    "process": "submissions run with limits and cannot start programs (on Linux) or see tests, "
    "but they run as you and could read your files. Grade only people whom you trust.",
}
SCRATCH, SCRATCH_BYTES = Path("/scratch"), 128 * 2**20
START = (
    "import sys; sys.path[:0] = [{folder!r}, {standin!r}]; from pathlib import Path; "
    "from inside.zygote import main; main({control}, Path({scratch!r}), {privileged})"
)


class NoSandbox(Exception):
    """No student's process can be started here, or not at this level; str() says why."""


@cache
def best() -> tuple[str, str]:
    """Return the strongest level that works here, and why no stronger one does, or ""."""
    if not sys.platform.startswith("linux"):
        return "process", "bubblewrap exists for Linux only"
    if not shutil.which("bwrap"):
        return (
            "process",
            "bubblewrap is missing; on Debian or Ubuntu: sudo apt-get install bubblewrap",
        )
    probe = [*namespaces(), "--ro-bind", "/", "/", sys.executable, "-I", "-S", "-c", ""]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if done.returncode:
        return "process", f"bubblewrap cannot make namespaces here: {done.stderr.strip()[:200]}"
    return "bubblewrap", ""


def command(level: str, control: int, scratch: Path) -> list[str]:
    """Return the command that starts the zygote on a level; `control` is its socket's number."""
    if level == "bubblewrap":
        return [*locked_in(), *zygote(Path("/sandbox"), control, SCRATCH, privileged=True)]
    return zygote(INSIDE.parent, control, scratch, privileged=False)


def zygote(folder: Path, control: int, scratch: Path, privileged: bool) -> list[str]:
    """Return the command for a zygote whose `inside` lies in `folder`."""
    code = START.format(
        folder=str(folder),
        standin=str(folder / "inside" / "standin"),
        control=control,
        scratch=str(scratch),
        privileged=privileged,
    )
    return [sys.executable, "-I", "-B", "-c", code]


def namespaces() -> list[str]:
    """Return bubblewrap with namespaces of its own for all that has one.

    The one privilege holds for these alone: to fork into new ones (see inside/namespaces.py).
    """
    apart = ["bwrap", "--unshare-user", "--unshare-all", "--new-session"]
    return [*apart, "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]


def locked_in() -> list[str]:
    """Return bubblewrap with nothing visible but Python, its libraries and `inside/`.

    This package may itself be installed among the libraries: an empty folder then covers it.
    """
    shown = [path for path in libraries() if path.exists()]
    binds = [part for path in shown for part in ("--ro-bind", str(path), str(path))]
    covered = [
        part
        for path in shown
        if PACKAGE.is_relative_to(path)
        for part in ("--tmpfs", str(PACKAGE), "--remount-ro", str(PACKAGE))
    ]
    devices = ("null", "zero", "random", "urandom")
    return [
        *namespaces(),
        *("--size", str(SCRATCH_BYTES), "--tmpfs", str(SCRATCH)),
        *binds,
        *covered,
        *("--ro-bind", str(INSIDE), "/sandbox/inside"),
        *(part for name in devices for part in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")),
        *("--remount-ro", "/", "--chdir", str(SCRATCH)),
    ]


def libraries() -> list[Path]:
    """Return what Python needs: folders of the environment, of its base, of the system, and itself.

    An environment's python is often a link to a link, such as /usr/bin/python3, to the program.
    """
    base = Path(sys.base_prefix)
    own = Path("/usr/local/lib") if base in (Path("/usr"), Path("/usr/local")) else base
    system = [Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64")]
    folders = [*system, own, Path(sys.prefix)]
    programs = [Path(sys.executable)]
    while programs[-1].is_symlink():
        programs.append(Path(os.path.normpath(programs[-1].parent / programs[-1].readlink())))
    return folders + [path for path in programs if not any(map(path.is_relative_to, folders))]


def settle(asked: str = "", ours: bool = False) -> str:
    """Return the level to run under: the strongest, unless a weaker one is asked for by name.

    Only code of this course itself (`ours`) falls to what the machine has without being asked.
    Raises NoSandbox with what to do where that level is not to be had, or not without a word.
    """
    offered, why = best()
    if not asked and (ours or offered == LEVELS[-1]):
        return offered
    if not asked:
        raise NoSandbox(
            f"{why}. Until then there is only the level {offered!r} here: {PROTECTS[offered]} "
            f"To accept that, name it: --level {offered}"
        )
    if asked not in LEVELS:
        raise NoSandbox(f"there is no isolation level {asked!r}; there are {', '.join(LEVELS)}")
    if LEVELS.index(asked) > LEVELS.index(offered):
        raise NoSandbox(f"the level {asked!r} was asked for, but {why}")
    return asked
